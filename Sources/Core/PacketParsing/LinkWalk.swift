/// The way from the first captured byte to the IP header, through tags, labels and cooked headers.
enum LinkWalk {
    /// What lies behind the link headers.
    enum Payload {
        case ipv4(Int)
        case ipv6(Int)
        case other(UInt16)
        case malformed(MalformedPacket)
    }

    /// No network nests deeper; it bounds the work that one packet can cause.
    private static let headersMax = 40

    static func payload(of bytes: RawSpan, linkType: LinkType) -> Payload {
        switch linkType {
        case .ethernet:
            guard bytes.byteCount >= 14 else { return truncated(bytes, 0, 14) }
            return descend(bytes, bytes.number16(12), 14)
        case .linuxCooked:
            guard bytes.byteCount >= 16 else { return truncated(bytes, 0, 16) }
            return descend(bytes, bytes.number16(14), 16)
        case .linuxCooked2:
            guard bytes.byteCount >= 20 else { return truncated(bytes, 0, 20) }
            return descend(bytes, bytes.number16(0), 20)
        case .ciscoHDLC:
            guard bytes.byteCount >= 4 else { return truncated(bytes, 0, 4) }
            return descend(bytes, bytes.number16(2), 4)
        case .null, .loop:
            return loopback(bytes)
        case .ppp:
            let hasAddress = bytes.byteCount >= 2 && bytes.number16(0) == 0xff03
            return pointToPoint(bytes, hasAddress ? 2 : 0)
        case .ipv4:
            return .ipv4(0)
        case .ipv6:
            return .ipv6(0)
        case _ where linkType.isRawIP:
            return byVersion(bytes, 0)
        default:
            let number = Int(linkType.rawValue)
            return .malformed(MalformedPacket(.unsupportedLinkType, at: 0, needed: number, had: 0))
        }
    }

    private static func truncated(_ bytes: RawSpan, _ offset: Int, _ needed: Int) -> Payload {
        .malformed(
            MalformedPacket(
                .truncatedLinkHeader,
                at: offset,
                needed: needed,
                had: max(0, bytes.byteCount - offset)
            )
        )
    }

    /// Follows EtherTypes until IP, or something that is neither IP nor a tag.
    private static func descend(_ bytes: RawSpan, _ first: UInt16, _ start: Int) -> Payload {
        var etherType = first
        var offset = start
        for _ in 0..<headersMax {
            switch etherType {
            case 0x0800: return .ipv4(offset)
            case 0x86dd: return .ipv6(offset)
            case 0x8100, 0x88a8, 0x9100, 0x9200:
                guard bytes.byteCount >= offset + 4 else { return truncated(bytes, offset, 4) }
                etherType = bytes.number16(offset + 2)
                offset += 4
            case 0x8847, 0x8848:
                return labels(bytes, offset)
            case 0x8864:
                guard bytes.byteCount >= offset + 8 else { return truncated(bytes, offset, 8) }
                return pointToPoint(bytes, offset + 6)
            case 0...1500:
                // IEEE 802.3 with LLC: IP only behind a SNAP header with an EtherType (RFC 1042).
                guard bytes.byteCount >= offset + 8, bytes.number32(offset) == 0xaaaa_0300,
                    bytes.number16(offset + 4) == 0
                else { return .other(etherType) }
                etherType = bytes.number16(offset + 6)
                offset += 8
            default:
                return .other(etherType)
            }
        }
        return .malformed(MalformedPacket(.tooManyLinkHeaders, at: start, needed: 0, had: headersMax))
    }

    /// MPLS (RFC 3032): labels to the bottom of the stack; what follows is told by its first four bits.
    private static func labels(_ bytes: RawSpan, _ start: Int) -> Payload {
        var offset = start
        for _ in 0..<headersMax {
            guard bytes.byteCount >= offset + 4 else { return truncated(bytes, offset, 4) }
            let label = bytes.number32(offset)
            offset += 4
            guard label & 0x100 != 0 else { continue }
            guard bytes.byteCount > offset else { return truncated(bytes, offset, 1) }
            switch bytes.byte(offset) >> 4 {
            case 4: return .ipv4(offset)
            case 6: return .ipv6(offset)
            default: return .other(0x8847)
            }
        }
        return .malformed(MalformedPacket(.tooManyLinkHeaders, at: start, needed: 0, had: headersMax))
    }

    /// PPP's protocol field, of one byte where it was compressed (RFC 1661, 2).
    private static func pointToPoint(_ bytes: RawSpan, _ start: Int) -> Payload {
        guard bytes.byteCount >= start + 2 else { return truncated(bytes, start, 2) }
        let isCompressed = bytes.byte(start) & 1 == 1
        let offset = start + (isCompressed ? 1 : 2)
        let type = isCompressed ? UInt16(bytes.byte(start)) : bytes.number16(start)
        switch type {
        case 0x0021: return .ipv4(offset)
        case 0x0057: return .ipv6(offset)
        case 0x0281, 0x0283: return labels(bytes, offset)
        default: return .other(type)
        }
    }

    /// The address family of BSD loopback; every system has its own number for IPv6, and either byte order.
    private static func loopback(_ bytes: RawSpan) -> Payload {
        guard bytes.byteCount >= 4 else { return truncated(bytes, 0, 4) }
        let read = bytes.number32(0)
        let family = read > 0xffff ? read.byteSwapped : read
        switch family {
        case 2: return .ipv4(4)
        case 10, 23, 24, 28, 30: return .ipv6(4)
        default: return .other(UInt16(truncatingIfNeeded: family))
        }
    }

    private static func byVersion(_ bytes: RawSpan, _ offset: Int) -> Payload {
        guard bytes.byteCount > offset else { return truncated(bytes, offset, 1) }
        switch bytes.byte(offset) >> 4 {
        case 4: return .ipv4(offset)
        case 6: return .ipv6(offset)
        default:
            return .malformed(
                MalformedPacket(.badIPVersion, at: offset, needed: 20, had: bytes.byteCount - offset)
            )
        }
    }
}
