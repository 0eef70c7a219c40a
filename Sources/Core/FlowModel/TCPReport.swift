/// How a TCP connection went in one report of its flow.
package struct TCPReport: Hashable, Sendable, BitwiseCopyable {
    /// How far the connection had come at the end of this report.
    package var state: TCPState
    /// What the source sent.
    package var forward: TCPCounts
    /// What the destination sent.
    package var backward: TCPCounts
    /// Nanoseconds from the source's last SYN to the SYN-ACK: the way to the destination and back, as seen from
    /// here; only in the report in which the SYN-ACK came.
    package var handshakeToDestination: Int64?
    /// Nanoseconds from the SYN-ACK to the ACK that answers it: the way to the source and back; only in the
    /// report in which that ACK came.
    package var handshakeToSource: Int64?

    /// A report.
    package init(
        state: TCPState,
        forward: TCPCounts = TCPCounts(),
        backward: TCPCounts = TCPCounts(),
        handshakeToDestination: Int64? = nil,
        handshakeToSource: Int64? = nil
    ) {
        self.state = state
        self.forward = forward
        self.backward = backward
        self.handshakeToDestination = handshakeToDestination
        self.handshakeToSource = handshakeToSource
    }

    /// The handshake's round trip as far as it was seen: both halves where both were.
    package var handshakeRTT: Int64? {
        guard handshakeToDestination != nil || handshakeToSource != nil else { return nil }
        return (handshakeToDestination ?? 0) &+ (handshakeToSource ?? 0)
    }

    /// The same report with its two ends exchanged.
    package var turned: TCPReport {
        TCPReport(
            state: state.turned,
            forward: backward,
            backward: forward,
            handshakeToDestination: handshakeToSource,
            handshakeToSource: handshakeToDestination
        )
    }
}

/// What one end of a TCP connection sent in one report.
package struct TCPCounts: Hashable, Sendable, BitwiseCopyable {
    /// Bytes of payload, sent again ones included.
    package var payloadBytes: UInt64 = 0
    /// Segments that carry what was sent before.
    package var retransmitted: UInt32 = 0
    /// Segments that arrived after ones that were sent later, without being retransmissions.
    package var outOfOrder: UInt32 = 0
    /// Gaps in the sequence: segments before which something is missing here.
    package var lost: UInt32 = 0
    /// Segments that say that nothing more can be received for now (window 0).
    package var zeroWindows: UInt32 = 0
    /// Segments with RST.
    package var resets: UInt32 = 0

    /// Nothing.
    package init() {}
}

/// How far a TCP connection has come; Zeek's `conn_state` tells the same things apart.
package enum TCPState: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// A SYN without an answer.
    case attempted
    /// SYN and SYN-ACK, and no end.
    case established
    /// A FIN each way.
    case closed
    /// A SYN answered by a RST.
    case rejected
    /// Established; the source has sent its FIN.
    case halfClosedBySource
    /// Established; the destination has sent its FIN.
    case halfClosedByDestination
    /// Established, then aborted by the source.
    case resetBySource
    /// Established, then aborted by the destination.
    case resetByDestination
    /// A SYN that its sender took back with a RST, without an answer.
    case attemptReset
    /// A SYN-ACK and then a RST from the destination; no SYN was seen.
    case answerReset
    /// A SYN and then a FIN from the source; no SYN-ACK was seen.
    case attemptClosed
    /// A SYN-ACK and then a FIN from the destination; no SYN was seen.
    case answerClosed
    /// No SYN was seen; what came before is not known.
    case midstream

    /// The name in records, such as `reset_by_source`.
    package var name: String {
        switch self {
        case .attempted: "attempted"
        case .established: "established"
        case .closed: "closed"
        case .rejected: "rejected"
        case .halfClosedBySource: "half_closed_by_source"
        case .halfClosedByDestination: "half_closed_by_destination"
        case .resetBySource: "reset_by_source"
        case .resetByDestination: "reset_by_destination"
        case .attemptReset: "attempt_reset"
        case .answerReset: "answer_reset"
        case .attemptClosed: "attempt_closed"
        case .answerClosed: "answer_closed"
        case .midstream: "midstream"
        }
    }

    /// What Zeek's `conn.log` calls it, such as `SF`.
    package var zeekName: String {
        switch self {
        case .attempted: "S0"
        case .established: "S1"
        case .closed: "SF"
        case .rejected: "REJ"
        case .halfClosedBySource: "S2"
        case .halfClosedByDestination: "S3"
        case .resetBySource: "RSTO"
        case .resetByDestination: "RSTR"
        case .attemptReset: "RSTOS0"
        case .answerReset: "RSTRH"
        case .attemptClosed: "SH"
        case .answerClosed: "SHR"
        case .midstream: "OTH"
        }
    }

    /// Whether the connection ended as TCP means it to: opened by both, closed by both.
    package var isOrderly: Bool { self == .closed }

    /// The same state with the ends exchanged; those that only a known opener can have stay.
    package var turned: TCPState {
        switch self {
        case .halfClosedBySource: .halfClosedByDestination
        case .halfClosedByDestination: .halfClosedBySource
        case .resetBySource: .resetByDestination
        case .resetByDestination: .resetBySource
        default: self
        }
    }
}
