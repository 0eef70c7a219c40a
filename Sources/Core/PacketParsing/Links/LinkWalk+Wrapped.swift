// Headers of capturing systems around frames of any link type.

extension LinkWalk {
    static func openWrapped(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        switch linkType.rawValue {
        case 192: packetInformation(bytes, start)
        case 239: netfilterLog(bytes, start)
        case 149, 258: processTap(bytes, linkType, start)
        default: extensibleRecord(bytes, start)
        }
    }

    /// Apple's PKTAP, little-endian; on a number of its own, and on one that users may give a meaning to.
    private static func processTap(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 12 else { return truncated(bytes, start, 12) }
        let length = Int(bytes.number32(start).byteSwapped)
        let record = bytes.number32(start + 4).byteSwapped
        guard length >= 108, length < 1 << 16, record <= 1 else {
            return linkType.rawValue == 149 ? unsupported(linkType) : .end(.other(0))
        }
        let isPacket = record == 1
        guard isPacket else { return .end(.other(0)) }
        return .link(inner(bytes.number32(start + 8).byteSwapped), at: start + length)
    }

    /// PPI, little-endian: version, flags, length, the link type behind it.
    private static func packetInformation(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 8 else { return truncated(bytes, start, 8) }
        let length = Int(bytes.number16(start + 2).byteSwapped)
        guard length >= 8 else { return truncated(bytes, start, 8) }
        return .link(inner(bytes.number32(start + 4).byteSwapped), at: start + length)
    }

    private static func inner(_ number: UInt32) -> LinkType {
        LinkType(rawValue: UInt16(clamping: number))
    }

    /// Linux' NFLOG: attributes in the machine's byte order, one of which is the packet.
    private static func netfilterLog(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 4 else { return truncated(bytes, start, 4) }
        let family = bytes.byte(start)
        var offset = start + 4
        for _ in 0..<headersMax where bytes.byteCount >= offset + 4 {
            let little = Int(bytes.number16(offset).byteSwapped)
            let isSwapped = little > bytes.byteCount - offset
            let length = isSwapped ? Int(bytes.number16(offset)) : little
            let type = isSwapped ? bytes.number16(offset + 2) : bytes.number16(offset + 2).byteSwapped
            guard length >= 4 else { break }
            if type & 0x7fff == 9 {
                switch family {
                case 2: return .type(EtherType.ipv4, at: offset + 4)
                case 10: return .type(EtherType.ipv6, at: offset + 4)
                default: return .end(.other(UInt16(family)))
                }
            }
            offset += (length + 3) & ~3
        }
        return .end(.other(UInt16(family)))
    }

    /// Endace's ERF: a header of sixteen bytes, extensions of eight each, and what the type says.
    private static func extensibleRecord(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 16 else { return truncated(bytes, start, 16) }
        var offset = start + 16
        var mark = bytes.byte(start + 8)
        let type = mark & 0x7f
        for _ in 0..<headersMax where mark & 0x80 != 0 {
            guard bytes.byteCount >= offset + 8 else { return truncated(bytes, offset, 8) }
            mark = bytes.byte(offset)
            offset += 8
        }
        switch type {
        case 1, 10, 17: return serial(bytes, offset)
        case 2, 11, 16, 20: return .link(.ethernet, at: offset + 2)
        case 22: return .type(EtherType.ipv4, at: offset)
        case 23: return .type(EtherType.ipv6, at: offset)
        default: return .end(.other(UInt16(type)))
        }
    }
}

// MARK: Juniper

extension LinkWalk {
    /// Juniper's own header: a mark, flags, and with a flag an extension of a declared length.
    static func openJuniper(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 6 else { return truncated(bytes, start, 6) }
        guard bytes.number32(start) >> 8 == 0x4d4743 else { return .end(.other(0)) }
        let flags = bytes.byte(start + 3)
        let hasExtension = flags & 0x80 != 0
        let offset = start + 4 + (hasExtension ? 2 + Int(bytes.number16(start + 4)) : 0)
        // Without a link header, the address family comes first.
        if flags & 2 != 0 { return byVersion(bytes, offset + 4) }
        switch linkType.rawValue {
        case 179: return .link(.ppp, at: offset)
        case 180: return .link(.frameRelay, at: offset)
        case 181: return .link(.ciscoHDLC, at: offset)
        default: return .link(.ethernet, at: offset)
        }
    }
}
