import NetworkAddressing

/// What became of entering a tunnel.
package enum Decapsulation: Hashable, Sendable, BitwiseCopyable {
    /// The packet is no tunnel of the kinds asked for.
    case notTunnel
    /// `inner` was filled in.
    case inner(kind: TunnelKind, identifier: UInt32)
    /// A tunnel whose content is not IP, is cut or malformed: the outer header counts.
    case opaque(TunnelKind)
}
extension PacketDecoder {
    package func decapsulate(_ bytes: RawSpan, _ outer: ParsedPacket, wireLength: Int, kinds: TunnelKinds, into inner: inout ParsedPacket) -> Decapsulation { .notTunnel }
}
