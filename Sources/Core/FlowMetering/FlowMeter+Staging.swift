import FlowModel
import NetworkAddressing
import PacketParsing

/// What few packets need before they are staged.
extension FlowMeter {
    /// No sane network nests deeper; it bounds the work that one packet can cause.
    private static let tunnelDepthMax = 8

    /// Gives a later fragment the ports of its first, and remembers those of a first one.
    @inline(never)
    mutating func follow(_ packet: inout ParsedPacket, _ time: Int64) -> Bool {
        if packet.fragment == .first {
            fragments.remember(packet, time)
            return true
        }
        if fragments.complete(&packet, time) { return true }
        // Without ports every fragment names its flow, unless it stops at an IPv6 extension header.
        switch packet.transport {
        case 1, 6, 17, 58, 132: return false
        case 0, 43, 44, 60: return !packet.isV6
        default: return true
        }
    }

    /// Puts the inner packet in the place of the outer as often as there are tunnels; returns the innermost's number.
    @inline(never)
    mutating func enterTunnels(
        _ bytes: UnsafeRawBufferPointer,
        _ wireLength: Int,
        _ decoder: PacketDecoder,
        _ packet: inout ParsedPacket,
        _ time: Int64
    ) -> TunnelNumber {
        var tunnel: TunnelNumber = 0
        for _ in 0..<FlowMeter.tunnelDepthMax {
            var inner = ParsedPacket()
            let kinds = configuration.decapsulate
            switch decoder.decapsulate(bytes.bytes, packet, wireLength: wireLength, kinds: kinds, into: &inner) {
            case .notTunnel: return tunnel
            case .opaque:
                counters.notDecapsulated &+= 1
                return tunnel
            case .inner(let kind, let identifier):
                if inner.fragment != .whole, !follow(&inner, time) {
                    counters.notDecapsulated &+= 1
                    return tunnel
                }
                let number = tunnels.number(
                    kind: kind,
                    identifier: identifier,
                    source: packet.source.address,
                    destination: packet.destination.address,
                    parent: tunnel
                )
                guard number != 0 else {
                    counters.notDecapsulated &+= 1
                    return tunnel
                }
                tunnel = number
                packet = inner
            }
        }
        return tunnel
    }

    /// The segments that an offloaded packet becomes on a wire; adds their headers to its bytes.
    @inline(never)
    static func segment(
        _ packet: inout ParsedPacket,
        _ bytes: UnsafeRawBufferPointer,
        _ gsoSize: UInt16
    ) -> UInt32 {
        var headers = Int(packet.transportOffset) - Int(packet.networkOffset)
        switch packet.transport {
        case 6:
            let offset = Int(packet.transportOffset) + 12
            guard packet.fragment == .whole, offset < bytes.count else { return 1 }
            headers += max(20, Int(bytes[offset] >> 4) * 4)
        case 17:
            headers += 8
        default:
            return 1
        }
        if isJumbogram(packet, bytes) {
            // The option that carries its length is the sending kernel's own, and on no wire.
            headers -= 8
            packet.ipBytes &-= 8
        }
        let payload = Int(packet.ipBytes) - headers
        guard payload > 0 else { return 1 }
        let segments = (payload + Int(gsoSize) - 1) / Int(gsoSize)
        let total = Int(packet.ipBytes) + (segments - 1) * headers
        packet.ipBytes = UInt32(min(total, Int(Int32.max)))
        return UInt32(segments)
    }

    /// Whether a packet is BIG TCP over IPv6: a payload length of 0 and a hop-by-hop header (RFC 2675).
    private static func isJumbogram(_ packet: ParsedPacket, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let start = Int(packet.networkOffset)
        guard packet.isV6, packet.ipBytes > 65_535, bytes.count >= start + 40 else { return false }
        return bytes[start + 4] == 0 && bytes[start + 5] == 0 && bytes[start + 6] == 0
    }
}
