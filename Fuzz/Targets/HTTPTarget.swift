import PacketParsing

extension FuzzTarget {
    /// Both directions of a connection, segment by segment; an input is a `ConversationInput`.
    package static let http = FuzzTarget(name: "http") { bytes in
        var streams = (HTTPStream(), HTTPStream())
        var input = ConversationInput(bytes)
        while let segment = input.next() {
            if segment.isAnswer {
                try feed(segment, to: &streams.1)
            } else {
                try feed(segment, to: &streams.0)
            }
        }
    }

    private static func feed(_ segment: ConversationInput.Segment, to stream: inout HTTPStream) throws {
        if segment.isAfterGap { stream.lose() }
        var offset = 0
        while true {
            let before = offset
            let event = stream.next(
                in: segment.captured.bytes,
                length: segment.length,
                from: &offset,
                answering: segment.method
            )
            try require(offset >= before && offset <= segment.length, "the offset moves on within the segment")
            switch event {
            case .none:
                return try require(offset == segment.length, "nothing is left over")
            case .notHTTP:
                var again = 0
                let next = stream.next(in: segment.captured.bytes, length: segment.length, from: &again)
                return try require(next == .notHTTP, "what is no HTTP stays none")
            case .response(let status):
                try require(offset > before && 100...999 ~= status, "a response has bytes and a status")
            case .request(let request):
                try require(offset > before && 3...16 ~= request.name.count, "a request has bytes and a method")
                try require(request.name.lowerBound >= before, "it begins where the last message ended")
                try require(request.name.upperBound < request.path.lowerBound, "its path is behind its method")
                try require(request.path.upperBound <= segment.captured.count, "its path was captured")
                try require(request.host.upperBound <= segment.captured.count, "its host was captured")
            }
        }
    }
}

/// A conversation as the fuzzer of HTTP writes it: segments with three bytes before each.
///
/// The first of them has from its lowest bit on: which end sends (1 bit), whether bytes before it are missing (1 bit),
/// the method that the next response answers (3 bits), and how many eighths of the segment were not captured (3 bits).
/// The other two are the segment's length.
package struct ConversationInput {
    /// A segment of one direction.
    struct Segment {
        let isAnswer: Bool
        let isAfterGap: Bool
        let method: HTTPMethod
        let length: Int
        let captured: UnsafeRawBufferPointer
    }

    private var rest: UnsafeRawBufferPointer.SubSequence

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

    mutating func next() -> Segment? {
        guard rest.count > 3 else { return nil }
        let control = rest[rest.startIndex]
        let declared = Int(rest[rest.startIndex + 1]) << 8 | Int(rest[rest.startIndex + 2])
        rest = rest.dropFirst(3)
        let segment = rest.prefix(declared)
        rest = rest.dropFirst(segment.count)
        return Segment(
            isAnswer: control & 1 != 0,
            isAfterGap: control & 2 != 0,
            method: HTTPMethod(rawValue: control >> 2 & 7) ?? .other,
            length: segment.count,
            captured: UnsafeRawBufferPointer(rebasing: segment.prefix(segment.count * (8 - Int(control >> 5)) / 8))
        )
    }

    /// The bytes of one segment that was captured as a whole.
    package static func segment(isAnswer: Bool, answering method: HTTPMethod, _ bytes: some Collection<UInt8>)
        -> [UInt8]
    {
        let count = UInt16(clamping: bytes.count)
        return [(isAnswer ? 1 : 0) | (method.rawValue & 7) << 2, UInt8(count >> 8), UInt8(count & 255)]
            + bytes.prefix(Int(count))
    }
}
