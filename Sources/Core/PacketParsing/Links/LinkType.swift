/// What the first byte of a captured packet belongs to: a `LINKTYPE_` number of the tcpdump group's list.
@usableFromInline
@frozen
package struct LinkType: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number as capture files carry it.
    @usableFromInline package let rawValue: UInt16

    /// The link type of a number.
    @inlinable
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// BSD loopback: the address family in the capturing machine's byte order.
    package static let null = LinkType(rawValue: 0)
    /// Ethernet.
    package static let ethernet = LinkType(rawValue: 1)
    /// PPP, with or without its HDLC bytes.
    package static let ppp = LinkType(rawValue: 9)
    /// Cisco HDLC.
    package static let ciscoHDLC = LinkType(rawValue: 104)
    /// An IPv4 or IPv6 packet without a link header.
    package static let raw = LinkType(rawValue: 101)
    /// IEEE 802.11 without a header in front.
    package static let wlan = LinkType(rawValue: 105)
    /// Frame Relay.
    package static let frameRelay = LinkType(rawValue: 107)
    /// OpenBSD loopback: the address family in network byte order.
    package static let loop = LinkType(rawValue: 108)
    /// Linux cooked capture, version 1.
    package static let linuxCooked = LinkType(rawValue: 113)
    /// An IPv4 packet without a link header.
    package static let ipv4 = LinkType(rawValue: 228)
    /// An IPv6 packet without a link header.
    package static let ipv6 = LinkType(rawValue: 229)
    /// Linux cooked capture, version 2.
    package static let linuxCooked2 = LinkType(rawValue: 276)

    /// Whether its packets are metered, or counted as not IP because it never carries IP; all others are malformed.
    package var isSupported: Bool { family != nil }
}

/// Link types whose headers are read alike.
enum LinkFamily {
    case ethernet, networkLayer, cooked, pointToPoint, localNetwork, cells, wireless, wrapped, juniper, neverIP
}

extension LinkType {
    /// Where its header is read; `nil` for a link type that may carry IP and is not read, or is not known.
    var family: LinkFamily? {
        switch rawValue {
        // Ethernet, LAN emulation, switch tags (Broadcom, DSA, EDSA), mPackets, DOCSIS, EPON, netANALYZER.
        case 1, 110, 143, 240, 241, 259, 274, 281, 282, 284, 285: .ethernet
        // Raw IP, by three numbers; MPLS; IPv4; IPv6.
        case 12, 14, 101, 219, 228, 229: .networkLayer
        // Loopback, enc, Linux cooked, pflog, IPNET, the Symantec firewall.
        case 0, 99, 108, 109, 113, 117, 226, 276: .cooked
        // SLIP, PPP, HDLC, Frame Relay, and those with a direction in front.
        case 8, 9, 50, 51, 102, 103, 104, 107, 112, 166, 182, 204, 205, 206: .pointToPoint
        // Token Ring, ARCNET, FDDI, IP over Fibre Channel, FireWire and InfiniBand.
        case 6, 7, 10, 122, 129, 138, 242: .localNetwork
        // ATM: RFC 1483, Classical IP, SunATM.
        case 11, 100, 106, 123: .cells
        // IEEE 802.11, bare and behind Prism, radiotap and AVS headers.
        case 105, 119, 127, 163: .wireless
        // PKTAP by its two numbers, ERF, PPI, NFLOG.
        case 149, 175, 176, 192, 197, 239, 258: .wrapped
        case 167, 178, 179, 180, 181: .juniper
        default: LinkType.neverCarriesIP(rawValue) ? .neverIP : nil
        }
    }

    /// Links of buses, radios and telephony on which there is no IP, or none that has an IP header of its own.
    private static func neverCarriesIP(_ number: UInt16) -> Bool {
        switch number {
        // LocalTalk, PCI Express, Aurora, SS7, IrDA, LAPD, avionics.
        case 114, 125, 126, 139, 140, 141, 142, 144, 177, 184, 185, 203, 207: true
        // USB, Bluetooth, CAN, BACnet MS/TP, IPMB, FlexRay, MOST, LIN.
        case 165, 186, 187, 189, 190, 199, 201, 209, 210, 211, 212, 220, 227, 249, 251, 254, 255, 256, 266: true
        // IEEE 802.15.4, where 6LoWPAN leaves no IP header, DECT, WirelessHART, LoRa, Z-Wave, Bluetooth LE sniffers.
        case 191, 195, 215, 221, 223, 230, 261, 262, 270, 272, 283, 287, 297: true
        // evdev, AOS, Fibre Channel, D-Bus, DVB, MPEG-2 TS, NFC, InfiniBand, netlink, Profibus, vsock, DisplayPort.
        case 216, 222, 224, 225, 231, 235, 243, 245, 247, 253, 257, 260, 263, 264, 268, 271, 275, 277, 278, 279: true
        case 288, 293, 294, 295, 296, 298, 299, 300: true
        default: false
        }
    }
}
