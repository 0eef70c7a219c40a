/// Names within a DNS message (RFC 1035, 3.1 and 4.1.4).
///
/// The first name of a message has nothing before it that a compression pointer could point to, so that a name
/// never needs to be followed: it is read label by label, or skipped.
enum DNSName {
    /// The most bytes of a name, lengths and the root included.
    static let longest = 255

    /// FNV-1a over the lower-cased bytes of an uncompressed name, past which `offset` moves; `nil` if it is none.
    static func hash(_ bytes: RawSpan, _ offset: inout Int, _ end: Int) -> UInt32? {
        let limit = min(end, offset + longest)
        var hash: UInt32 = 0x811c_9dc5
        while offset < limit {
            let length = Int(bytes.byte(offset))
            offset += 1
            if length == 0 { return hash }
            guard length <= 63, limit - offset > length else { return nil }
            hash = (hash ^ UInt32(truncatingIfNeeded: length)) &* 0x0100_0193
            for position in offset..<offset + length {
                hash = (hash ^ UInt32(lowercase(bytes.byte(position)))) &* 0x0100_0193
            }
            offset += length
        }
        return nil
    }

    /// Where the name at an offset ends, whether compressed or not; `nil` if that is not before `end`.
    static func skip(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int? {
        var offset = start
        let limit = min(end, start + longest)
        while offset < limit {
            let length = Int(bytes.byte(offset))
            if length == 0 { return offset + 1 }
            if length >= 0xc0 { return offset + 2 <= end ? offset + 2 : nil }
            guard length <= 63 else { return nil }
            offset += 1 + length
        }
        return nil
    }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
}

extension DNSMessage {
    /// The most bytes that `writeName` writes: each byte of a name may need four.
    package static let longestName = 1024

    /// Writes the name in presentation form: lower case, without the dot at the end, `.` for the root.
    ///
    /// Dots and backslashes within a label are written with a backslash before them, bytes that are not printable
    /// ASCII as a backslash and three decimal digits (RFC 4343, 2.1). Returns the bytes written, 0 for a message
    /// without question and record; a buffer that is shorter than `longestName` gets whole characters only. `bytes`
    /// must be what the message was read from.
    package func writeName(of bytes: RawSpan, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var offset = Int(start) + DNSHeader.byteCount
        let end = min(Int(self.end), bytes.byteCount)
        var writer = PresentationWriter(buffer: buffer)
        while offset < end {
            let length = Int(bytes.byte(offset))
            guard length > 0, length <= 63, end - offset > length else { break }
            if writer.count > 0 { writer.put(0x2e) }
            for position in offset + 1...offset + length { writer.putEscaped(bytes.byte(position)) }
            offset += 1 + length
        }
        if writer.count == 0, offset < end { writer.put(0x2e) }
        return writer.count
    }
}

/// Fills a buffer character by character and stops at the first that does not fit.
private struct PresentationWriter {
    let buffer: UnsafeMutableRawBufferPointer
    var count = 0
    var isFull = false

    mutating func put(_ byte: UInt8) {
        guard reserve(1) else { return }
        append(byte)
    }

    mutating func putEscaped(_ byte: UInt8) {
        let isSpecial = byte == 0x2e || byte == 0x5c
        if byte > 0x20, byte < 0x7f, !isSpecial { return put(DNSName.lowercase(byte)) }
        guard reserve(isSpecial ? 2 : 4) else { return }
        append(0x5c)
        if isSpecial { return append(byte) }
        append(0x30 + byte / 100)
        append(0x30 + byte / 10 % 10)
        append(0x30 + byte % 10)
    }

    private mutating func reserve(_ needed: Int) -> Bool {
        isFull = isFull || buffer.count - count < needed
        return !isFull
    }

    private mutating func append(_ byte: UInt8) {
        buffer[count] = byte
        count += 1
    }
}
