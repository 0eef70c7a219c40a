/// What the next bytes of an HTTP/1 stream were.
@usableFromInline
@frozen
package enum HTTPEvent: Hashable, Sendable, BitwiseCopyable {
    /// Nothing more begins in this segment.
    case none
    /// A request begins.
    case request(HTTPRequestLine)
    /// A response with this status begins; below 200 another one to the same request follows.
    case response(status: UInt16)
    /// The connection speaks something else, from its start or since it was switched; nothing more will be told.
    case notHTTP
}

/// The methods that are told apart (RFC 9110, 9; RFC 5789).
@usableFromInline
@frozen
package enum HTTPMethod: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// One of those that are not named here, or not known at all.
    case other
    case get, head, post, put, delete, connect, options, trace, patch
}

/// Where the parts of a request stand in the bytes of the segment that it begins in.
@usableFromInline
@frozen
package struct HTTPRequestLine: Hashable, Sendable, BitwiseCopyable {
    /// The method.
    package internal(set) var method: HTTPMethod
    /// Whether the segment, or what was captured of it, ends within the target, so that the path may be longer.
    package internal(set) var isCut = false
    private var methodStart: UInt32
    private var methodLength: UInt8
    private var pathStart: UInt32 = 0
    private var pathEnd: UInt32 = 0
    private var hostStart: UInt32 = 0
    private var hostEnd: UInt32 = 0

    init(method: HTTPMethod, name: Range<Int>) {
        self.method = method
        methodStart = UInt32(truncatingIfNeeded: name.lowerBound)
        methodLength = UInt8(truncatingIfNeeded: name.count)
    }

    /// The method's name: up to 16 capital letters, hyphens and underscores.
    package var name: Range<Int> { Int(methodStart)..<Int(methodStart) + Int(methodLength) }

    /// The target without query and fragment, and without scheme and authority; empty if nothing else is there.
    package internal(set) var path: Range<Int> {
        get { Int(pathStart)..<Int(pathEnd) }
        set {
            pathStart = UInt32(truncatingIfNeeded: newValue.lowerBound)
            pathEnd = UInt32(truncatingIfNeeded: newValue.upperBound)
        }
    }

    /// The authority of an absolute target, without user; else the value of Host if captured in this segment; or empty.
    package internal(set) var host: Range<Int> {
        get { Int(hostStart)..<Int(hostEnd) }
        set {
            hostStart = UInt32(truncatingIfNeeded: newValue.lowerBound)
            hostEnd = UInt32(truncatingIfNeeded: newValue.upperBound)
        }
    }
}
