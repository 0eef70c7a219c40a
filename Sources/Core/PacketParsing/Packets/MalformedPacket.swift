/// Why a packet could not be attributed to a flow.
@usableFromInline
@frozen
package enum MalformedReason: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// The link header, a tag or a label is cut.
    case truncatedLinkHeader
    /// More tags and labels than any network has; the walk over them is bounded.
    case tooManyLinkHeaders
    /// The capture's link type is none that is read here.
    case unsupportedLinkType
    /// The first four bits are neither 4 nor 6, or not what the link header says.
    case badIPVersion
    /// The IPv4 header is cut.
    case truncatedIPv4Header
    /// The IPv4 header length is below 20.
    case badIPv4HeaderLength
    /// The IPv4 total length is below the header length.
    case badIPv4TotalLength
    /// The IPv6 header is cut.
    case truncatedIPv6Header
    /// An IPv6 extension header is cut.
    case truncatedIPv6Extension
    /// More IPv6 extension headers than any host sends; the walk over them is bounded.
    case tooManyIPv6Extensions
    /// The ports, or the ICMP type and code, were not captured.
    case truncatedTransportHeader
    /// The IP length leaves no room for the ports, or for the ICMP type and code.
    case shortTransportHeader
    /// A later fragment whose first fragment was not seen.
    case fragmentWithoutFirst

    /// The name in records and metrics, such as `truncated_ipv4_header`.
    package var name: String {
        switch self {
        case .truncatedLinkHeader: "truncated_link_header"
        case .tooManyLinkHeaders: "too_many_link_headers"
        case .unsupportedLinkType: "unsupported_link_type"
        case .badIPVersion: "bad_ip_version"
        case .truncatedIPv4Header: "truncated_ipv4_header"
        case .badIPv4HeaderLength: "bad_ipv4_header_length"
        case .badIPv4TotalLength: "bad_ipv4_total_length"
        case .truncatedIPv6Header: "truncated_ipv6_header"
        case .truncatedIPv6Extension: "truncated_ipv6_extension"
        case .tooManyIPv6Extensions: "too_many_ipv6_extensions"
        case .truncatedTransportHeader: "truncated_transport_header"
        case .shortTransportHeader: "short_transport_header"
        case .fragmentWithoutFirst: "fragment_without_first"
        }
    }

    /// The layer that is at fault, such as `ipv4`.
    package var layer: String {
        switch self {
        case .truncatedLinkHeader, .tooManyLinkHeaders, .unsupportedLinkType: "link"
        case .badIPVersion: "ip"
        case .truncatedIPv4Header, .badIPv4HeaderLength, .badIPv4TotalLength: "ipv4"
        case .truncatedIPv6Header, .truncatedIPv6Extension, .tooManyIPv6Extensions: "ipv6"
        case .truncatedTransportHeader, .shortTransportHeader: "transport"
        case .fragmentWithoutFirst: "fragment"
        }
    }
}

/// What is wrong with a packet, and where.
@usableFromInline
@frozen
package struct MalformedPacket: Hashable, Sendable, BitwiseCopyable {
    /// What is wrong.
    @usableFromInline package let reason: MalformedReason
    /// Where the layer at fault starts in the captured bytes; 65535 for that or more.
    @usableFromInline package let offset: UInt16
    /// The bytes that the layer needs from `offset` on; for a bad length, the least that it may say.
    @usableFromInline package let needed: UInt16
    /// The bytes that there are from `offset` on; for a bad length, what it says.
    @usableFromInline package let had: UInt16

    /// A fault of a layer that starts at `offset`.
    @usableFromInline
    package init(_ reason: MalformedReason, at offset: Int, needed: Int, had: Int) {
        self.reason = reason
        self.offset = UInt16(clamping: offset)
        self.needed = UInt16(clamping: needed)
        self.had = UInt16(clamping: had)
    }
}

extension MalformedPacket: CustomStringConvertible {
    /// One line for people, such as `truncated_ipv4_header: ipv4 at byte 14 needs 20 bytes and has 6`.
    @usableFromInline package var description: String {
        "\(reason.name): \(reason.layer) at byte \(offset) needs \(needed) bytes and has \(had)"
    }
}
