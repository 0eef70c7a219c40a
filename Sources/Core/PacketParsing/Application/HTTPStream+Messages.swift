extension HTTPStream {
    /// Reads on from where the last segment or event ended.
    @usableFromInline
    @inline(never)
    mutating func read(
        _ bytes: RawSpan,
        _ length: Int,
        _ offset: inout Int,
        _ method: HTTPMethod
    ) -> HTTPEvent {
        let end = min(bytes.byteCount, length)
        offset = max(offset, 0)
        while offset < length {
            switch phase {
            case .stopped:
                offset = length
                return .notHTTP
            case .openBody:
                offset = length
            case .body, .chunk:
                skipBody(length, &offset)
            case _ where offset >= end:
                // What decides was not captured.
                phase = .lost
                offset = length
            case .beginning, .between, .lost:
                let event = readStart(bytes, end, &offset, method)
                if event != .none { return event }
                // Nothing but line ends may come between two messages.
                if phase != .between { offset = length }
            case .head, .trailer:
                var host = 0..<0
                readHead(bytes, end, &offset, &host)
            case .chunkSize:
                readChunkSize(bytes, end, &offset)
            }
        }
        return .none
    }

    // MARK: The start of a message

    /// Reads a start line and as much of the head after it as there is.
    private mutating func readStart(
        _ bytes: RawSpan,
        _ end: Int,
        _ offset: inout Int,
        _ method: HTTPMethod
    ) -> HTTPEvent {
        if phase == .between {
            // RFC 9112, 2.2.
            while offset < end, bytes.byte(offset) == 0x0d || bytes.byte(offset) == 0x0a { offset += 1 }
            guard offset < end else { return .none }
        } else if phase == .lost, offset > 0 {
            return .none
        }
        if let status = HTTPStartLine.status(bytes, offset, end) {
            offset += HTTPStartLine.statusBytes
            beginHead(.response(to: method, status: status))
            var host = 0..<0
            readHead(bytes, end, &offset, &host)
            return .response(status: status)
        }
        if var request = HTTPStartLine.request(bytes, &offset, end) {
            beginHead(request.method == .connect ? .isSwitched : [])
            var host = 0..<0
            readHead(bytes, end, &offset, &host)
            if request.host.isEmpty { request.host = host }
            return .request(request)
        }
        return refuse(bytes, offset, end)
    }

    /// What begins here is no message.
    private mutating func refuse(_ bytes: RawSpan, _ offset: Int, _ end: Int) -> HTTPEvent {
        let isLetter = bytes.byte(offset) &- 0x41 < 26
        guard phase == .beginning, !isLetter || end - offset >= HTTPStartLine.decisiveBytes else {
            phase = .lost
            return .none
        }
        phase = .stopped
        return .notHTTP
    }

    /// Goes on within the start line, past what was understood of it.
    private mutating func beginHead(_ framing: HTTPFraming) {
        self.framing = framing
        phase = .head
        line = .skipped
        remaining = 0
        matched = 0
    }

    // MARK: The body of a message

    /// RFC 9112, 6.3: what comes after the empty line.
    mutating func endHead() {
        let isResponse = framing.contains(.isResponse)
        if phase == .trailer || framing.contains(.isBodiless) {
            phase = .between
        } else if framing.contains(.isSwitched) {
            // A client waits for the answer, which may be a refusal.
            phase = isResponse ? .stopped : .lost
        } else if framing.contains(.isChunked) {
            beginChunk()
        } else if framing.contains(.hasEncoding) {
            phase = isResponse ? .openBody : .lost
        } else if framing.contains(.isAmbiguous) {
            phase = .lost
        } else if framing.contains(.hasLength) {
            phase = remaining == 0 ? .between : .body
        } else {
            phase = isResponse ? .openBody : .between
        }
    }

    /// Passes over as much of a body or chunk as the segment has, captured or not.
    private mutating func skipBody(_ length: Int, _ offset: inout Int) {
        let present = UInt64(length - offset)
        guard remaining <= present else {
            remaining -= present
            offset = length
            return
        }
        offset += Int(remaining)
        if phase == .chunk { beginChunk() } else { phase = .between }
    }

    private mutating func beginChunk() {
        phase = .chunkSize
        remaining = 0
        matched = 0
    }

    /// Reads hexadecimal digits, perhaps extensions, and a line end (RFC 9112, 7.1).
    ///
    /// `matched` is 0 before the digits, 1 within and 2 after them.
    private mutating func readChunkSize(_ bytes: RawSpan, _ end: Int, _ offset: inout Int) {
        while offset < end {
            let byte = bytes.byte(offset)
            offset += 1
            if byte == 0x0a, matched > 0 { return endChunkSize() }
            if matched == 2 { continue }
            if let digit = HTTPStream.hexadecimal(byte), remaining >> 58 == 0 {
                remaining = remaining << 4 | UInt64(digit)
                matched = 1
            } else if matched == 1, byte == 0x0d || byte == 0x3b || byte == 0x20 || byte == 0x09 {
                matched = 2
            } else {
                phase = .lost
                return
            }
        }
    }

    private mutating func endChunkSize() {
        if remaining == 0 {
            phase = .trailer
            line = .start
        } else {
            // With the line end after the chunk.
            remaining += 2
            phase = .chunk
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter + 10 : nil
    }
}

extension HTTPFraming {
    /// Whether a response has a body at all (RFC 9112, 6.3).
    fileprivate static func response(to method: HTTPMethod, status: UInt16) -> HTTPFraming {
        if status == 101 || (method == .connect && status / 100 == 2) { return [.isResponse, .isSwitched] }
        let isBodiless = method == .head || status < 200 || status == 204 || status == 304
        return isBodiless ? [.isResponse, .isBodiless] : .isResponse
    }
}
