/// Reads the fields of protobuf messages; no input makes it trap, read past the end or recurse.
struct ProtobufReader {
    /// A field as it begins: its number, and how its value is written.
    struct Field {
        let number: UInt32
        let type: UInt8
    }

    private let bytes: [UInt8]
    private(set) var offset = 0
    /// Where the message at hand ends.
    private var end: Int
    /// The message at hand, for errors.
    private var message: String
    /// Messages that may still be begun: what bounds the memory that a small input can claim.
    private var messagesLeft: Int

    init(_ bytes: [UInt8], message: String, messagesMax: Int) {
        self.bytes = bytes
        self.message = message
        end = bytes.count
        messagesLeft = messagesMax
    }

    func error(_ problem: String) -> WireError { WireError(offset: offset, message: message, problem: problem) }

    /// The next field of the message at hand; `nil` at its end.
    mutating func next() throws(WireError) -> Field? {
        guard offset < end else { return nil }
        let tag = try varint()
        guard let tag = UInt32(exactly: tag), tag >> 3 != 0 else { throw error("\(tag) is no field") }
        return Field(number: tag >> 3, type: UInt8(tag & 7))
    }

    /// The value of a varint field.
    mutating func uint(_ field: Field) throws(WireError) -> UInt64 {
        try expect(field, type: 0)
        return try varint()
    }

    /// The value of a varint field that must fit a smaller number.
    mutating func uint<Value: FixedWidthInteger & UnsignedInteger>(
        _ field: Field,
        as type: Value.Type
    ) throws(WireError) -> Value {
        let value = try uint(field)
        guard let small = Value(exactly: value) else {
            throw error("field \(field.number) is \(value), more than \(Value.max)")
        }
        return small
    }

    /// The value of a varint field in two's complement.
    mutating func int(_ field: Field) throws(WireError) -> Int64 { Int64(bitPattern: try uint(field)) }

    /// The value of a field of eight bytes.
    mutating func fixed(_ field: Field) throws(WireError) -> UInt64 {
        try expect(field, type: 1)
        guard end - offset >= 8 else { throw error("field \(field.number) is cut off") }
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(bytes[offset + index]) << UInt64(index * 8) }
        offset += 8
        return value
    }

    /// The bytes of a field.
    mutating func bytes(_ field: Field) throws(WireError) -> ArraySlice<UInt8> {
        let length = try length(field)
        defer { offset += length }
        return bytes[offset..<offset + length]
    }

    /// The text of a field; it must be UTF-8.
    mutating func text(_ field: Field) throws(WireError) -> String {
        guard let text = String(validating: try bytes(field), as: UTF8.self) else {
            throw error("field \(field.number) is not UTF-8")
        }
        return text
    }

    /// Reads a message that is a field; the body takes its fields until there is none.
    mutating func message<Value>(
        _ field: Field,
        _ name: String,
        _ body: (inout ProtobufReader) throws(WireError) -> Value
    ) throws(WireError) -> Value {
        let length = try length(field)
        guard messagesLeft > 0 else { throw error("there are too many messages in one batch") }
        messagesLeft -= 1
        let outer = (end: end, message: message)
        end = offset + length
        message = name
        let value = try body(&self)
        offset = end
        (end, message) = outer
        return value
    }

    /// Passes over a field that is not known.
    mutating func skip(_ field: Field) throws(WireError) {
        switch field.type {
        case 0: _ = try varint()
        case 1: _ = try fixed(field)
        case 2: _ = try bytes(field)
        case 5:
            guard end - offset >= 4 else { throw error("field \(field.number) is cut off") }
            offset += 4
        default: throw error("field \(field.number) has the wire type \(field.type)")
        }
    }

    private func expect(_ field: Field, type: UInt8) throws(WireError) {
        guard field.type == type else {
            throw error("field \(field.number) has the wire type \(field.type), not \(type)")
        }
    }

    /// The length of a field that has one; so many bytes follow.
    private mutating func length(_ field: Field) throws(WireError) -> Int {
        try expect(field, type: 2)
        let length = try varint()
        guard length <= UInt64(end - offset) else {
            throw error("field \(field.number) has \(length) bytes, and \(end - offset) are left")
        }
        return Int(length)
    }

    private mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = bytes[offset]
            guard shift < 63 || byte < 2 else { throw error("a varint has more than 64 bits") }
            offset += 1
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
            shift += 7
        }
        throw error("a varint is cut off")
    }
}
