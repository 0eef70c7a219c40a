import FlowModel
import NetworkAddressing

/// The name of one report of one flow at one observation point: the same however often it is encoded.
///
/// It does not depend on the flow's direction nor on translations, which a later run may know better.
struct ReportID {
    private let high: UInt64
    private let low: UInt64

    init(_ observation: Observation, point: UInt64) {
        let key = FlowKey(
            transport: observation.transport,
            source: observation.source,
            destination: observation.destination
        )
        let words: InlineArray<8, UInt64> = [
            point, key.lowerHigh, key.lowerLow, key.upperHigh, key.upperLow, key.tail,
            UInt64(bitPattern: observation.flowStart.nanoseconds), UInt64(observation.sequence),
        ]
        high = ReportID.mix(words, 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db)
        low = ReportID.mix(words, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3)
    }

    private static func mix(_ words: InlineArray<8, UInt64>, _ seed: UInt64, _ secret: UInt64) -> UInt64 {
        var state = seed
        for index in 0..<8 {
            state = FlowKey.fold(state ^ words[index], secret ^ (UInt64(index) &* 0x9e37_79b9_7f4a_7c15))
            // A word that makes a factor zero must not make all that came before it the same.
            state ^= words[index] &+ seed
        }
        return FlowKey.fold(state ^ 0x1d8e_4e27_c47d_124f, secret)
    }

    /// FNV-1a of a name.
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Writes its 22 characters of base64url to the start of a buffer and returns 22.
    func write(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        var (high, low) = (high, low)
        for index in 0..<22 {
            buffer[index] = alphabet.utf8Start[Int(high >> 58)]
            high = high << 6 | low >> 58
            low <<= 6
        }
        return 22
    }
}
