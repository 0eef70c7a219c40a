// IEEE 802.11, and the headers that capturing puts in front of it, most of them little-endian.

extension LinkWalk {
    static func openWireless(_ bytes: RawSpan, _ linkType: LinkType, _ start: Int) -> Step {
        switch linkType.rawValue {
        case 119: prism(bytes, start)
        case 127: radiotap(bytes, start)
        case 163: describedRadio(bytes, start)
        default: wlan(bytes, start, isPadded: false)
        }
    }

    /// Prism: 144 bytes, unless it is the AVS header under this number.
    private static func prism(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 8 else { return truncated(bytes, start, 8) }
        if bytes.number32(start) & 0xffff_f000 == 0x8021_1000 { return describedRadio(bytes, start) }
        return wlan(bytes, start + 144, isPadded: false)
    }

    /// AVS: a version, then the length of the header.
    private static func describedRadio(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 8 else { return truncated(bytes, start, 8) }
        let length = Int(bytes.number32(start + 4))
        guard length >= 8, bytes.byteCount >= start + length else { return truncated(bytes, start, length) }
        return wlan(bytes, start + length, isPadded: false)
    }

    /// Radiotap, of which only the length and the padding behind the 802.11 header matter.
    private static func radiotap(_ bytes: RawSpan, _ start: Int) -> Step {
        guard bytes.byteCount >= start + 8 else { return truncated(bytes, start, 8) }
        let length = Int(bytes.number16(start + 2).byteSwapped)
        guard length >= 8, bytes.byteCount >= start + length else { return truncated(bytes, start, max(8, length)) }
        let end = start + length
        let present = bytes.number32(start + 4).byteSwapped
        var offset = start + 8
        var word = present
        while word & 0x8000_0000 != 0, offset + 4 <= end {
            word = bytes.number32(offset).byteSwapped
            offset += 4
        }
        // A clock of eight bytes, aligned to its size, may come before the flags.
        if present & 1 != 0 { offset = start + ((offset - start + 7) & ~7) + 8 }
        let hasFlags = present & 2 != 0 && offset < end
        return wlan(bytes, end, isPadded: hasFlags && bytes.byte(offset) & 0x20 != 0)
    }

    /// A data frame leads to LLC; other frames and encrypted ones do not, and later fragments have no LLC.
    ///
    /// `isPadded` tells whether the header is filled up to a multiple of four bytes.
    static func wlan(_ bytes: RawSpan, _ start: Int, isPadded: Bool) -> Step {
        guard bytes.byteCount >= start + 2 else { return truncated(bytes, start, 2) }
        let control = bytes.byte(start)
        let flags = bytes.byte(start + 1)
        let isData = control & 0x0f == 0x08 && control & 0x40 == 0
        let isProtected = flags & 0x40 != 0
        guard isData, !isProtected else { return .end(.other(0)) }
        let hasService = control & 0x80 != 0
        let addresses = flags & 3 == 3 ? 30 : 24
        var length = addresses + (hasService ? 2 : 0)
        guard bytes.byteCount >= start + length else { return truncated(bytes, start, length) }
        if hasService, flags & 0x80 != 0 { length += 4 }
        if isPadded { length = (length + 3) & ~3 }
        guard hasService else { return llc(bytes, start + length) }
        let service = bytes.number16(start + addresses)
        // Of an aggregate the first frame counts; its addresses and length stand in front.
        if service & 0x8000 != 0 { return llc(bytes, start + length + 14) }
        let mesh = service & 1 != 0 && flags & 2 != 0 ? meshLength(bytes, start + length) : 0
        return llc(bytes, start + length + mesh)
    }

    /// The mesh control field, which only its reserved bits tell from the first bytes of LLC.
    private static func meshLength(_ bytes: RawSpan, _ offset: Int) -> Int {
        guard bytes.byteCount >= offset + 6 else { return 0 }
        let extension_ = Int(bytes.byte(offset))
        return extension_ < 3 ? 6 + 6 * extension_ : 0
    }
}
