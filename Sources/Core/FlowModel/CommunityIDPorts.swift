import NetworkAddressing

/// How ICMP and ICMPv6 messages take the place of ports in a Community ID.
///
/// The tables are those of the Community ID specification, which took them from Zeek.
@frozen
package struct CommunityIDPorts: Hashable, Sendable, BitwiseCopyable {
    /// The message type, which stands for the source port.
    package let source: UInt16
    /// The counterpart's type, or the code where the type has none; it stands for the destination port.
    package let destination: UInt16
    /// Whether the type has no counterpart, so that the two ends of its flow are never exchanged.
    package let isOneWay: Bool

    /// The ports of an ICMP or ICMPv6 message.
    package init(transport: TransportProtocol, type: UInt8, code: UInt8) {
        source = UInt16(type)
        if let counterpart = CommunityIDPorts.counterpart(of: type, transport: transport) {
            destination = UInt16(counterpart)
            isOneWay = false
        } else {
            destination = UInt16(code)
            isOneWay = true
        }
    }

    /// The type that answers, or is answered by, a message type; `nil` where there is none.
    package static func counterpart(of type: UInt8, transport: TransportProtocol) -> UInt8? {
        switch (transport, type) {
        case (.icmp, 0): 8
        case (.icmp, 8): 0
        case (.icmp, 9): 10
        case (.icmp, 10): 9
        case (.icmp, 13): 14
        case (.icmp, 14): 13
        case (.icmp, 15): 16
        case (.icmp, 16): 15
        case (.icmp, 17): 18
        case (.icmp, 18): 17
        case (.icmpv6, 128): 129
        case (.icmpv6, 129): 128
        case (.icmpv6, 130): 131
        case (.icmpv6, 131): 130
        case (.icmpv6, 133): 134
        case (.icmpv6, 134): 133
        case (.icmpv6, 135): 136
        case (.icmpv6, 136): 135
        case (.icmpv6, 139): 140
        case (.icmpv6, 140): 139
        case (.icmpv6, 144): 145
        case (.icmpv6, 145): 144
        default: nil
        }
    }

    /// Whether a type that has a counterpart is the one that asks: echo request, solicitation, query.
    package static func isRequest(_ type: UInt8, transport: TransportProtocol) -> Bool {
        switch (transport, type) {
        case (.icmp, 8), (.icmp, 10), (.icmp, 13), (.icmp, 15), (.icmp, 17): true
        case (.icmpv6, 128), (.icmpv6, 130), (.icmpv6, 133), (.icmpv6, 135), (.icmpv6, 139), (.icmpv6, 144):
            true
        default: false
        }
    }
}
