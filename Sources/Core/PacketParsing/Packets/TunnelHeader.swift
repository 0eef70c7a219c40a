import NetworkAddressing

/// What a tunnel's own header says: what it holds, and which network that belongs to.
struct TunnelHeader {
    /// Where the walk to the inner IP header goes on.
    var step: LinkWalk.Step
    /// The network within the tunnel; 0 where the header has none.
    var identifier: UInt32 = 0

    /// A header that leads on; only one that leads to IP is of use.
    init(_ step: LinkWalk.Step, identifier: UInt32 = 0) {
        self.step = step
        self.identifier = identifier
    }

    /// A header with nothing behind it that is IP.
    init(opaque number: UInt16) { self.init(.end(.other(number))) }

    /// Reads the header of a kind of tunnel; `nil` where the bytes are not of that kind.
    ///
    /// `start` is where the outer transport header starts, and the bytes end with the outer packet.
    init?(_ kind: TunnelKind, _ outer: ParsedPacket, _ bytes: RawSpan, _ start: Int) {
        let header: TunnelHeader?
        switch kind {
        case .vxlan: header = TunnelHeader.vxlan(bytes, start + 8, isGeneric: outer.destinationPort == 4790)
        case .geneve: header = TunnelHeader.geneve(bytes, start + 8)
        case .gtpu: header = TunnelHeader.gtpu(bytes, start + 8)
        case .gre: header = TunnelHeader.gre(bytes, start)
        case .ipip:
            let type = outer.transport == 4 ? EtherType.ipv4 : EtherType.ipv6
            header = TunnelHeader(.type(type, at: start))
        }
        guard let header else { return nil }
        self = header
    }
}

// MARK: Over UDP

extension TunnelHeader {
    /// VXLAN (RFC 7348), or its generic extension, whose content need not be Ethernet.
    private static func vxlan(_ bytes: RawSpan, _ start: Int, isGeneric: Bool) -> TunnelHeader? {
        guard bytes.byteCount >= start + 8 else { return nil }
        let flags = bytes.byte(start)
        let network = bytes.number32(start + 4) >> 8
        let offset = start + 8
        guard flags & 0x08 != 0 else { return nil }
        // Some senders name the content without the flag that says so.
        let content = isGeneric ? bytes.byte(start + 3) : 0
        guard content != 0 else { return TunnelHeader(.link(.ethernet, at: offset), identifier: network) }
        return TunnelHeader(LinkWalk.nextProtocol(content, at: offset), identifier: network)
    }

    /// Geneve (RFC 8926); options are skipped.
    private static func geneve(_ bytes: RawSpan, _ start: Int) -> TunnelHeader? {
        guard bytes.byteCount >= start + 8, bytes.byte(start) & 0xc0 == 0 else { return nil }
        let options = Int(bytes.byte(start) & 0x3f) * 4
        return TunnelHeader(
            .type(bytes.number16(start + 2), at: start + 8 + options),
            identifier: bytes.number32(start + 4) >> 8
        )
    }

    /// GTP-U (3GPP TS 29.281, 5): only a G-PDU holds a packet, behind any number of extension headers.
    private static func gtpu(_ bytes: RawSpan, _ start: Int) -> TunnelHeader? {
        guard bytes.byteCount >= start + 8, bytes.byte(start) & 0xf0 == 0x30 else { return nil }
        let flags = bytes.byte(start)
        guard bytes.byte(start + 1) == 255 else { return TunnelHeader(opaque: UInt16(bytes.byte(start + 1))) }
        var offset = start + 8
        if flags & 7 != 0 {
            offset += 4
            guard bytes.byteCount >= offset else { return TunnelHeader(opaque: 0) }
            var next = flags & 4 != 0 ? bytes.byte(offset - 1) : 0
            for _ in 0..<LinkWalk.headersMax where next != 0 {
                guard bytes.byteCount > offset else { return TunnelHeader(opaque: 0) }
                let length = Int(bytes.byte(offset)) * 4
                guard length > 0, bytes.byteCount >= offset + length else { return TunnelHeader(opaque: 0) }
                offset += length
                next = bytes.byte(offset - 1)
            }
        }
        return TunnelHeader(LinkWalk.byVersion(bytes, offset), identifier: bytes.number32(start + 4))
    }
}

// MARK: GRE

extension TunnelHeader {
    /// GRE: RFC 2784 with the key and sequence of RFC 2890 and the routes of RFC 1701, or PPTP's (RFC 2637).
    private static func gre(_ bytes: RawSpan, _ start: Int) -> TunnelHeader? {
        guard bytes.byteCount >= start + 4 else { return nil }
        let flags = bytes.number16(start)
        let type = bytes.number16(start + 2)
        let hasSequence = flags & 0x1000 != 0
        let hasKey = flags & 0x2000 != 0
        let hasRoutes = flags & 0x4000 != 0
        let version = flags & 7
        guard version <= 1 else { return nil }
        var offset = start + 4
        if flags & 0x8000 != 0 || hasRoutes { offset += 4 }
        var key: UInt32 = 0
        if hasKey {
            guard bytes.byteCount >= offset + 4 else { return TunnelHeader(opaque: type) }
            key = bytes.number32(offset)
            offset += 4
        }
        if hasSequence { offset += 4 }
        if version == 1 {
            // Without a sequence number it is an acknowledgement alone.
            guard hasKey, hasSequence, type == EtherType.ppp else { return TunnelHeader(opaque: type) }
            return TunnelHeader(.link(.ppp, at: offset + (flags & 0x80 != 0 ? 4 : 0)), identifier: key & 0xffff)
        }
        if hasRoutes {
            guard let end = skipRoutes(bytes, offset) else { return TunnelHeader(opaque: type) }
            offset = end
        }
        switch type {
        case 0x88be: return mirrored(bytes, offset, hasHeader: hasSequence)
        case 0x22eb: return mirroredWithTime(bytes, offset)
        // WCCP: version 2 puts a header in front of IP, version 1 does not.
        case 0x883e:
            let isIP = bytes.byteCount > offset && bytes.byte(offset) >> 4 == 4
            return TunnelHeader(.type(EtherType.ipv4, at: isIP ? offset : offset + 4), identifier: key)
        // Aruba's access points: IEEE 802.11, of which some is encrypted.
        case 0x8200...0x83ff: return TunnelHeader(.link(.wlan, at: offset), identifier: key)
        // Cisco MetaData: here the type comes before the tag.
        case 0x8909:
            guard bytes.byteCount >= offset + 8 else { return TunnelHeader(opaque: type) }
            return TunnelHeader(.type(bytes.number16(offset), at: offset + 8), identifier: key)
        // LLC has no place here.
        case 0...1500: return TunnelHeader(opaque: type)
        default: return TunnelHeader(.type(type, at: offset), identifier: key)
        }
    }

    /// Source routes end with one of no length.
    private static func skipRoutes(_ bytes: RawSpan, _ start: Int) -> Int? {
        var offset = start
        for _ in 0..<LinkWalk.headersMax {
            guard bytes.byteCount >= offset + 4 else { return nil }
            let length = Int(bytes.byte(offset + 3))
            offset += 4 + length
            if length == 0 { return offset }
        }
        return nil
    }

    /// ERSPAN: type I is the bare frame, type II has a header of eight bytes with the session.
    private static func mirrored(_ bytes: RawSpan, _ offset: Int, hasHeader: Bool) -> TunnelHeader {
        guard hasHeader else { return TunnelHeader(.link(.ethernet, at: offset)) }
        guard bytes.byteCount >= offset + 8 else { return TunnelHeader(opaque: 0x88be) }
        let session = UInt32(bytes.number16(offset + 2) & 0x3ff)
        return TunnelHeader(.link(.ethernet, at: offset + 8), identifier: session)
    }

    /// ERSPAN type III: twelve bytes, eight more if the last bit says so, then Ethernet or IP.
    private static func mirroredWithTime(_ bytes: RawSpan, _ start: Int) -> TunnelHeader {
        guard bytes.byteCount >= start + 12 else { return TunnelHeader(opaque: 0x22eb) }
        let session = UInt32(bytes.number16(start + 2) & 0x3ff)
        let tail = bytes.number16(start + 10)
        let offset = start + (tail & 1 == 0 ? 12 : 20)
        switch tail >> 10 & 31 {
        case 0: return TunnelHeader(.link(.ethernet, at: offset), identifier: session)
        case 2: return TunnelHeader(LinkWalk.byVersion(bytes, offset), identifier: session)
        default: return TunnelHeader(opaque: 0x22eb)
        }
    }
}
