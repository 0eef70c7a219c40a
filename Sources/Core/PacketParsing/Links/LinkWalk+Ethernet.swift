// Ethernet, what switches put around it, and what its EtherTypes lead to.

extension LinkWalk {
    static func openEthernet(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        switch linkType.rawValue {
        case 110: ethernet(bytes, start + 2)  // the LAN emulation client's number
        case 143: docsis(bytes, start)
        case 240: ethernet(bytes, start + 4)
        case 241: ethernet(bytes, start + 12)  // 4 of netANALYZER's, and the preamble
        case 259: ethernet(bytes, start + 8)
        case 274: expressPacket(bytes, start)
        case 281, 284: tagged(bytes, start, tag: 4)
        case 282: ethernet(bytes, start + 4)
        case 285: tagged(bytes, start, tag: 8)
        default: ethernet(bytes, start)
        }
    }

    static func ethernet(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 14 else { return truncated(bytes, start, 14) }
        let type = bytes.number16(start + 12)
        // Cisco ISL encloses a whole frame in one of 802.3 to an address of its own.
        let isISL = type <= 1500 && bytes.number32(start) & 0xfdff_ffff == 0x0100_0c00
        if isISL, bytes.byteCount >= start + 26, bytes.byte(start + 4) == 0 {
            return .link(.ethernet, at: start + 26)
        }
        return .type(type, at: start + 14)
    }

    /// A switch's tag between the addresses and the EtherType.
    private static func tagged(_ bytes: RawSpan, _ start: Int, tag: Int) -> Step {
        let header = 14 + tag
        guard bytes.byteCount >= start + header else { return truncated(bytes, start, header) }
        return .type(bytes.number16(start + header - 2), at: start + header)
    }

    /// IEEE 802.3br: the preamble ends with what kind of packet follows; continuations have no header.
    private static func expressPacket(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 8 else { return truncated(bytes, start, 8) }
        switch bytes.byte(start + 7) {
        case 0xd5, 0xe6, 0x4c, 0x7f, 0xb3: return ethernet(bytes, start + 8)
        default: return .end(.other(0))
        }
    }

    /// A DOCSIS packet PDU: a header with, at times, an extended one, then Ethernet.
    private static func docsis(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 6 else { return truncated(bytes, start, 6) }
        let control = bytes.byte(start)
        guard control & 0xc0 == 0 else { return .end(.other(0)) }
        let extended = control & 1 == 1 ? Int(bytes.byte(start + 1)) : 0
        return ethernet(bytes, start + 6 + extended)
    }

    /// Reads the header that an EtherType names.
    static func enter(_ bytes: RawSpan, _ type: UInt16, _ offset: Int) -> Step {
        switch type {
        case 0...1500: return llc(bytes, offset, length: type)
        case EtherType.mpls, EtherType.mplsUpstream: return label(bytes, offset)
        case EtherType.pppoe:
            guard bytes.byteCount >= offset + 8 else { return truncated(bytes, offset, 8) }
            return pointToPoint(bytes, offset + 6)
        case EtherType.ppp: return .link(.ppp, at: offset)
        case EtherType.bridging: return .link(.ethernet, at: offset)
        case EtherType.fabricPath: return .link(.ethernet, at: offset + 2)
        case EtherType.trill: return trill(bytes, offset)
        case EtherType.nsh: return serviceHeader(bytes, offset)
        case EtherType.macsec: return securityTag(bytes, offset)
        case EtherType.arista: return aristaTimestamp(bytes, offset)
        default: return .end(.other(type))
        }
    }

    /// One MPLS label (RFC 3032); what follows the last is told by its first four bits.
    private static func label(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 4 else { return truncated(bytes, start, 4) }
        let offset = start + 4
        guard bytes.number32(start) & 0x100 != 0 else { return .type(EtherType.mpls, at: offset) }
        guard bytes.byteCount > offset else { return truncated(bytes, offset, 1) }
        switch bytes.byte(offset) >> 4 {
        case 4: return .type(EtherType.ipv4, at: offset)
        case 6: return .type(EtherType.ipv6, at: offset)
        case 0 where isEthernetWithIP(bytes, offset + 4):
            return .link(.ethernet, at: offset + 4)
        // A pseudowire's associated channel (RFC 4385, 5).
        case 1: return .end(.other(EtherType.mpls))
        case _ where isEthernetWithIP(bytes, offset):
            return .link(.ethernet, at: offset)
        default: return .end(.other(EtherType.mpls))
        }
    }

    /// Whether a pseudowire (RFC 4448) may carry IP in Ethernet here, of which nothing in the labels tells.
    private static func isEthernetWithIP(_ bytes: RawSpan, _ offset: Int) -> Bool {
        guard bytes.byteCount >= offset + 15 else { return false }
        switch bytes.number16(offset + 12) {
        case EtherType.ipv4: return bytes.byte(offset + 14) >> 4 == 4
        case EtherType.ipv6: return bytes.byte(offset + 14) >> 4 == 6
        case 0x8100, 0x88a8, EtherType.pppoe: return true
        default: return false
        }
    }

    /// TRILL (RFC 6325): a header with options, then a whole frame.
    private static func trill(_ bytes: RawSpan, _ offset: Int) -> Step {
        guard bytes.byteCount >= offset + 6 else { return truncated(bytes, offset, 6) }
        let options = Int(bytes.number16(offset) >> 6 & 31) * 4
        return .link(.ethernet, at: offset + 6 + options)
    }

    /// The network service header (RFC 8300).
    static func serviceHeader(_ bytes: RawSpan, _ offset: Int) -> Step {
        guard bytes.byteCount >= offset + 8 else { return truncated(bytes, offset, 8) }
        let length = Int(bytes.byte(offset + 1) & 0x3f) * 4
        guard length >= 8 else { return .end(.other(EtherType.nsh)) }
        return nextProtocol(bytes.byte(offset + 3), at: offset + length)
    }

    /// The numbers that NSH and VXLAN-GPE share.
    static func nextProtocol(_ number: UInt8, at offset: Int) -> Step {
        switch number {
        case 1: .type(EtherType.ipv4, at: offset)
        case 2: .type(EtherType.ipv6, at: offset)
        case 3: .link(.ethernet, at: offset)
        case 4: .type(EtherType.nsh, at: offset)
        case 5: .type(EtherType.mpls, at: offset)
        default: .end(.other(EtherType.nsh))
        }
    }

    /// MACsec (IEEE 802.1AE): readable only where the frame is protected without being encrypted.
    private static func securityTag(_ bytes: RawSpan, _ offset: Int) -> Step {
        guard bytes.byteCount >= offset + 8 else { return truncated(bytes, offset, 8) }
        let control = bytes.byte(offset)
        guard control & 0x0c == 0 else { return .end(.other(EtherType.macsec)) }
        let length = control & 0x20 == 0 ? 6 : 14
        guard bytes.byteCount >= offset + length + 2 else { return truncated(bytes, offset, length + 2) }
        return .type(bytes.number16(offset + length), at: offset + length + 2)
    }

    /// Arista's timestamp of 48 or 64 bits.
    private static func aristaTimestamp(_ bytes: RawSpan, _ offset: Int) -> Step {
        guard bytes.byteCount >= offset + 4 else { return truncated(bytes, offset, 4) }
        guard bytes.number16(offset) == 1 else { return .end(.other(EtherType.arista)) }
        let length: Int
        switch bytes.byte(offset + 3) {
        case 0x10: length = 12
        case 0x20: length = 10
        default: return .end(.other(EtherType.arista))
        }
        guard bytes.byteCount >= offset + length + 2 else { return truncated(bytes, offset, length + 2) }
        return .type(bytes.number16(offset + length), at: offset + length + 2)
    }
}

// MARK: IEEE 802.2

extension LinkWalk {
    /// LLC: IP behind a SNAP header (RFC 1042), behind an ISO protocol identifier, or as a service of its own.
    ///
    /// `padding` is what lies in front of a bridged frame: two bytes on ATM, none elsewhere.
    static func llc(_ bytes: RawSpan, _ offset: Int, length: UInt16 = 0, padding: Int = 0) -> Step {
        guard bytes.byteCount >= offset + 4 else { return .end(.other(length)) }
        switch bytes.number32(offset) >> 8 {
        case 0xaaaa03: return snap(bytes, offset + 3, padding: padding)
        case 0xfefe03: return networkProtocol(bytes, offset + 3)
        case 0x060603: return .type(EtherType.ipv4, at: offset + 3)
        default: return .end(.other(length))
        }
    }

    /// An organisation and its number for what follows.
    static func snap(_ bytes: RawSpan, _ offset: Int, padding: Int = 0) -> Step {
        guard bytes.byteCount >= offset + 5 else { return truncated(bytes, offset, 5) }
        let type = bytes.number16(offset + 3)
        switch bytes.number32(offset) >> 8 {
        // RFC 1042 and IEEE 802.1H.
        case 0x00_0000, 0x00_00f8:
            return type > 1500 ? .type(type, at: offset + 5) : .end(.other(type))
        // IEEE 802.1: a bridged frame, with or without its check sequence.
        case 0x00_80c2 where type == 1 || type == 7:
            return .link(.ethernet, at: offset + 5 + padding)
        default:
            return .end(.other(type))
        }
    }

    /// An ISO/IEC TR 9577 identifier, as Frame Relay (RFC 2427) and LLC have it.
    static func networkProtocol(_ bytes: RawSpan, _ offset: Int) -> Step {
        guard bytes.byteCount > offset else { return truncated(bytes, offset, 1) }
        switch bytes.byte(offset) {
        case 0xcc: return .type(EtherType.ipv4, at: offset + 1)
        case 0x8e: return .type(EtherType.ipv6, at: offset + 1)
        case 0x80: return snap(bytes, offset + 1)
        case 0xcf: return pointToPoint(bytes, offset + 1)
        default: return .end(.other(UInt16(bytes.byte(offset))))
        }
    }
}
