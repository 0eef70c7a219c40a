/// What the first byte of a captured packet belongs to: a `LINKTYPE_` number of the tcpdump group's list.
@usableFromInline
@frozen
package struct LinkType: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number as capture files carry it.
    @usableFromInline package let rawValue: UInt16

    /// The link type of a number.
    @inlinable
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// BSD loopback: the address family in the capturing machine's byte order.
    package static let null = LinkType(rawValue: 0)
    /// Ethernet.
    package static let ethernet = LinkType(rawValue: 1)
    /// PPP, with or without its HDLC bytes.
    package static let ppp = LinkType(rawValue: 9)
    /// Cisco HDLC.
    package static let ciscoHDLC = LinkType(rawValue: 104)
    /// An IPv4 or IPv6 packet without a link header.
    package static let raw = LinkType(rawValue: 101)
    /// OpenBSD loopback: the address family in network byte order.
    package static let loop = LinkType(rawValue: 108)
    /// Linux cooked capture, version 1.
    package static let linuxCooked = LinkType(rawValue: 113)
    /// An IPv4 packet without a link header.
    package static let ipv4 = LinkType(rawValue: 228)
    /// An IPv6 packet without a link header.
    package static let ipv6 = LinkType(rawValue: 229)
    /// Linux cooked capture, version 2.
    package static let linuxCooked2 = LinkType(rawValue: 276)

    /// Whether packets start with an IP header; 12 and 14 are what some BSDs write for `raw`.
    @inlinable
    package var isRawIP: Bool {
        rawValue == 101 || rawValue == 12 || rawValue == 14 || rawValue == 228 || rawValue == 229
    }

    /// Whether the way from a packet's first byte to its IP header is known.
    package var isSupported: Bool {
        switch self {
        case .ethernet, .linuxCooked, .linuxCooked2, .ciscoHDLC, .null, .loop, .ppp, .ipv4, .ipv6: true
        default: isRawIP
        }
    }
}
