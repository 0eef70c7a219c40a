import FlowModel
import NetworkAddressing

/// One line of `conntrack -E` or `conntrack -L`: what the kernel's connection tracking did or holds.
package struct ConntrackEvent: Hashable, Sendable {
    /// What happened to the entry.
    package enum Kind: Hashable, Sendable {
        /// `[NEW]`: tracked from now on.
        case new
        /// `[UPDATE]`: its state changed.
        case update
        /// `[DESTROY]`: dropped.
        case destroy
        /// A line of a dump: it stands.
        case entry
    }

    /// What happened.
    package var kind: Kind
    /// When `conntrack` received it (`-o timestamp`); `nil` where not printed.
    package var timestamp: Timestamp?
    /// The transport protocol, by its printed number.
    package var transport: TransportProtocol
    /// Seconds until the entry expires; `nil` where not printed, as in most `[DESTROY]` lines.
    package var timeout: UInt32?
    /// The protocol's state, such as `SYN_SENT`; `nil` for protocols without one.
    package var state: String?
    /// The tuple of the packets that the initiator sends.
    package var original: ConntrackTuple
    /// The tuple of the answers.
    package var reply: ConntrackTuple
    /// `[UNREPLIED]`: no answer was seen.
    package var isUnreplied = false
    /// `[ASSURED]`: the entry is not dropped early when the table is full.
    package var isAssured = false
    /// `[OFFLOAD]` or `[HW_OFFLOAD]`: packets bypass the tracking.
    package var isOffloaded = false
    /// The kernel's id of the entry (`-o id`).
    package var id: UInt32?
    /// The firewall mark.
    package var mark: UInt32?
    /// The tracking zone of both directions.
    package var zone: UInt16?
    /// References to the entry, as `/proc/net/nf_conntrack` prints them.
    package var use: UInt32?
    /// The application layer helper, such as `ftp`.
    package var helper: String?
}

/// One direction of a tracked connection.
package struct ConntrackTuple: Hashable, Sendable {
    /// Who sends.
    package var source: IPAddress
    /// Who receives.
    package var destination: IPAddress
    /// The source port; 0 for protocols without ports.
    package var sourcePort: UInt16 = 0
    /// The destination port; 0 for protocols without ports.
    package var destinationPort: UInt16 = 0
    /// Type, code and identifier; `nil` for what is not ICMP or ICMPv6.
    package var icmp: ICMP?
    /// Packets and bytes in this direction, where the kernel counts them.
    package var traffic: TrafficCount?

    /// What takes the place of ports in an ICMP tuple.
    package struct ICMP: Hashable, Sendable {
        /// The message type.
        package var type: UInt8
        /// The message code.
        package var code: UInt8
        /// The identifier of an echo; `nil` where not printed.
        package var identifier: UInt16?
    }
}

/// Why a line is not a conntrack line.
package struct ConntrackSyntaxError: Error, Hashable, Sendable {
    /// What stood in the way.
    package enum Expectation: String, Hashable, Sendable, CaseIterable {
        case timestamp = "seconds.microseconds] as -o timestamp prints them"
        case event = "[NEW], [UPDATE] or [DESTROY]"
        case protocolName = "a protocol name and number"
        case source = "src=<address>"
        case destination = "dst=<address> of the same family"
        case sourcePort = "sport=<0-65535>"
        case destinationPort = "dport=<0-65535>"
        case icmpType = "type=<0-255>"
        case icmpCode = "code=<0-255>"
        case icmpIdentifier = "id=<0-65535>"
        case packets = "packets=<number>"
        case bytes = "bytes=<number>"
        case number = "a number that fits the field"
        case field = "key=value or [FLAG]"
        case shorterLine = "a line of at most 4096 bytes"
    }

    /// The number of the line in its stream, from 1.
    package var line: Int
    /// The byte at which parsing stopped, from 1.
    package var column: Int
    /// What would have been right there.
    package var expected: Expectation
}

extension ConntrackSyntaxError: CustomStringConvertible {
    /// `line 3, column 41: expected sport=<0-65535>`.
    package var description: String { "line \(line), column \(column): expected \(expected.rawValue)" }
}
