import NetworkAddressing
import PacketParsing
import Testing

/// Link types and tags of which there are few captures: each header in front of the same packet.
///
/// What the headers mean was checked with tshark 4.0.17 and tcpdump 4.99.3, each of which reads most of them.
struct LinkHeaderTests {
    struct Header: CustomTestStringConvertible {
        let testDescription: String
        let linkType: LinkType
        let bytes: [UInt8]
        let isV6: Bool

        init(_ name: String, _ number: UInt16, _ groups: String, isV6: Bool = false) {
            testDescription = name
            linkType = LinkType(rawValue: number)
            bytes = [UInt8](groups: groups)
            self.isV6 = isV6
        }
    }

    static let headers: [Header] = [
        Header("SLIP", 8, "0045 00*14"),
        Header("Token Ring", 6, "1040 02*12 aaaa030000000800"),
        Header("Token Ring with a route", 6, "1040 02*6 82 02*5 063000110020aaaa030000000800"),
        Header("FDDI", 10, "50 02*12 aaaa0300000086dd", isV6: true),
        Header("ARCNET", 7, "0102d4000001"),
        Header("ARCNET, exception frame", 7, "0102d4ffffffd4000001"),
        Header("ARCNET, RFC 1051", 7, "0102f0"),
        Header("PPP in HDLC", 50, "ff030021"),
        Header("Cisco HDLC as PPP", 50, "0f000800"),
        Header("PPPoE session", 51, "11000001002a0021"),
        Header("pppd, incoming", 166, "00030021"),
        Header("pppd, outgoing", 166, "01030057", isV6: true),
        Header("PPP with direction", 204, "01ff030021"),
        Header("Cisco HDLC with direction", 205, "010f000800"),
        Header("Frame Relay with direction", 206, "01184103cc"),
        Header("Frame Relay with SNAP", 107, "18410300800000000800"),
        Header("Frame Relay, bridged", 107, "18410300800080c200070200000000010200000000020800"),
        Header("Frame Relay, bridged with check sequence", 107, "18410300800080c200010200000000010200000000020800"),
        Header("Frame Relay with PPP", 107, "184103cf0021"),
        Header("Frame Relay with IPv6", 107, "1841038e", isV6: true),
        Header("RFC 1483", 100, "aaaa030000000800"),
        Header("RFC 1483, bridged", 100, "aaaa030080c2000700000200000000010200000000020800"),
        Header("RFC 1483, ISO identifier", 100, "fefe03cc"),
        Header("Classical IP with LLC", 106, "aaaa030000000800"),
        Header("Classical IP", 106, ""),
        Header("SunATM, LLC", 123, "02000064aaaa030000000800"),
        Header("SunATM, LAN emulation", 123, "0100006400010200000000010200000000020800"),
        Header("IP over Fibre Channel", 122, "0000 02*6 0000 02*6 aaaa030000000800"),
        Header("IP over FireWire", 138, "01*16 0800"),
        Header("enc", 109, "02 00*11"),
        Header("pflog", 117, "3d0200006c6f30 00*57"),
        Header("loop", 108, "00000018", isV6: true),
        Header("null", 0, "1e000000", isV6: true),
        Header("MPLS", 219, "00010140"),
        Header("Pseudowire with control word", 219, "00010140000000000200000000010200000000020800"),
        Header("Pseudowire", 219, "000101400200000000010200000000020800"),
        Header("802.11", 105, "08020000 02*18 0000aaaa030000000800"),
        Header("802.11 QoS", 105, "88020000 02*18 00000000aaaa030000000800"),
        Header("802.11 with four addresses", 105, "08030000 02*18 0000 02*6 aaaa030000000800"),
        Header("802.11 QoS with four addresses", 105, "88030000 02*18 0000 02*6 0000aaaa030000000800"),
        Header("802.11 mesh", 105, "88030000 02*18 0000 02*6 0001001f00000001aaaa030000000800"),
        Header("802.11 aggregate", 105, "88020000 02*18 00008000 02*12 0030aaaa030000000800"),
        Header("802.11 with HT control", 105, "88820000 02*18 00*8 aaaa030000000800"),
        Header("Prism", 119, "4100000090000000776c616e30 00*131 08020000 02*18 0000aaaa030000000800"),
        Header("AVS", 163, "8021100100000040 00*56 08020000 02*18 0000aaaa030000000800"),
        Header("AVS as Prism", 119, "8021100100000040 00*56 08020000 02*18 0000aaaa030000000800"),
        Header("radiotap", 127, "000008 00*5 08020000 02*18 0000aaaa030000000800"),
        Header("radiotap with padding", 127, "0000120003 00*11 200088020000 02*18 00*6 aaaa030000000800"),
        Header("PPI with 802.11", 192, "000008006900000008020000 02*18 0000aaaa030000000800"),
        Header("PPI with Ethernet", 192, "00000800010000000200000000010200000000020800"),
        Header("ERF with Ethernet", 197, "00*8 020400480000003600000200000000010200000000020800"),
        Header("ERF with an extension", 197, "00*8 820400500000003605 00*9 0200000000010200000000020800"),
        Header("ERF with IPv4", 197, "00*8 1604003800000028"),
        Header("ERF with PPP", 197, "00*8 0104003c0000002cff030021"),
        Header("DOCSIS", 143, "0000003600000200000000010200000000020800"),
        Header("mPacket", 274, "55*7 d50200000000010200000000020800"),
        Header("EPON", 259, "5555d555550001000200000000010200000000020800"),
        Header("netANALYZER", 240, "000000000200000000010200000000020800"),
        Header("netANALYZER, transparent", 241, "00000000 55*7 d50200000000010200000000020800"),
        Header("LAN emulation", 110, "00010200000000010200000000020800"),
        Header("Symantec firewall", 99, "00*6 08 00*37"),
        Header("Juniper Ethernet", 178, "4d4743000200000000010200000000020800"),
        Header("Juniper PPP", 179, "4d4743000021"),
        Header("Juniper Frame Relay", 180, "4d474300184103cc"),
        Header("Juniper Cisco HDLC", 181, "4d4743000f000800"),
        Header("Juniper PPPoE", 167, "4d474300020000000001020000000002886411000001002a0021"),
        Header("Juniper without link header", 178, "4d47430200000002"),
        Header("TRILL", 1, "02000000000102000000000222f30001000100020200000000010200000000020800"),
        Header("Ethernet in Ethernet", 1, "02000000000102000000000265580200000000010200000000020800"),
        Header("E-Tag", 1, "020000000001020000000002893f 00*6 0800"),
        Header("R-Tag", 1, "020000000001020000000002f1c1000000010800"),
        Header("HSR", 1, "020000000001020000000002892f002e00010800"),
        Header("Cisco MetaData", 1, "020000000001020000000002890901010001000a0800"),
        Header("LLC, IP as a service", 1, "020000000001020000000002002b060603"),
        Header("SNAP, 802.1H", 1, "0200000000010200000000020030aaaa030000f80800"),
        Header("ISL", 1, "01000c000000 02*6 0042aaaa0300000c0002000000000200000000010200000000020800"),
        Header("PPP in Ethernet", 1, "020000000001020000000002880b0021"),
        Header("Linux cooked with LLC", 113, "000000010006 02*6 00000004aaaa030000000800"),
        Header("Linux cooked of GRE", 113, "0000030a0004 02*8 0800"),
        Header("PPP multilink", 9, "ff03003dc00000010021"),
        Header("HDLC", 112, "0f000800"),
        Header("VLAN, 0x9100", 1, "020000000001020000000002910000010800"),
        Header("PKTAP with raw IP", 258, "6c000000010000000c000000656e30 00*93"),
        Header("Multilink Frame Relay", 182, "c001184103cc"),
    ]

    @Test(arguments: headers)
    func `the way through a link header is found`(header: Header) {
        let bytes = header.bytes + (header.isV6 ? SamplePacket.ipv6 : SamplePacket.ipv4)
        var packet = ParsedPacket()
        let outcome = bytes.withUnsafeBytes {
            PacketDecoder(linkType: header.linkType).decode($0.bytes, wireLength: bytes.count, into: &packet)
        }
        #expect(outcome == .metered)
        #expect(Int(packet.networkOffset) == header.bytes.count)
        #expect(packet.sourcePort == 4000 && packet.destinationPort == 5000)
        #expect(header.linkType.isSupported)
    }

    @Test(arguments: headers)
    func `a cut link header is not taken for IP`(header: Header) {
        for count in 0..<header.bytes.count {
            let bytes = Array(header.bytes[..<count])
            var packet = ParsedPacket()
            let outcome = bytes.withUnsafeBytes {
                PacketDecoder(linkType: header.linkType).decode($0.bytes, wireLength: 2000, into: &packet)
            }
            #expect(outcome != .metered)
        }
    }

    @Test
    func `what never carries IP is not IP, and what is not read is refused`() {
        func outcome(_ number: UInt16) -> DecodeOutcome {
            var packet = ParsedPacket()
            return SamplePacket.ipv4.withUnsafeBytes {
                PacketDecoder(linkType: LinkType(rawValue: number)).decode($0.bytes, wireLength: 28, into: &packet)
            }
        }
        for number: UInt16 in [189, 195, 231, 251, 271] {
            #expect(outcome(number) == .notIP(etherType: 0))
            #expect(LinkType(rawValue: number).isSupported)
        }
        for number: UInt16 in [160, 202, 280, 9999] {
            let fault = MalformedPacket(.unsupportedLinkType, at: 0, needed: Int(number), had: 0)
            #expect(outcome(number) == .malformed(fault))
            #expect(!LinkType(rawValue: number).isSupported)
        }
    }
}
