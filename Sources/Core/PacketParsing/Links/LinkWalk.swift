/// The way from the first captured byte to the IP header, through link headers, tags, labels and cooked headers.
///
/// Every header is one step of one bounded loop, so that no nesting costs stack.
enum LinkWalk {
    /// What lies behind the link headers.
    enum Payload {
        case ipv4(Int)
        case ipv6(Int)
        case other(UInt16)
        case malformed(MalformedPacket)
    }

    /// What a header says of what follows it.
    enum Step {
        /// A header or packet of this EtherType, or of IEEE 802.2 LLC for the lengths below 1501.
        case type(UInt16, at: Int)
        /// A frame of its own.
        case link(LinkType, at: Int)
        case end(Payload)
    }

    /// The longest nesting in use is around ten; it bounds the work that one packet can cause.
    static let headersMax = 64

    static func payload(of bytes: RawSpan, linkType: LinkType) -> Payload {
        // Most of what comes here is Ethernet with VLAN tags.
        if linkType == .ethernet, bytes.byteCount >= 14, bytes.number16(12) > 1500 {
            return payload(of: bytes, from: .type(bytes.number16(12), at: 14))
        }
        return payload(of: bytes, from: .link(linkType, at: 0))
    }

    /// Follows headers until IP, or something that is neither IP nor wraps it.
    @inline(__always)
    static func payload(of bytes: RawSpan, from first: Step) -> Payload {
        var step = first
        for _ in 0...headersMax {
            switch step {
            case .type(0x0800, let offset): return .ipv4(offset)
            case .type(0x86dd, let offset): return .ipv6(offset)
            case .type(let type, let offset):
                let tag = EtherType.tagLength(type)
                step = tag > 0 ? skip(tag, bytes, offset) : enter(bytes, type, offset)
            case .link(let linkType, let offset): step = open(bytes, linkType, offset)
            case .end(let payload): return payload
            }
        }
        return .malformed(MalformedPacket(.tooManyLinkHeaders, at: 0, needed: 0, had: headersMax))
    }

    /// Passes over a tag, which ends with the EtherType of what follows it.
    @inline(__always)
    private static func skip(_ tag: Int, _ bytes: RawSpan, _ offset: Int) -> Step {
        guard bytes.byteCount >= offset + tag else { return truncated(bytes, offset, tag) }
        return .type(bytes.number16(offset + tag - 2), at: offset + tag)
    }

    /// Reads the header that frames of a link type start with.
    private static func open(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        switch linkType.family {
        case .ethernet: openEthernet(bytes, linkType, start)
        case .networkLayer: openNetworkLayer(bytes, linkType, start)
        case .cooked: openCooked(bytes, linkType, start)
        case .pointToPoint: openPointToPoint(bytes, linkType, start)
        case .localNetwork: openLocalNetwork(bytes, linkType, start)
        case .cells: openCells(bytes, linkType, start)
        case .wireless: openWireless(bytes, linkType, start)
        case .wrapped: openWrapped(bytes, linkType, start)
        case .juniper: openJuniper(bytes, linkType, start)
        case .neverIP: .end(.other(0))
        case nil: unsupported(linkType)
        }
    }

    static func unsupported(_ linkType: LinkType) -> Step {
        let number = Int(linkType.rawValue)
        return .end(.malformed(MalformedPacket(.unsupportedLinkType, at: 0, needed: number, had: 0)))
    }

    /// The end of a walk over a header that needs more bytes than there are.
    static func truncated(_ bytes: RawSpan, _ offset: Int, _ needed: Int) -> Step {
        let had = max(0, bytes.byteCount - offset)
        return .end(.malformed(MalformedPacket(.truncatedLinkHeader, at: offset, needed: needed, had: had)))
    }
}

// MARK: Without a link header

extension LinkWalk {
    static func openNetworkLayer(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        switch linkType.rawValue {
        case 219: .type(EtherType.mpls, at: start)
        case 228: .type(EtherType.ipv4, at: start)
        case 229: .type(EtherType.ipv6, at: start)
        default: byVersion(bytes, start)
        }
    }

    static func byVersion(_ bytes: RawSpan, _ offset: Int) -> Step {
        guard bytes.byteCount > offset else { return truncated(bytes, offset, 1) }
        switch bytes.byte(offset) >> 4 {
        case 4: return .type(EtherType.ipv4, at: offset)
        case 6: return .type(EtherType.ipv6, at: offset)
        default:
            let had = bytes.byteCount - offset
            return .end(.malformed(MalformedPacket(.badIPVersion, at: offset, needed: 20, had: had)))
        }
    }
}
