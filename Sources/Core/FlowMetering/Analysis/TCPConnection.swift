import FlowModel

/// What analysis knows of one TCP connection: two cache lines, the first for every packet, the second for counts.
struct TCPConnection: BitwiseCopyable {
    var lower = TCPSide()
    var upper = TCPSide()
    /// When the last SYN, SYN-ACK or request segment passed, by `turn`.
    var mark: Int64 = 0

    var lowerCounts = Counts()
    var upperCounts = Counts()
    /// Nanoseconds from SYN to SYN-ACK, as `Measured`.
    var answerTime = Measured()
    /// Nanoseconds from SYN-ACK to its ACK, as `Measured`.
    var confirmTime = Measured()
    /// The number of the exchanges' state; 0 while there were none.
    var exchanges: UInt32 = 0
    /// The number of the application's state; 0 while there is none.
    var application: UInt32 = 0

    /// What one side sent in the open report.
    struct Counts: BitwiseCopyable {
        /// Below 2³²; what exceeds it is in the flow's `Overflow`.
        var payload: UInt32 = 0
        var retransmitted: UInt32 = 0
        var outOfOrder: UInt32 = 0
        var lost: UInt32 = 0
        var zeroWindows: UInt16 = 0
        var resets: UInt16 = 0
    }

    /// A duration that is reported once and remembered.
    struct Measured: BitwiseCopyable {
        /// −1 for none; what was reported is `~value`, from −2 down.
        private var stored: Int64 = -1

        var isMeasured: Bool { stored != -1 }
        /// The duration, reported or not; 0 for none.
        var value: Int64 { stored >= 0 ? stored : stored == -1 ? 0 : ~stored }

        /// Keeps the first measurement; a clock that went back counts as no time.
        mutating func measure(_ nanoseconds: Int64) {
            if stored == -1 { stored = max(1, nanoseconds) }
        }

        /// The duration if it was not reported before.
        mutating func take() -> Int64? {
            guard stored >= 0 else { return nil }
            defer { stored = ~stored }
            return stored
        }
    }
}

/// What is known of what one side of a TCP connection has sent.
struct TCPSide: BitwiseCopyable {
    /// The highest sequence number seen and one more; valid with `hasNext`.
    var next: UInt32 = 0
    /// The last acknowledgement number; valid with `hasAcknowledged`.
    var acknowledged: UInt32 = 0
    /// A part of the sequence before `next` that was not seen; empty where the ends are equal.
    var holeStart: UInt32 = 0
    var holeEnd: UInt32 = 0
    /// When `next` was reached, and when the last acknowledgement was sent, in units of 1,024 ns.
    var nextTime: UInt32 = 0
    var acknowledgedTime: UInt32 = 0
    /// The last window, unscaled.
    var window: UInt16 = 0
    /// What was seen from this side.
    var seen: Seen = []
    /// In the lower side the connection's `Turn`, in the upper side how far HTTP was looked for.
    var shared: UInt8 = 0

    struct Seen: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        static let hasNext = Seen(rawValue: 1)
        static let hasAcknowledged = Seen(rawValue: 2)
        static let syn = Seen(rawValue: 4)
        static let answer = Seen(rawValue: 8)
        static let fin = Seen(rawValue: 16)
        static let reset = Seen(rawValue: 32)
        static let oneDuplicate = Seen(rawValue: 64)
        static let twoDuplicates = Seen(rawValue: 128)

        static let hasBoth = Seen(rawValue: 3)
        static let duplicates = Seen(rawValue: 192)

        // The set operations of the standard library are calls where they are not specialized.
        @inline(__always)
        func has(_ all: Seen) -> Bool { rawValue & all.rawValue == all.rawValue }

        @inline(__always)
        mutating func add(_ other: Seen) { self = Seen(rawValue: rawValue | other.rawValue) }

        @inline(__always)
        mutating func clear(_ other: Seen) { self = Seen(rawValue: rawValue & ~other.rawValue) }
    }
}

/// Who is to speak in a TCP connection.
enum Turn: UInt8 {
    /// Nothing that can be timed was seen.
    case quiet
    /// A SYN waits for its SYN-ACK.
    case synSent
    /// A SYN-ACK waits for its ACK.
    case answerSent
    /// The source has asked and waits.
    case asked
    /// The destination has begun to answer.
    case answered
}

/// Sequence numbers (RFC 9293, 3.4) are compared by the sign of their difference.
extension UInt32 {
    @inline(__always)
    func precedes(_ other: UInt32) -> Bool { Int32(bitPattern: self &- other) < 0 }
}

extension TCPState {
    /// The state of a connection, from what each side has sent; the rules are those of Zeek's `conn_state`.
    init(source: TCPSide, destination: TCPSide) {
        // A SYN-ACK that was answered opens, too, where the SYN was not seen.
        let isOpen = destination.seen.has(.answer) && (source.seen.has(.syn) || source.seen.has(.hasNext))
        let sourceSpoke = source.seen.has(.syn)
        let destinationSpoke = destination.seen.has(.answer)
        if destination.seen.has(.reset) {
            if isOpen {
                self = .resetByDestination
            } else if sourceSpoke {
                self = .rejected
            } else {
                self = destinationSpoke ? .answerReset : .midstream
            }
        } else if source.seen.has(.reset) {
            self = isOpen ? .resetBySource : sourceSpoke ? .attemptReset : .midstream
        } else {
            switch (source.seen.has(.fin), destination.seen.has(.fin)) {
            case (true, true): self = .closed
            case (true, false): self = isOpen ? .halfClosedBySource : sourceSpoke ? .attemptClosed : .midstream
            case (false, true): self = isOpen ? .halfClosedByDestination : destinationSpoke ? .answerClosed : .midstream
            case (false, false): self = isOpen ? .established : sourceSpoke ? .attempted : .midstream
            }
        }
    }
}
