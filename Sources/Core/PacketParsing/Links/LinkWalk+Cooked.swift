// Headers that an operating system makes up where the link has none, or where it captures from many links at once.

extension LinkWalk {
    static func openCooked(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        switch linkType.rawValue {
        case 99: symantec(bytes, start)
        case 109: encrypted(bytes, start)
        case 113: linuxCooked(bytes, start, protocolAt: 14, length: 16)
        case 117: packetFilter(bytes, start)
        case 226: ipnet(bytes, start)
        case 276: linuxCooked(bytes, start, protocolAt: 0, length: 20)
        default: loopback(bytes, start)
        }
    }

    private static func linuxCooked(
        _ bytes: RawSpan,
        _ start: Int,
        protocolAt place: Int,
        length: Int
    ) -> Step {
        guard bytes.byteCount >= start + length else { return truncated(bytes, start, length) }
        return .type(bytes.number16(start + place), at: start + length)
    }

    /// The address family of BSD loopback; every system has its own number for IPv6, and either byte order.
    private static func loopback(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 4 else { return truncated(bytes, start, 4) }
        let read = bytes.number32(start)
        return family(read > 0xffff ? read.byteSwapped : read, start + 4)
    }

    private static func family(_ number: UInt32, _ offset: Int) -> Step {
        switch number {
        case 2: .type(EtherType.ipv4, at: offset)
        case 10, 23, 24, 26, 28, 30: .type(EtherType.ipv6, at: offset)
        default: .end(.other(UInt16(truncatingIfNeeded: number)))
        }
    }

    /// OpenBSD's interface of IPsec packets: family, security parameters and flags, in the machine's byte order.
    private static func encrypted(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 12 else { return truncated(bytes, start, 12) }
        let read = bytes.number32(start)
        return family(read > 0xffff ? read.byteSwapped : read, start + 12)
    }

    /// OpenBSD's packet filter log: the first byte is the header's length before it is padded to four bytes.
    private static func packetFilter(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 2 else { return truncated(bytes, start, 2) }
        let length = (Int(bytes.byte(start)) + 3) & ~3
        return family(UInt32(bytes.byte(start + 1)), start + length)
    }

    /// Solaris' IP observability devices.
    private static func ipnet(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 24 else { return truncated(bytes, start, 24) }
        return family(UInt32(bytes.byte(start + 1)), start + 24)
    }

    /// The EtherType's place tells the firewall's versions apart.
    private static func symantec(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 44 else { return truncated(bytes, start, 44) }
        let older = bytes.number16(start + 6)
        if older == EtherType.ipv4 { return .type(older, at: start + 44) }
        let newer = bytes.number16(start + 20)
        guard newer == EtherType.ipv4 else { return .end(.other(newer)) }
        return .type(newer, at: start + 56)
    }
}
