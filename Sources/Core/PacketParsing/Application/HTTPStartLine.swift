/// Start lines (RFC 9112, 3 and 4), whole or cut.
enum HTTPStartLine {
    /// `HTTP/1.1 200`.
    static let statusBytes = 12
    /// With so many bytes it is certain whether a start line begins.
    static let decisiveBytes = 16

    private static let version: UInt64 = 0x4854_5450_2f31_2e00  // HTTP/1. and one byte more

    /// Whether `HTTP/1.` and a digit stand at an offset, from which eight bytes must be there.
    private static func isVersion(_ bytes: RawSpan, _ offset: Int) -> Bool {
        let word = bytes.number64(offset)
        return word & ~0xff == version && UInt8(truncatingIfNeeded: word) &- 0x30 < 10
    }

    /// The status of a status line.
    static func status(_ bytes: RawSpan, _ start: Int, _ end: Int) -> UInt16? {
        guard end - start >= statusBytes, isVersion(bytes, start), bytes.byte(start + 8) == 0x20 else { return nil }
        var status: UInt16 = 0
        for offset in start + 9..<start + 12 {
            let digit = bytes.byte(offset) &- 0x30
            guard digit < 10 else { return nil }
            status = status * 10 + UInt16(digit)
        }
        guard status >= 100 else { return nil }
        guard end - start > statusBytes else { return status }
        let next = bytes.byte(start + statusBytes)
        return next == 0x20 || next == 0x0d || next == 0x0a ? status : nil
    }

    /// The parts of a request line; `offset` moves to its line feed, or to `end` where that was not captured.
    ///
    /// A line that is cut before its version is one only if its method is known and its target looks like one.
    static func request(_ bytes: RawSpan, _ offset: inout Int, _ end: Int) -> HTTPRequestLine? {
        guard let name = methodName(bytes, offset, end) else { return nil }
        var request = HTTPRequestLine(method: method(bytes, name), name: name)
        let target = name.upperBound + 1
        let lineFeed = HTTPHead.lineFeed(bytes, target, end)
        if lineFeed == end {
            guard request.method != .other, isTargetStart(bytes, target, end, request.method) else { return nil }
            guard split(bytes, target..<end, isCut: true, &request) else { return nil }
        } else {
            let lineEnd = bytes.byte(lineFeed - 1) == 0x0d ? lineFeed - 1 : lineFeed
            let targetEnd = lineEnd - 9
            guard targetEnd > target, bytes.byte(targetEnd) == 0x20, isVersion(bytes, targetEnd + 1) else { return nil }
            guard split(bytes, target..<targetEnd, isCut: false, &request) else { return nil }
        }
        offset = lineFeed
        return request
    }

    // MARK: Method

    /// Three to sixteen capital letters, hyphens and underscores before a space.
    private static func methodName(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Range<Int>? {
        let limit = min(end, start + 17)
        var offset = start
        while offset < limit, isMethodByte(bytes.byte(offset)) { offset += 1 }
        // A byte of the target must follow.
        guard offset < limit, offset - start >= 3, end - offset >= 2, bytes.byte(offset) == 0x20 else { return nil }
        return start..<offset
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        byte &- 0x41 < 26 || byte == 0x2d || byte == 0x5f
    }

    /// The method of a name that at least one byte follows.
    private static func method(_ bytes: RawSpan, _ name: Range<Int>) -> HTTPMethod {
        let start = name.lowerBound
        switch (bytes.number32(start), name.count) {
        case (0x4745_5420, 3): return .get
        case (0x5055_5420, 3): return .put
        case (0x504f_5354, 4): return .post
        case (0x4845_4144, 4): return .head
        case (0x5452_4143, 5): return bytes.byte(start + 4) == 0x45 ? .trace : .other
        case (0x5041_5443, 5): return bytes.byte(start + 4) == 0x48 ? .patch : .other
        case (0x4445_4c45, 6): return bytes.number16(start + 4) == 0x5445 ? .delete : .other
        case (0x434f_4e4e, 7): return bytes.number32(start + 3) == 0x4e45_4354 ? .connect : .other
        case (0x4f50_5449, 7): return bytes.number32(start + 3) == 0x494f_4e53 ? .options : .other
        default: return .other
        }
    }

    // MARK: Target (RFC 9112, 3.2)

    /// Whether a target may start like this: with a slash, an asterisk or `http`, or any host for CONNECT.
    private static func isTargetStart(_ bytes: RawSpan, _ start: Int, _ end: Int, _ method: HTTPMethod) -> Bool {
        let first = bytes.byte(start)
        if first == 0x2f || first == 0x2a { return true }
        if method == .connect { return first > 0x20 && first < 0x7f }
        return end - start >= 4 && bytes.number32(start) | 0x2020_2020 == 0x6874_7470
    }

    /// Finds path and authority in a target; `false` if it has control characters.
    ///
    /// `isCut` tells that the line ends with the target, so that one that has no space goes on beyond.
    private static func split(
        _ bytes: RawSpan,
        _ target: Range<Int>,
        isCut: Bool,
        _ request: inout HTTPRequestLine
    ) -> Bool {
        // A space within the target of a whole line is a client's mistake; a host has none.
        let endsAtSpace = isCut || request.method == .connect
        let authority = request.method == .connect ? nil : authority(bytes, target)
        let start = authority?.upperBound ?? target.lowerBound
        var offset = start
        while offset < target.upperBound {
            let byte = bytes.byte(offset)
            if byte == 0x3f || byte == 0x23 || (endsAtSpace && byte == 0x20) { break }
            guard byte >= 0x20, byte != 0x7f else { return false }
            offset += 1
        }
        request.path = start..<offset
        request.isCut = isCut && offset == target.upperBound
        let host = request.method == .connect ? request.path : authority ?? 0..<0
        // Half a host is worse than none.
        if !isCut || host.upperBound < target.upperBound { request.host = host }
        return true
    }

    /// The authority of a target with a scheme, without the user before `@`.
    private static func authority(_ bytes: RawSpan, _ target: Range<Int>) -> Range<Int>? {
        let isHTTP = target.count >= 7 && bytes.number32(target.lowerBound) | 0x2020_2020 == 0x6874_7470
        guard isHTTP else { return nil }
        var start = target.lowerBound + 4
        if bytes.byte(start) | 0x20 == 0x73 { start += 1 }
        guard target.upperBound - start >= 3, bytes.byte(start) == 0x3a, bytes.number16(start + 1) == 0x2f2f else {
            return nil
        }
        start += 3
        var end = start
        while end < target.upperBound {
            let byte = bytes.byte(end)
            if byte <= 0x20 || byte == 0x7f || byte == 0x2f || byte == 0x3f || byte == 0x23 { break }
            end += 1
            if byte == 0x40 { start = end }
        }
        return start..<end
    }
}
