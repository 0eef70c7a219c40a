/// Collects the bytes of one section of a block.
struct ColumnWriter {
    private(set) var bytes: [UInt8] = []

    /// Little-endian base 128: seven bits a byte, the high bit set on all but the last.
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func varint(_ value: Int) { varint(UInt64(truncatingIfNeeded: value)) }

    /// Numbers of either sign near zero as few bytes, in the order 0, -1, 1, -2 and so on.
    mutating func zigzag(_ value: Int64) {
        varint(UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63))
    }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func fixed(_ value: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func text(_ text: String) {
        let utf8 = Array(text.utf8)
        varint(utf8.count)
        bytes += utf8
    }

    mutating func append(_ other: [UInt8]) { bytes += other }
}

/// Reads the bytes of a block, or of one section of it; every step is checked.
struct ColumnReader {
    private let bytes: [UInt8]
    private(set) var offset: Int
    private let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    var remaining: Int { end - offset }

    func error(_ message: String) -> ColumnBlockError { ColumnBlockError(offset: offset, message: message) }

    mutating func byte() throws(ColumnBlockError) -> UInt8 {
        guard offset < end else { throw error("the data ends early") }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func varint() throws(ColumnBlockError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            // The tenth byte has room for one bit.
            guard shift < 63 || next <= 1 else { throw error("a number has more than 64 bits") }
            value |= UInt64(next & 0x7f) << shift
            if next & 0x80 == 0 { return value }
            shift += 7
        }
    }

    mutating func zigzag() throws(ColumnBlockError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A number that a narrower type holds.
    mutating func number<Number: FixedWidthInteger>() throws(ColumnBlockError) -> Number {
        let start = offset
        guard let number = Number(exactly: try varint()) else {
            throw ColumnBlockError(offset: start, message: "a number has more than \(Number.bitWidth) bits")
        }
        return number
    }

    /// A number below a bound.
    mutating func index(below bound: Int) throws(ColumnBlockError) -> Int {
        let start = offset
        guard let index = Int(exactly: try varint()), index < bound else {
            throw ColumnBlockError(offset: start, message: "an index is not below \(bound)")
        }
        return index
    }

    /// A number of elements that each take at least one byte of what is left, so that memory follows the data.
    mutating func count() throws(ColumnBlockError) -> Int {
        let start = offset
        guard let count = Int(exactly: try varint()), count <= remaining else {
            throw ColumnBlockError(offset: start, message: "a count is larger than the data")
        }
        return count
    }

    mutating func fixed() throws(ColumnBlockError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { value |= UInt64(try byte()) << shift }
        return value
    }

    mutating func text() throws(ColumnBlockError) -> String {
        let count = try count()
        guard let text = String(validating: bytes[offset..<offset + count], as: UTF8.self) else {
            throw error("a text is not UTF-8")
        }
        offset += count
        return text
    }

    /// A part of what is left, to be read by itself.
    mutating func part(_ count: Int) throws(ColumnBlockError) -> Range<Int> {
        guard count >= 0, count <= remaining else { throw error("a section is longer than the data") }
        offset += count
        return offset - count..<offset
    }

    func expectEnd() throws(ColumnBlockError) {
        guard offset == end else { throw error("there is more data than rows") }
    }
}
