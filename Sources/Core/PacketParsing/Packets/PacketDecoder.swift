/// Finds the outermost IP header of a captured packet and reads what a flow needs of it.
///
/// Nothing is allocated, thrown or trapped on, whatever the bytes are. Tunnels are not entered: the outer
/// header counts.
// Members of a `package` type are inlined into other modules only if the type is `@usableFromInline` too;
// without it a packet costs a third more.
@usableFromInline
@frozen
package struct PacketDecoder: Sendable, BitwiseCopyable {
    /// What the captured bytes start with.
    @usableFromInline package let linkType: LinkType

    /// A decoder of packets of one link type.
    @inlinable
    package init(linkType: LinkType) { self.linkType = linkType }

    /// Reads a packet; `packet` is meaningful only when the outcome is `metered`.
    ///
    /// `wireLength` is the length before the capture cut the packet; lengths that headers declare count even
    /// where the bytes were cut.
    @inlinable
    @inline(__always)
    package func decode(_ bytes: RawSpan, wireLength: Int, into packet: inout ParsedPacket) -> DecodeOutcome {
        if linkType.rawValue == 1, bytes.byteCount >= 14 {
            let etherType = bytes.number16(12)
            if etherType == 0x0800 { return decodeIPv4(bytes, 14, wireLength, &packet) }
            if etherType == 0x86dd { return decodeIPv6(bytes, 14, wireLength, &packet) }
        }
        return decodeSlowly(bytes, wireLength, &packet)
    }

    /// What is left when the frame is not plain Ethernet with IP.
    @usableFromInline
    @inline(never)
    func decodeSlowly(_ bytes: RawSpan, _ wireLength: Int, _ packet: inout ParsedPacket) -> DecodeOutcome {
        switch LinkWalk.payload(of: bytes, linkType: linkType) {
        case .ipv4(let offset): decodeIPv4(bytes, offset, wireLength, &packet)
        case .ipv6(let offset): decodeIPv6(bytes, offset, wireLength, &packet)
        case .other(let etherType): .notIP(etherType: etherType)
        case .malformed(let fault): .malformed(fault)
        }
    }

    // MARK: IPv4 (RFC 791)

    @inlinable
    @inline(__always)
    func decodeIPv4(
        _ bytes: RawSpan,
        _ start: Int,
        _ wireLength: Int,
        _ packet: inout ParsedPacket
    ) -> DecodeOutcome {
        guard bytes.byteCount >= start &+ 20 else {
            return PacketDecoder.fault(.truncatedIPv4Header, bytes, start, 20)
        }
        let first = bytes.byte(start)
        let headerLength = Int(first & 15) &* 4
        guard first >> 4 == 4 else { return PacketDecoder.fault(.badIPVersion, bytes, start, 20) }
        guard headerLength >= 20 else {
            return PacketDecoder.lengthFault(.badIPv4HeaderLength, start, 20, headerLength)
        }
        let declared = Int(bytes.number16(start &+ 2))
        let offload = declared == 0
        guard offload || declared >= headerLength else {
            return PacketDecoder.lengthFault(.badIPv4TotalLength, start, headerLength, declared)
        }
        packet.isV6 = false
        packet.sourceHigh = 0
        packet.destinationHigh = 0
        packet.sourceLow = UInt64(bytes.number32(start &+ 12))
        packet.destinationLow = UInt64(bytes.number32(start &+ 16))
        packet.transport = bytes.byte(start &+ 9)
        packet.networkOffset = UInt32(truncatingIfNeeded: start)
        let total = offload ? PacketDecoder.wireBytes(bytes, start, wireLength) : declared
        packet.ipBytes = UInt32(truncatingIfNeeded: total)
        let place = bytes.number16(start &+ 6)
        packet.fragment = .whole
        packet.fragmentID = 0
        if place & 0x3fff != 0 {
            packet.fragment = place & 0x1fff == 0 ? .first : .later
            packet.fragmentID = UInt32(bytes.number16(start &+ 4))
        }
        return decodeTransport(bytes, start &+ headerLength, start &+ total, &packet)
    }

    // MARK: IPv6 (RFC 8200)

    @inlinable
    @inline(__always)
    func decodeIPv6(
        _ bytes: RawSpan,
        _ start: Int,
        _ wireLength: Int,
        _ packet: inout ParsedPacket
    ) -> DecodeOutcome {
        guard bytes.byteCount >= start &+ 40 else {
            return PacketDecoder.fault(.truncatedIPv6Header, bytes, start, 40)
        }
        guard bytes.byte(start) >> 4 == 6 else {
            return PacketDecoder.fault(.badIPVersion, bytes, start, 40)
        }
        let payload = Int(bytes.number16(start &+ 4))
        let next = bytes.byte(start &+ 6)
        packet.isV6 = true
        packet.sourceHigh = bytes.number64(start &+ 8)
        packet.sourceLow = bytes.number64(start &+ 16)
        packet.destinationHigh = bytes.number64(start &+ 24)
        packet.destinationLow = bytes.number64(start &+ 32)
        packet.transport = next
        packet.networkOffset = UInt32(truncatingIfNeeded: start)
        // No payload is honest unless a protocol follows that is offloaded, or a jumbogram option (RFC 2675).
        let offload = payload == 0 && (next == 6 || next == 17 || next == 0)
        let total = offload ? PacketDecoder.wireBytes(bytes, start, wireLength) : 40 &+ payload
        packet.ipBytes = UInt32(truncatingIfNeeded: total)
        packet.fragment = .whole
        packet.fragmentID = 0
        var offset = start &+ 40
        if next == 0 || next == 43 || next == 44 || next == 60 {
            switch PacketDecoder.skipExtensions(bytes, &packet, offset) {
            case .transport(let found): offset = found
            case .malformed(let fault): return .malformed(fault)
            }
        }
        return decodeTransport(bytes, offset, start &+ total, &packet)
    }

    /// Where the extension headers lead.
    @usableFromInline
    enum ExtensionWalk {
        case transport(Int)
        case malformed(MalformedPacket)
    }

    // MARK: Transport

    @inlinable
    @inline(__always)
    func decodeTransport(
        _ bytes: RawSpan,
        _ start: Int,
        _ declaredEnd: Int,
        _ packet: inout ParsedPacket
    ) -> DecodeOutcome {
        packet.sourcePort = 0
        packet.destinationPort = 0
        packet.tcpFlags = 0
        packet.tcpSequence = 0
        packet.payloadBytes = 0
        packet.transportOffset = UInt32(truncatingIfNeeded: start)
        guard packet.fragment != .later else { return .metered }
        // What lies beyond the declared length is padding, not a header.
        let end = min(bytes.byteCount, declaredEnd)
        let transport = packet.transport
        if transport == 6 || transport == 17 || transport == 132 {
            guard end &- start >= 4 else {
                return PacketDecoder.transportFault(bytes, start, declaredEnd, 4)
            }
            packet.sourcePort = bytes.number16(start)
            packet.destinationPort = bytes.number16(start &+ 2)
            var header = transport == 17 ? 8 : 12
            if transport == 6 {
                packet.tcpWindow = .max
                packet.tcpAcknowledgement = 0
                header = 20
                if end &- start >= 16 {
                    packet.tcpSequence = bytes.number32(start &+ 4)
                    packet.tcpAcknowledgement = bytes.number32(start &+ 8)
                    packet.tcpFlags = bytes.byte(start &+ 13)
                    packet.tcpWindow = bytes.number16(start &+ 14)
                    header = max(20, Int(bytes.byte(start &+ 12) >> 4) &* 4)
                } else if end &- start >= 8 {
                    packet.tcpSequence = bytes.number32(start &+ 4)
                    if end &- start >= 14 { packet.tcpFlags = bytes.byte(start &+ 13) }
                }
            }
            packet.payloadOffset = UInt32(truncatingIfNeeded: start &+ header)
            packet.payloadBytes = UInt32(truncatingIfNeeded: max(0, declaredEnd &- start &- header))
        } else if transport == 1 || transport == 58 {
            guard end &- start >= 2 else {
                return PacketDecoder.transportFault(bytes, start, declaredEnd, 2)
            }
            packet.sourcePort = UInt16(bytes.byte(start))
            packet.destinationPort = UInt16(bytes.byte(start &+ 1))
        }
        return .metered
    }
}

// MARK: Off the fast path

extension PacketDecoder {
    /// Walks IPv6 extension headers (RFC 8200, 4); AH and ESP count as protocols of their own.
    @usableFromInline
    @inline(never)
    static func skipExtensions(
        _ bytes: RawSpan,
        _ packet: inout ParsedPacket,
        _ start: Int
    ) -> ExtensionWalk {
        var offset = start
        for _ in 0..<32 {
            let type = packet.transport
            guard type == 0 || type == 43 || type == 44 || type == 60 else { return .transport(offset) }
            guard bytes.byteCount >= offset + 8 else {
                return .malformed(
                    MalformedPacket(
                        .truncatedIPv6Extension,
                        at: offset,
                        needed: 8,
                        had: max(0, bytes.byteCount - offset)
                    )
                )
            }
            packet.transport = bytes.byte(offset)
            if type == 44 {
                let place = bytes.number16(offset + 2)
                if place & 0xfff9 != 0 {
                    packet.fragment = place & 0xfff8 == 0 ? .first : .later
                    packet.fragmentID = bytes.number32(offset + 4)
                }
                offset += 8
                if packet.fragment == .later { return .transport(offset) }
            } else {
                offset += (Int(bytes.byte(offset + 1)) + 1) * 8
            }
        }
        return .malformed(MalformedPacket(.tooManyIPv6Extensions, at: start, needed: 0, had: 32))
    }

    /// The bytes from the IP header to the end of the frame as it was on the wire.
    @usableFromInline
    @inline(never)
    static func wireBytes(_ bytes: RawSpan, _ start: Int, _ wireLength: Int) -> Int {
        min(max(wireLength, bytes.byteCount), Int(Int32.max)) - start
    }

    @usableFromInline
    @inline(never)
    static func fault(
        _ reason: MalformedReason,
        _ bytes: RawSpan,
        _ start: Int,
        _ needed: Int
    ) -> DecodeOutcome {
        .malformed(MalformedPacket(reason, at: start, needed: needed, had: max(0, bytes.byteCount - start)))
    }

    @usableFromInline
    @inline(never)
    static func lengthFault(
        _ reason: MalformedReason,
        _ start: Int,
        _ needed: Int,
        _ said: Int
    ) -> DecodeOutcome {
        .malformed(MalformedPacket(reason, at: start, needed: needed, had: said))
    }

    @usableFromInline
    @inline(never)
    static func transportFault(
        _ bytes: RawSpan,
        _ start: Int,
        _ declaredEnd: Int,
        _ needed: Int
    ) -> DecodeOutcome {
        let declared = max(0, declaredEnd - start)
        guard declared >= needed else { return lengthFault(.shortTransportHeader, start, needed, declared) }
        return fault(.truncatedTransportHeader, bytes, start, needed)
    }
}
