import NetworkAddressing

/// What a packet turned out to be when it was looked into as a tunnel.
@usableFromInline
@frozen
package enum Decapsulation: Hashable, Sendable, BitwiseCopyable {
    /// It is none of the tunnels asked for.
    case notTunnel
    /// It holds an IP packet, which may itself be a tunnel; the identifier is as in `Tunnel`.
    case inner(kind: TunnelKind, identifier: UInt32)
    /// It is a tunnel whose content is not IP, or is cut, malformed, or spread over fragments of the outer packet.
    case opaque(TunnelKind)
}

extension PacketDecoder {
    /// Takes one tunnel header off: `outer` is what `decode` or an earlier call made of the same bytes.
    ///
    /// `inner` is meaningful only when the result is `inner`; its offsets are into `bytes`. What lies behind the end
    /// of the outer packet is not looked at. Nothing is allocated, and any bytes may be given.
    @inlinable
    @inline(__always)
    package func decapsulate(
        _ bytes: RawSpan,
        _ outer: ParsedPacket,
        wireLength: Int,
        kinds: TunnelKinds,
        into inner: inout ParsedPacket
    ) -> Decapsulation {
        guard let kind = PacketDecoder.tunnelKind(of: outer), kinds.contains(kind) else {
            return .notTunnel
        }
        return openTunnel(kind, bytes, outer, wireLength, &inner)
    }

    /// The tunnel that a packet's protocol or destination port stands for.
    @inlinable
    @inline(__always)
    static func tunnelKind(of packet: ParsedPacket) -> TunnelKind? {
        switch packet.transport {
        case 4, 41: return .ipip
        case 47: return .gre
        case 17:
            switch packet.destinationPort {
            case 4789, 4790, 8472: return .vxlan
            case 6081: return .geneve
            case 2152: return .gtpu
            default: return nil
            }
        default: return nil
        }
    }

    @usableFromInline
    @inline(never)
    func openTunnel(
        _ kind: TunnelKind,
        _ bytes: RawSpan,
        _ outer: ParsedPacket,
        _ wireLength: Int,
        _ inner: inout ParsedPacket
    ) -> Decapsulation {
        guard outer.fragment == .whole else { return .opaque(kind) }
        let outerEnd = Int(outer.networkOffset) + Int(outer.ipBytes)
        let content = bytes.extracting(first: min(bytes.byteCount, outerEnd))
        guard let header = TunnelHeader(kind, outer, content, Int(outer.transportOffset)) else {
            return .notTunnel
        }
        let outcome: DecodeOutcome
        switch LinkWalk.payload(of: content, from: header.step) {
        case .ipv4(let offset): outcome = decodeIPv4(content, offset, min(wireLength, outerEnd), &inner)
        case .ipv6(let offset): outcome = decodeIPv6(content, offset, min(wireLength, outerEnd), &inner)
        case .other, .malformed: return .opaque(kind)
        }
        return outcome == .metered ? .inner(kind: kind, identifier: header.identifier) : .opaque(kind)
    }
}
