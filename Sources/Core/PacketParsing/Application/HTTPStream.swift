/// How far one direction of a connection has been read as HTTP/1 (RFC 9112).
///
/// Segments are fed in order, each until `.none`. Nothing of them is kept but the place within the message, so that a
/// stream costs 16 bytes however long its heads are. Where bytes are missing that decide where a message ends, the
/// stream waits for a segment that begins with a start line.
@usableFromInline
@frozen
package struct HTTPStream: Sendable, BitwiseCopyable {
    /// What of a body or chunk is still to come; the value of a length while it is read.
    @usableFromInline var remaining: UInt64 = 0
    /// What the next byte belongs to.
    @usableFromInline var phase = Phase.beginning
    /// Within a head: what the next byte of its line belongs to.
    @usableFromInline var line = HTTPHeadLine.start
    /// How many bytes of a word were matched, or how far a value was read.
    @usableFromInline var matched: UInt8 = 0
    /// What the head has said so far of the message.
    @usableFromInline var framing: HTTPFraming = []

    /// What the next byte belongs to.
    @usableFromInline
    @frozen
    enum Phase: UInt8, Sendable, BitwiseCopyable {
        /// The first message of the connection, or something that is not HTTP.
        case beginning
        /// The next message, after another one.
        case between
        /// Unknown until a segment begins with a start line.
        case lost
        /// A head.
        case head
        /// A body of known length.
        case body
        /// A body that ends with the connection.
        case openBody
        /// The size of a chunk, until the end of its line.
        case chunkSize
        /// A chunk and the line end after it.
        case chunk
        /// What follows the last chunk.
        case trailer
        /// No HTTP, or none any more.
        case stopped
    }

    /// A direction of which the next segment is the first.
    @inlinable
    package init() {}

    /// What begins next in a segment, from an offset that moves on.
    ///
    /// Start with the offset 0 and call until `.none`. `bytes` is what was captured of the segment's payload and may
    /// be shorter than `length`, what it was on the wire. `method` is that of the request which the next response in
    /// this direction answers. A gap of known length may be fed as a segment without bytes.
    @inlinable
    package mutating func next(
        in bytes: RawSpan,
        length: Int,
        from offset: inout Int,
        answering method: HTTPMethod = .other
    ) -> HTTPEvent {
        switch phase {
        case .stopped:
            offset = length
            return .notHTTP
        case .openBody:
            offset = length
            return .none
        case .body where offset <= length && remaining > UInt64(truncatingIfNeeded: length &- offset):
            remaining &-= UInt64(truncatingIfNeeded: length &- offset)
            offset = length
            return .none
        case .lost where offset == 0 && !HTTPStream.mayBegin(bytes):
            offset = length
            return .none
        default:
            return read(bytes, length, &offset, method)
        }
    }

    /// Whether bytes may begin a start line: what most other protocols and the inside of bodies fail in one look.
    @inlinable
    package static func mayBegin(_ bytes: RawSpan) -> Bool {
        // Three bytes of 0x40 to 0x5f: capital letters and a few others.
        bytes.byteCount >= 12 && bytes.number32(0) & 0xe0e0_e000 == 0x4040_4000
    }

    /// Tells of a gap of unknown length, or that the start of the connection was not seen.
    @inlinable
    package mutating func lose() {
        if phase != .stopped { phase = .lost }
    }

    /// Whether the next message may begin with the next byte, so that nothing is lost by forgetting the stream.
    package var isBetweenMessages: Bool { phase == .beginning || phase == .between || phase == .lost }

    /// Whether the connection speaks something else from now on.
    package var isStopped: Bool { phase == .stopped }

    /// Ends the understanding: the connection was switched to something else by the other direction (101, CONNECT).
    @inlinable
    package mutating func stop() { phase = .stopped }
}

/// What a head says of where its message ends.
@usableFromInline
@frozen
struct HTTPFraming: OptionSet, Sendable, BitwiseCopyable {
    @usableFromInline let rawValue: UInt8

    @usableFromInline
    init(rawValue: UInt8) { self.rawValue = rawValue }

    static var isResponse: HTTPFraming { HTTPFraming(rawValue: 1) }
    /// A response that has no body whatever its head says.
    static var isBodiless: HTTPFraming { HTTPFraming(rawValue: 2) }
    /// After this head the connection speaks something else.
    static var isSwitched: HTTPFraming { HTTPFraming(rawValue: 4) }
    /// There is a Content-Length.
    static var hasLength: HTTPFraming { HTTPFraming(rawValue: 8) }
    /// Content-Length is not one number, or not one that can be.
    static var isAmbiguous: HTTPFraming { HTTPFraming(rawValue: 16) }
    /// There is a Transfer-Encoding.
    static var hasEncoding: HTTPFraming { HTTPFraming(rawValue: 32) }
    /// Its last coding is `chunked`.
    static var isChunked: HTTPFraming { HTTPFraming(rawValue: 64) }
}
