/// Writes the fields of protobuf messages; numbers that are 0 and flags that are false are left out, as proto3 has it.
struct ProtobufWriter: Sendable {
    /// Written bytes, then room.
    private var storage: [UInt8]
    private var count = 0

    init(capacity: Int = 4096) { storage = Array(repeating: 0, count: capacity) }

    mutating func removeAll() { count = 0 }

    /// What was written.
    var bytes: [UInt8] { Array(storage[..<count]) }

    /// The number of bytes written.
    var size: Int { count }

    /// A varint field; 0 is left out.
    @inline(__always)
    mutating func uint(_ field: UInt32, _ value: UInt64) {
        if value != 0 { present(field, value) }
    }

    /// A varint field of 32 bits; 0 is left out.
    @inline(__always)
    mutating func uint(_ field: UInt32, _ value: UInt32) { uint(field, UInt64(value)) }

    /// A varint field with presence: written whatever it is, and not at all if it is `nil`.
    @inline(__always)
    mutating func optional(_ field: UInt32, _ value: UInt64?) {
        if let value { present(field, value) }
    }

    /// A varint field with presence, in two's complement.
    @inline(__always)
    mutating func optional(_ field: UInt32, _ value: Int64?) {
        optional(field, value.map(UInt64.init(bitPattern:)))
    }

    /// A field of eight bytes; 0 is left out.
    @inline(__always)
    mutating func fixed(_ field: UInt32, _ value: UInt64) {
        guard value != 0 else { return }
        write(atMost: 13) { buffer in
            let start = ProtobufWriter.varint(UInt64(field << 3 | 1), buffer, at: 0)
            var rest = value
            for index in start..<start + 8 {
                buffer[index] = UInt8(truncatingIfNeeded: rest)
                rest >>= 8
            }
            return start + 8
        }
    }

    /// A text field; empty text is left out.
    mutating func text(_ field: UInt32, _ value: String) {
        if !value.isEmpty { optional(field, value) }
    }

    /// A text field with presence.
    mutating func optional(_ field: UInt32, _ value: String?) {
        guard var value else { return }
        value.withUTF8 { text in
            write(atMost: 15 + text.count) { buffer in
                var start = ProtobufWriter.varint(UInt64(field << 3 | 2), buffer, at: 0)
                start = ProtobufWriter.varint(UInt64(text.count), buffer, at: start)
                if let to = buffer.baseAddress, let from = text.baseAddress {
                    (to + start).update(from: from, count: text.count)
                }
                return start + text.count
            }
        }
    }

    /// A field of bytes: the big-endian bytes of `high` and `low`, of which the last `size` (4 or 16) are written.
    @inline(__always)
    mutating func bytes(_ field: UInt32, high: UInt64, low: UInt64, size: Int) {
        write(atMost: 22) { buffer in
            var start = ProtobufWriter.varint(UInt64(field << 3 | 2), buffer, at: 0)
            buffer[start] = UInt8(truncatingIfNeeded: size)
            start += 1
            for index in 0..<size {
                let shift = UInt64(size - 1 - index) * 8
                buffer[start + index] = UInt8(truncatingIfNeeded: shift < 64 ? low >> shift : high >> (shift - 64))
            }
            return start + size
        }
    }

    /// A message as a field; it is written even if it has no fields.
    @inline(__always)
    mutating func message(_ field: UInt32, _ body: (inout ProtobufWriter) -> Void) {
        write(atMost: 6) { buffer in ProtobufWriter.varint(UInt64(field << 3 | 2), buffer, at: 0) + 1 }
        let start = count
        body(&self)
        setLength(of: start)
    }

    /// Writes the length of the message that begins at an offset into the byte before it, with more room if needed.
    @inline(__always)
    private mutating func setLength(of start: Int) {
        let length = count - start
        guard length > 127 else {
            storage[start - 1] = UInt8(truncatingIfNeeded: length)
            return
        }
        let more = (70 - UInt64(length).leadingZeroBitCount) / 7 - 1
        write(atMost: more) { _ in more }
        storage.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            (base + start + more).update(from: base + start, count: length)
            _ = ProtobufWriter.varint(
                UInt64(length),
                UnsafeMutableBufferPointer(rebasing: buffer[(start - 1)...]),
                at: 0
            )
        }
    }

    @inline(__always)
    private mutating func present(_ field: UInt32, _ value: UInt64) {
        write(atMost: 15) { buffer in
            let start = ProtobufWriter.varint(UInt64(field << 3), buffer, at: 0)
            return ProtobufWriter.varint(value, buffer, at: start)
        }
    }

    /// Lets the body write at most so many bytes at the end; it returns how many it did.
    @inline(__always)
    private mutating func write(atMost size: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
        if storage.count - count < size { grow(by: size) }
        let start = count
        count += storage.withUnsafeMutableBufferPointer { buffer in
            body(UnsafeMutableBufferPointer(rebasing: buffer[start..<start + size]))
        }
    }

    @inline(never)
    private mutating func grow(by size: Int) {
        storage.append(contentsOf: repeatElement(0, count: max(storage.count, size)))
    }

    /// Writes a varint at an offset and returns the offset behind it.
    @inline(__always)
    private static func varint(_ value: UInt64, _ buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
        var rest = value
        var index = start
        while rest > 127 {
            buffer[index] = UInt8(truncatingIfNeeded: rest) | 128
            rest >>= 7
            index += 1
        }
        buffer[index] = UInt8(truncatingIfNeeded: rest)
        return index + 1
    }
}
