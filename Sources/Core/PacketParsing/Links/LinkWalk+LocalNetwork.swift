// Local networks other than Ethernet and IEEE 802.11.

extension LinkWalk {
    static func openLocalNetwork(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        switch linkType.rawValue {
        case 6: tokenRing(bytes, start)
        case 7: arcnet(bytes, start, typeAt: 2, hasOffset: false)
        case 10: fddi(bytes, start)
        case 122: fibreChannel(bytes, start)
        case 129: arcnet(bytes, start, typeAt: 4, hasOffset: true)
        case 138: addressed(bytes, start, typeAt: 16, length: 18)
        default: addressed(bytes, start, typeAt: 40, length: 44)  // InfiniBand
        }
    }

    /// Addresses, then an EtherType.
    private static func addressed(_ bytes: RawSpan, _ start: Int, typeAt place: Int, length: Int) -> Step {
        guard bytes.byteCount >= start + length else { return truncated(bytes, start, length) }
        return .type(bytes.number16(start + place), at: start + length)
    }

    /// IEEE 802.5; a source address with its first bit set announces a route.
    private static func tokenRing(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 16 else { return truncated(bytes, start, 16) }
        guard bytes.byte(start + 1) & 0xc0 == 0x40 else { return .end(.other(0)) }
        let hasRoute = bytes.byte(start + 8) & 0x80 != 0
        return llc(bytes, start + 14 + (hasRoute ? Int(bytes.byte(start + 14) & 31) : 0))
    }

    /// FDDI; only frames of LLC carry IP.
    private static func fddi(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 13 else { return truncated(bytes, start, 13) }
        guard bytes.byte(start) & 0x70 == 0x50 else { return .end(.other(0)) }
        return llc(bytes, start + 13)
    }

    /// RFC 2625: the two names, each with two bytes in front, then LLC.
    private static func fibreChannel(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 16 else { return truncated(bytes, start, 16) }
        return llc(bytes, start + 16)
    }

    /// ARCNET: RFC 1051's protocols have no fragments; RFC 1201's have three bytes about them, or more.
    ///
    /// Linux gives fragments put together, and on BSD only the first has the packet's header.
    private static func arcnet(_ bytes: RawSpan, _ start: Int, typeAt place: Int, hasOffset: Bool) -> Step {
        let offset = start + place + 1
        guard bytes.byteCount >= offset else { return truncated(bytes, start, place + 1) }
        let type: UInt16
        switch bytes.byte(offset - 1) {
        case 240: return .type(EtherType.ipv4, at: offset)
        case 212: type = EtherType.ipv4
        case 196: type = EtherType.ipv6
        case let number: return .end(.other(UInt16(number)))
        }
        guard bytes.byteCount >= offset + 3 else { return truncated(bytes, offset, 3) }
        let split = bytes.byte(offset)
        // An exception frame pads a length that ARCNET cannot send, and repeats these bytes.
        if split == 0xff { return .type(type, at: offset + (hasOffset ? 3 : 7)) }
        let isLater = split & 1 == 0 && split != 0
        return isLater && !hasOffset ? .end(.other(type)) : .type(type, at: offset + 3)
    }
}

// MARK: ATM

extension LinkWalk {
    static func openCells(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        switch linkType.rawValue {
        case 106: classicalIP(bytes, start)
        case 123: sunATM(bytes, start)
        default: llc(bytes, start, padding: 2)
        }
    }

    /// Classical IP (RFC 2225), with or without LLC.
    private static func classicalIP(_ bytes: RawSpan, _ start: Int) -> Step {
        let hasLLC = bytes.byteCount >= start + 8 && bytes.number32(start) == 0xaaaa_0300
        return hasLLC ? llc(bytes, start, padding: 2) : byVersion(bytes, start)
    }

    /// SunATM: the kind of traffic and the circuit, in four bytes.
    private static func sunATM(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 4 else { return truncated(bytes, start, 4) }
        switch bytes.byte(start) & 15 {
        case 1: return ethernet(bytes, start + 6)
        case 2: return llc(bytes, start + 4, padding: 2)
        default: return .end(.other(0))
        }
    }
}
