// Serial lines: PPP, HDLC, SLIP and Frame Relay.

extension LinkWalk {
    static func openPointToPoint(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        switch linkType.rawValue {
        case 8: slip(bytes, start)
        case 9: framedPointToPoint(bytes, start)
        case 50: serial(bytes, start)
        case 51: pointToPoint(bytes, start + 6)  // PPPoE's session header
        case 102: byVersion(bytes, start + 24)
        case 103: bsdPointToPoint(bytes, start)
        case 107: frameRelay(bytes, start)
        case 166: framedPointToPoint(bytes, start, hasDirection: true)
        case 182: multilinkFrameRelay(bytes, start)
        case 204: framedPointToPoint(bytes, start + 1)
        case 205: ciscoHDLC(bytes, start + 1)
        case 206: frameRelay(bytes, start + 1)
        default: ciscoHDLC(bytes, start)
        }
    }

    private static func ciscoHDLC(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 4 else { return truncated(bytes, start, 4) }
        return .type(bytes.number16(start + 2), at: start + 4)
    }

    /// PPP with its address and control bytes, of which the first may be a direction, or without them.
    private static func framedPointToPoint(
        _ bytes: RawSpan,
        _ start: Int,
        hasDirection: Bool = false
    ) -> Step {
        guard bytes.byteCount >= start + 2 else { return truncated(bytes, start, 2) }
        let address = bytes.byte(start)
        // No protocol's first byte is 0xff.
        let isFramed = address == 0xff || (hasDirection && address <= 1 && bytes.byte(start + 1) == 3)
        return pointToPoint(bytes, isFramed ? start + 2 : start)
    }

    /// PPP in HDLC frames, or Cisco's, which has other addresses.
    static func serial(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 2 else { return truncated(bytes, start, 2) }
        let isCisco = bytes.byte(start) & 0x7f == 0x0f && bytes.byte(start + 1) == 0
        return isCisco ? ciscoHDLC(bytes, start) : framedPointToPoint(bytes, start)
    }

    /// BSD/OS: a fixed header that holds the protocol.
    private static func bsdPointToPoint(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 24 else { return truncated(bytes, start, 24) }
        return pointToPoint(bytes, start + 5, data: start + 24)
    }

    /// PPP's protocol field, of one byte where it was compressed (RFC 1661, 2).
    ///
    /// `data` is where the packet starts if not behind the field.
    static func pointToPoint(_ bytes: RawSpan, _ start: Int, data: Int? = nil) -> Step {
        guard bytes.byteCount >= start + 2 else { return truncated(bytes, start, 2) }
        let isCompressed = bytes.byte(start) & 1 == 1
        let offset = data ?? start + (isCompressed ? 1 : 2)
        let type = isCompressed ? UInt16(bytes.byte(start)) : bytes.number16(start)
        switch type {
        case 0x0021: return .type(EtherType.ipv4, at: offset)
        case 0x0057: return .type(EtherType.ipv6, at: offset)
        case 0x0281, 0x0283: return .type(EtherType.mpls, at: offset)
        case 0x003d:
            // Multilink (RFC 1990): readable where a fragment is the whole packet.
            guard bytes.byteCount >= offset + 4 else { return truncated(bytes, offset, 4) }
            let isWhole = bytes.byte(offset) & 0xc0 == 0xc0
            return isWhole ? .link(.ppp, at: offset + 4) : .end(.other(type))
        default: return .end(.other(type))
        }
    }

    /// SLIP as BPF has it: direction, and what is left of the compressed header, which may be all of IP and TCP.
    private static func slip(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 17 else { return truncated(bytes, start, 17) }
        let isCompressed = bytes.byte(start + 1) & 0x80 != 0
        let version = bytes.byte(start + 16) >> 4
        guard bytes.byte(start) <= 1, !isCompressed, version == 4 || version == 6 else { return .end(.other(0)) }
        return byVersion(bytes, start + 16)
    }

    /// Frame Relay: an address of two to four bytes, then RFC 2427's identifier or Cisco's EtherType.
    private static func frameRelay(_ bytes: RawSpan, _ start: Int) -> Step {
        var offset = start
        repeat {
            guard bytes.byteCount > offset else { return truncated(bytes, offset, 1) }
            offset += 1
        } while bytes.byte(offset - 1) & 1 == 0 && offset < start + 4
        guard bytes.byteCount >= offset + 2 else { return truncated(bytes, offset, 2) }
        guard bytes.byte(offset) == 3 else { return .type(bytes.number16(offset), at: offset + 2) }
        let isPadded = bytes.byte(offset + 1) == 0
        return networkProtocol(bytes, offset + (isPadded ? 2 : 1))
    }

    /// FRF.16: only a fragment that begins a frame has its header.
    private static func multilinkFrameRelay(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 2 else { return truncated(bytes, start, 2) }
        guard bytes.byte(start) & 0xa0 == 0x80 else { return .end(.other(0)) }
        return frameRelay(bytes, start + 2)
    }
}
