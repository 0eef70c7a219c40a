/// How packets of one network travel inside packets of another.
@usableFromInline
@frozen
package enum TunnelKind: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// VXLAN (RFC 7348), UDP port 4789, and 8472 as Linux had it before the port was assigned.
    case vxlan
    /// Geneve (RFC 8926), UDP port 6081.
    case geneve
    /// GRE (RFC 2784, RFC 2890) with IP or Ethernet in it; NVGRE and ERSPAN among them.
    case gre
    /// IPv4 or IPv6 directly in IPv4 or IPv6 (RFC 2003, RFC 2473, RFC 4213).
    case ipip
    /// GTP-U (3GPP TS 29.281), UDP port 2152.
    case gtpu

    /// The name in options and records, such as `vxlan`.
    package var name: String {
        switch self {
        case .vxlan: "vxlan"
        case .geneve: "geneve"
        case .gre: "gre"
        case .ipip: "ipip"
        case .gtpu: "gtpu"
        }
    }
}

/// Kinds of tunnels.
@usableFromInline
@frozen
package struct TunnelKinds: OptionSet, Hashable, Sendable, BitwiseCopyable {
    /// One bit for each kind, by its raw value.
    @usableFromInline package let rawValue: UInt8

    /// Kinds by their bits.
    @inlinable
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A set of one kind.
    @inlinable
    package init(_ kind: TunnelKind) { self.init(rawValue: 1 << kind.rawValue) }

    /// Every kind that is known.
    package static let all = TunnelKind.allCases.reduce(into: TunnelKinds()) { $0.insert(TunnelKinds($1)) }

    /// Whether a kind is among them.
    @inlinable
    package func contains(_ kind: TunnelKind) -> Bool { contains(TunnelKinds(kind)) }
}
