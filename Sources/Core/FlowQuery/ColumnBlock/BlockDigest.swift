/// A 64-bit digest of bytes that is the same in every run and on every machine; not for secrets.
///
/// Each step is a bijection of the state for given input, so that any change within one word of eight bytes changes
/// the result for certain.
struct BlockDigest {
    private(set) var value: UInt64

    init(seed: UInt64 = 0) { value = seed ^ 0x9e37_79b9_7f4a_7c15 }

    /// The digest of the bytes from `lower` up to `upper`.
    static func of(_ bytes: [UInt8], _ range: Range<Int>, seed: UInt64 = 0) -> UInt64 {
        var digest = BlockDigest(seed: seed)
        var index = range.lowerBound
        while index + 8 <= range.upperBound {
            var word: UInt64 = 0
            for offset in 0..<8 { word |= UInt64(bytes[index + offset]) << UInt64(offset * 8) }
            digest.combine(word)
            index += 8
        }
        var rest: UInt64 = 0
        for offset in 0..<(range.upperBound - index) { rest |= UInt64(bytes[index + offset]) << UInt64(offset * 8) }
        digest.combine(rest)
        digest.combine(UInt64(range.count))
        return digest.value
    }

    mutating func combine(_ word: UInt64) {
        value = (value ^ word) &* 0x9fb2_1c65_1e98_df25
        value ^= value >> 32
    }
}
