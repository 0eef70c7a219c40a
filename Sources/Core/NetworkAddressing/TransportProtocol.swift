/// The protocol above IP, by its IANA number.
@frozen
package struct TransportProtocol: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The IANA protocol number.
    package let rawValue: UInt8

    /// The protocol of an IANA number.
    @inlinable
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// ICMP for IPv4 (1).
    package static let icmp = TransportProtocol(rawValue: 1)
    /// TCP (6).
    package static let tcp = TransportProtocol(rawValue: 6)
    /// UDP (17).
    package static let udp = TransportProtocol(rawValue: 17)
    /// ICMP for IPv6 (58).
    package static let icmpv6 = TransportProtocol(rawValue: 58)
    /// SCTP (132).
    package static let sctp = TransportProtocol(rawValue: 132)

    /// Whether the header starts with a source and a destination port.
    @inlinable
    package var hasPorts: Bool { rawValue == 6 || rawValue == 17 || rawValue == 132 }

    /// Whether this is ICMP or ICMPv6.
    @inlinable
    package var isICMP: Bool { rawValue == 1 || rawValue == 58 }

    private static let names: [UInt8: String] = [
        1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 46: "rsvp", 47: "gre",
        50: "esp", 51: "ah", 58: "ipv6-icmp", 89: "ospf", 103: "pim", 112: "vrrp", 115: "l2tp", 132: "sctp",
        136: "udplite",
    ]
    private static let numbers = Dictionary(uniqueKeysWithValues: names.map { ($1, $0) })

    /// The IANA keyword in lower case, or the number as text where it has none here.
    package var name: String { TransportProtocol.names[rawValue] ?? "\(rawValue)" }

    /// Parses a name as `name` prints it, or a number from 0 to 255.
    package init?(_ text: some StringProtocol) {
        let lower = text.lowercased()
        if lower == "icmpv6" {
            self = .icmpv6
        } else if let number = TransportProtocol.numbers[lower] ?? UInt8(lower) {
            self.init(rawValue: number)
        } else {
            return nil
        }
    }
}
