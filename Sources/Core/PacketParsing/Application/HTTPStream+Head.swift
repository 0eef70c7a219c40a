/// What the next byte of a head belongs to.
@usableFromInline
@frozen
enum HTTPHeadLine: UInt8, Sendable, BitwiseCopyable {
    /// The first byte of a line.
    case start
    /// A line that began with a carriage return.
    case empty
    /// The rest of a line that says nothing of interest.
    case skipped
    /// The name `Host`, as far as it was matched.
    case hostName
    /// The name `Content-Length`, as far as it was matched.
    case lengthName
    /// The name `Transfer-Encoding`, as far as it was matched.
    case encodingName
    /// The value of Content-Length; `matched` is 0 before the digits, 1 within and 2 after them.
    case length
    /// The value of Transfer-Encoding; `matched` counts the bytes of `chunked` that its last coding is, 255 for another.
    case encoding
}

extension HTTPStream {
    /// Reads lines until the empty one, which ends the head, or until `end`; finds the value of Host.
    mutating func readHead(_ bytes: RawSpan, _ end: Int, _ offset: inout Int, _ host: inout Range<Int>) {
        while offset < end {
            if line == .skipped {
                offset = HTTPHead.lineFeed(bytes, offset, end)
                guard offset < end else { return }
            }
            let byte = bytes.byte(offset)
            offset += 1
            if byte == 0x0a {
                if line == .start || line == .empty { return endHead() }
                endLine()
                continue
            }
            switch line {
            case .start: beginLine(byte, bytes, offset, end)
            case .empty, .skipped: line = .skipped
            case .hostName:
                guard match(byte, HTTPHead.host) else { continue }
                host = HTTPHead.value(bytes, offset, end)
                line = .skipped
            case .lengthName:
                if match(byte, HTTPHead.contentLength) { beginLength() }
            case .encodingName:
                if match(byte, HTTPHead.transferEncoding) { beginEncoding() }
            case .length: readLength(byte)
            case .encoding: readEncoding(byte)
            }
        }
    }

    /// Tells a line by its first byte, and by a later one where that is there, so that few lines are read in vain.
    private mutating func beginLine(_ byte: UInt8, _ bytes: RawSpan, _ offset: Int, _ end: Int) {
        func goesOn(_ position: Int, _ letter: UInt8) -> Bool {
            offset + position > end || bytes.byte(offset + position - 1) | 0x20 == letter
        }
        matched = 1
        line =
            switch byte | 0x20 {
            case _ where byte == 0x0d: .empty
            case _ where phase == .trailer: .skipped
            case 0x68 where goesOn(1, 0x6f): .hostName
            // Content-Length rather than Content-Type.
            case 0x63 where goesOn(8, 0x6c): .lengthName
            case 0x74 where goesOn(1, 0x72): .encodingName
            default: .skipped
            }
    }

    private mutating func endLine() {
        if line == .length, matched == 0 { framing.insert(.isAmbiguous) }
        if line == .encoding, matched == HTTPHead.chunked.utf8CodeUnitCount { framing.insert(.isChunked) }
        line = .start
    }

    /// Whether a byte completes a name; gives the line up if it does not go on with it.
    private mutating func match(_ byte: UInt8, _ name: StaticString) -> Bool {
        guard HTTPHead.lowercase(byte) == HTTPHead.byte(of: name, Int(matched)) else {
            line = .skipped
            return false
        }
        matched += 1
        return matched == name.utf8CodeUnitCount
    }

    private mutating func beginLength() {
        line = .length
        matched = 0
        remaining = 0
        if framing.contains(.hasLength) { framing.insert(.isAmbiguous) }
        framing.insert(.hasLength)
    }

    private mutating func readLength(_ byte: UInt8) {
        let isSpace = byte == 0x20 || byte == 0x09 || byte == 0x0d
        let digit = byte &- 0x30
        if isSpace {
            matched = matched == 0 ? 0 : 2
        } else if digit < 10, matched < 2, remaining < UInt64.max / 20 {
            matched = 1
            remaining = remaining * 10 + UInt64(digit)
        } else {
            framing.insert(.isAmbiguous)
            line = .skipped
        }
    }

    private mutating func beginEncoding() {
        line = .encoding
        matched = 0
        framing.insert(.hasEncoding)
        framing.remove(.isChunked)
    }

    private mutating func readEncoding(_ byte: UInt8) {
        let isSpace = byte == 0x20 || byte == 0x09 || byte == 0x0d
        let isWhole = Int(matched) == HTTPHead.chunked.utf8CodeUnitCount
        if isSpace || byte == 0x2c {
            // Space after the last coding does not make it another one.
            if !isSpace || !isWhole { matched = 0 }
        } else if !isWhole, matched != .max,
            HTTPHead.lowercase(byte) == HTTPHead.byte(of: HTTPHead.chunked, Int(matched))
        {
            matched += 1
        } else {
            matched = .max
        }
    }
}

/// The words of a head that matter, and how they are found.
enum HTTPHead {
    static var host: StaticString { "host:" }
    static var contentLength: StaticString { "content-length:" }
    static var transferEncoding: StaticString { "transfer-encoding:" }
    static var chunked: StaticString { "chunked" }

    /// A byte of a word; the position must be within it.
    static func byte(of word: StaticString, _ position: Int) -> UInt8 { word.utf8Start[position] }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// Where the next line feed is, or `end`.
    static func lineFeed(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int {
        var offset = start
        while end - offset >= 8 {
            let word = bytes.number64(offset).byteSwapped
            let isFeed = word ^ 0x0a0a_0a0a_0a0a_0a0a
            let found = (isFeed &- 0x0101_0101_0101_0101) & ~isFeed & 0x8080_8080_8080_8080
            if found != 0 { return offset + found.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < end, bytes.byte(offset) != 0x0a { offset += 1 }
        return offset
    }

    /// The value of a field without the space around it, if its line ends before `end`; else empty.
    static func value(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Range<Int> {
        var upper = lineFeed(bytes, start, end)
        guard upper < end else { return 0..<0 }
        var lower = start
        while lower < upper, isSpace(bytes.byte(lower)) { lower += 1 }
        while lower < upper, isSpace(bytes.byte(upper - 1)) { upper -= 1 }
        return lower..<upper
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
}
