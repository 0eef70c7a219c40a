import NetworkAddressing

/// A flow's identity in a table: protocol and two endpoints in canonical order, the same from either end.
///
/// Forty bytes without padding, so that it is compared and hashed in five words.
@usableFromInline
@frozen
package struct FlowKey: Hashable, Sendable, BitwiseCopyable {
    /// The address of the lower endpoint, first half.
    @usableFromInline package var lowerHigh: UInt64
    /// The address of the lower endpoint, second half.
    @usableFromInline package var lowerLow: UInt64
    /// The address of the upper endpoint, first half.
    @usableFromInline package var upperHigh: UInt64
    /// The address of the upper endpoint, second half.
    @usableFromInline package var upperLow: UInt64
    /// Lower port in bits 0–15, upper port 16–31, protocol 32–39, IPv6 40, one way 41; the rest is zero.
    @usableFromInline package var tail: UInt64

    /// The key of a packet from its words, and whether its source is the upper endpoint (1) or the lower (0).
    ///
    /// A one-way key keeps the order of the packet: its two ends are never exchanged.
    @inlinable
    @inline(__always)
    package static func make(
        source: (high: UInt64, low: UInt64, port: UInt16),
        destination: (high: UInt64, low: UInt64, port: UInt16),
        transport: UInt8,
        isV6: Bool,
        isOneWay: Bool
    ) -> (key: FlowKey, side: UInt64) {
        // Exchanged by mask, not by branch: which way a packet goes cannot be predicted.
        let above =
            source.high > destination.high
            || source.high == destination.high
                && (source.low > destination.low
                    || source.low == destination.low
                        && source.port > destination.port)
        let side: UInt64 = above && !isOneWay ? 1 : 0
        let mask = 0 &- side
        let high = (source.high ^ destination.high) & mask
        let low = (source.low ^ destination.low) & mask
        let port = UInt64(source.port ^ destination.port) & mask
        let flags = UInt64(transport) << 32 | (isV6 ? 1 << 40 : 0) | (isOneWay ? 1 << 41 : 0)
        let key = FlowKey(
            lowerHigh: source.high ^ high,
            lowerLow: source.low ^ low,
            upperHigh: destination.high ^ high,
            upperLow: destination.low ^ low,
            tail: UInt64(source.port) ^ port | (UInt64(destination.port) ^ port) << 16 | flags
        )
        return (key, side)
    }

    /// A key from its five words.
    @inlinable
    package init(lowerHigh: UInt64, lowerLow: UInt64, upperHigh: UInt64, upperLow: UInt64, tail: UInt64) {
        self.lowerHigh = lowerHigh
        self.lowerLow = lowerLow
        self.upperHigh = upperHigh
        self.upperLow = upperLow
        self.tail = tail
    }

    /// The key of a flow of two endpoints; for ICMP the source's port is the type.
    package init(transport: TransportProtocol, source: Endpoint, destination: Endpoint) {
        var isOneWay = false
        var destinationPort = destination.port
        if transport.isICMP {
            let ports = CommunityIDPorts(
                transport: transport,
                type: UInt8(truncatingIfNeeded: source.port),
                code: UInt8(truncatingIfNeeded: destination.port)
            )
            isOneWay = ports.isOneWay
            destinationPort = ports.destination
        }
        self =
            FlowKey.make(
                source: (source.address.high, source.address.low, source.port),
                destination: (destination.address.high, destination.address.low, destinationPort),
                transport: transport.rawValue,
                isV6: source.address.family == .v6,
                isOneWay: isOneWay
            ).key
    }

    /// The transport protocol.
    package var transport: TransportProtocol {
        TransportProtocol(rawValue: UInt8(truncatingIfNeeded: tail >> 32))
    }

    /// The endpoint that sorts first; the sender's for a one-way key.
    package var lower: Endpoint {
        Endpoint(
            IPAddress(high: lowerHigh, low: lowerLow, family: family),
            port: UInt16(truncatingIfNeeded: tail)
        )
    }

    /// The endpoint that sorts last; the receiver's for a one-way key.
    package var upper: Endpoint {
        Endpoint(
            IPAddress(high: upperHigh, low: upperLow, family: family),
            port: UInt16(truncatingIfNeeded: tail >> 16)
        )
    }

    private var family: IPAddress.Family { tail >> 40 & 1 == 1 ? .v6 : .v4 }

    /// A 64-bit hash; a secret seed keeps senders from choosing colliding keys.
    @inlinable
    @inline(__always)
    package func hash(seed: UInt64) -> UInt64 {
        let lower = FlowKey.fold(
            lowerHigh ^ (seed ^ 0xa076_1d64_78bd_642f),
            lowerLow ^ 0xe703_7ed1_a0b4_28db
        )
        let upper = FlowKey.fold(
            upperHigh ^ (seed ^ 0x8ebc_6af0_9c88_c6e3),
            upperLow ^ 0x5899_65cc_7537_4cc3
        )
        return FlowKey.fold(lower ^ upper, tail ^ 0x1d8e_4e27_c47d_124f)
    }

    /// The two halves of the 128-bit product, folded: the mixing step of wyhash.
    @usableFromInline
    @inline(__always)
    package static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
