import NetworkAddressing

/// A flow as one observation point saw it in one reporting interval.
///
/// Counters are deltas of this report; summing a flow's reports gives its whole traffic.
package struct Observation: Hashable, Sendable {
    /// The transport protocol.
    package var transport: TransportProtocol
    /// The initiator's end, as it stood in the packets.
    package var source: Endpoint
    /// The responder's end, as it stood in the packets.
    package var destination: Endpoint
    /// Why `source` is held to be the initiator.
    package var evidence: DirectionEvidence
    /// What went from source to destination in this report.
    package var forward: TrafficCount
    /// What went from destination to source in this report.
    package var backward: TrafficCount
    /// OR of the TCP flags seen from source to destination in this report.
    package var forwardFlags: UInt8
    /// OR of the TCP flags seen from destination to source in this report.
    package var backwardFlags: UInt8
    /// The time of the flow's first packet, the same in all of its reports.
    package var flowStart: Timestamp
    /// The time of the first packet of this report; of the flow's last packet if this report has none.
    package var start: Timestamp
    /// The time of the last packet of this report; equal to `start` if this report has none.
    package var end: Timestamp
    /// The number of this report within its flow, from 1.
    package var sequence: UInt32
    /// Why this report was made.
    package var endReason: FlowEndReason
    /// The Community ID's digest, where it has been computed.
    package var communityID: CommunityIDDigest?
    /// Frames of more than 9,216 bytes, each counted as one packet: they stand for several segments where the
    /// sending machine left segmenting to its network card, and a file does not say for how many.
    package var superPackets: UInt32 = 0
    /// The tunnel that the packets came in, where they were decapsulated.
    package var tunnel: Tunnel?
    /// How the connection went; `nil` for other protocols than TCP and without analysis.
    package var tcp: TCPReport?
    /// Request → response turns of a TCP flow, with the time from the last byte of one to the first of the other.
    package var exchanges: LatencyHistogram?
    /// What was understood of DNS messages; `nil` where there were none.
    package var dns: DNSReport?
    /// What was understood of HTTP/1 messages; `nil` where there were none.
    package var http: HTTPReport?

    /// A report of a flow.
    package init(
        transport: TransportProtocol,
        source: Endpoint,
        destination: Endpoint,
        evidence: DirectionEvidence,
        forward: TrafficCount,
        backward: TrafficCount,
        forwardFlags: UInt8 = 0,
        backwardFlags: UInt8 = 0,
        flowStart: Timestamp,
        start: Timestamp,
        end: Timestamp,
        sequence: UInt32,
        endReason: FlowEndReason
    ) {
        self.transport = transport
        self.source = source
        self.destination = destination
        self.evidence = evidence
        self.forward = forward
        self.backward = backward
        self.forwardFlags = forwardFlags
        self.backwardFlags = backwardFlags
        self.flowStart = flowStart
        self.start = start
        self.end = end
        self.sequence = sequence
        self.endReason = endReason
    }

    /// The same report with its two ends, counters and flags exchanged, on the given evidence.
    package func turned(evidence: DirectionEvidence) -> Observation {
        var turned = self
        swap(&turned.source, &turned.destination)
        swap(&turned.forward, &turned.backward)
        swap(&turned.forwardFlags, &turned.backwardFlags)
        turned.tcp = tcp?.turned
        turned.tunnel = tunnel?.turned
        turned.evidence = evidence
        return turned
    }
}

/// Packets and IP bytes in one direction.
@frozen
package struct TrafficCount: Hashable, Sendable, BitwiseCopyable {
    /// Packets.
    package var packets: UInt64
    /// Bytes of IP: IPv4 total length, IPv6 40 plus payload length.
    package var bytes: UInt64

    /// So many packets with so many bytes.
    @inlinable
    package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }
}

/// Why one end of a flow is held to be its initiator; a later case is stronger evidence.
package enum DirectionEvidence: UInt8, Hashable, Sendable, Comparable, BitwiseCopyable, CaseIterable {
    /// Nothing better: the sender of the first packet seen.
    case firstPacket
    /// One port is below the ephemeral range (32768) and the other in it.
    case ephemeralPort
    /// The destination is a known service or listening port.
    case servicePort
    /// The original tuple of the kernel's connection tracking.
    case conntrack
    /// An ICMP request or reply type.
    case icmpType
    /// A TCP SYN or SYN-ACK.
    case tcpHandshake
    /// No evidence: the rule by port numbers alone was asked for.
    case portRule

    /// Whether the right one is the stronger evidence.
    @inlinable
    package static func < (lhs: DirectionEvidence, rhs: DirectionEvidence) -> Bool {
        lhs.rawValue < rhs.rawValue
    }

    /// The name in records, such as `tcp_handshake`.
    package var name: String {
        switch self {
        case .firstPacket: "first_packet"
        case .ephemeralPort: "ephemeral_port"
        case .servicePort: "service_port"
        case .conntrack: "conntrack"
        case .icmpType: "icmp_type"
        case .tcpHandshake: "tcp_handshake"
        case .portRule: "port_rule"
        }
    }
}

/// Why a report of a flow was made: `flowEndReason` of RFC 5102, 5.11.3.
package enum FlowEndReason: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// No packet within the idle timeout; the flow's last report.
    case idleTimeout = 1
    /// The reporting interval ended and the flow goes on; not its last report.
    case activeTimeout = 2
    /// The end of the flow was seen, such as a TCP FIN each way or an RST; its last report.
    case endOfFlow = 3
    /// Metering stopped, such as at shutdown or the end of a capture; its last report.
    case forcedEnd = 4
    /// The flow table was full; its last report.
    case lackOfResources = 5

    /// Whether no report of the same flow is expected after this one.
    package var isLast: Bool { self != .activeTimeout }

    /// The name in records, such as `idle timeout`.
    package var name: String {
        switch self {
        case .idleTimeout: "idle timeout"
        case .activeTimeout: "active timeout"
        case .endOfFlow: "end of flow detected"
        case .forcedEnd: "forced end"
        case .lackOfResources: "lack of resources"
        }
    }
}
