import NetworkAddressing
import PacketParsing
import Testing

/// Each kind of tunnel header in front of the same packet; tshark 4.0.17 finds the packet behind all of them, except
/// on Linux' port of VXLAN, which it does not know.
struct TunnelTests {
    struct Sample: CustomTestStringConvertible {
        let testDescription: String
        let kind: TunnelKind
        let identifier: UInt32
        let transport: UInt8
        let port: UInt16
        let header: [UInt8]
        let isV6: Bool

        init(
            _ name: String,
            _ kind: TunnelKind,
            _ identifier: UInt32,
            transport: UInt8,
            port: UInt16 = 0,
            _ groups: String,
            isV6: Bool = false
        ) {
            testDescription = name
            self.kind = kind
            self.identifier = identifier
            self.transport = transport
            self.port = port
            self.isV6 = isV6
            header = [UInt8](groups: groups)
        }

        var inner: [UInt8] { isV6 ? SamplePacket.ipv6 : SamplePacket.ipv4 }

        /// The whole packet; `place` is the field of flags and fragment offset.
        func packet(_ content: [UInt8], place: UInt16 = 0) -> [UInt8] {
            var payload = header + content
            if transport == 17 {
                let length = payload.count + 8
                payload =
                    [0xc3, 0x50, UInt8(port >> 8), UInt8(port & 255), UInt8(length >> 8), UInt8(length & 255), 0, 0]
                    + payload
            }
            let total = payload.count + 20
            return [0x45, 0, UInt8(total >> 8), UInt8(total & 255), 0, 1, UInt8(place >> 8), UInt8(place & 255)]
                + [64, transport, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2] + payload
        }
    }

    static let samples: [Sample] = [
        Sample("VXLAN", .vxlan, 5001, transport: 17, port: 4789, "08000000001389000200000000010200000000020800"),
        Sample(
            "VXLAN with a VLAN",
            .vxlan,
            5001,
            transport: 17,
            port: 4789,
            "08000000001389000200000000010200000000028100000586dd",
            isV6: true
        ),
        Sample(
            "VXLAN with a group policy",
            .vxlan,
            5001,
            transport: 17,
            port: 4789,
            "8800002a001389000200000000010200000000020800"
        ),
        Sample(
            "VXLAN on Linux' port",
            .vxlan,
            1,
            transport: 17,
            port: 8472,
            "08 00*5 01000200000000010200000000020800"
        ),
        Sample("VXLAN-GPE with IPv4", .vxlan, 5001, transport: 17, port: 4790, "0c00000100138900"),
        Sample("VXLAN-GPE with IPv6", .vxlan, 5001, transport: 17, port: 4790, "0c00000200138900", isV6: true),
        Sample(
            "VXLAN-GPE with Ethernet",
            .vxlan,
            5001,
            transport: 17,
            port: 4790,
            "0c000003001389000200000000010200000000020800"
        ),
        Sample("VXLAN-GPE with NSH", .vxlan, 5001, transport: 17, port: 4790, "0c000004001389000fc2020100000a01"),
        Sample("Geneve", .geneve, 10, transport: 17, port: 6081, "0000655800000a000200000000010200000000020800"),
        Sample(
            "Geneve with options",
            .geneve,
            10,
            transport: 17,
            port: 6081,
            "0240655800000a00010100010000000002000000000102000000000286dd",
            isV6: true
        ),
        Sample("Geneve with IPv4", .geneve, 10, transport: 17, port: 6081, "0000080000000a00"),
        Sample("GRE", .gre, 0, transport: 47, "00000800"),
        Sample("GRE with IPv6", .gre, 0, transport: 47, "000086dd", isV6: true),
        Sample("GRE with checksum, key and sequence", .gre, 42, transport: 47, "b00008 00*8 2a00000001"),
        Sample("GRE with routes", .gre, 0, transport: 47, "400008 00*5 080000040a00000900000000"),
        Sample("GRE with Ethernet", .gre, 0, transport: 47, "000065580200000000010200000000020800"),
        Sample("NVGRE", .gre, 1280263, transport: 47, "20006558001389070200000000010200000000020800"),
        Sample("GRE with MPLS", .gre, 0, transport: 47, "0000884700010140"),
        Sample("ERSPAN I", .gre, 0, transport: 47, "000088be0200000000010200000000020800"),
        Sample("ERSPAN II", .gre, 100, transport: 47, "100088be0000000110650064000000000200000000010200000000020800"),
        Sample("ERSPAN III", .gre, 100, transport: 47, "100022eb0000000120650064 00*8 0200000000010200000000020800"),
        Sample(
            "ERSPAN III with a subheader",
            .gre,
            100,
            transport: 47,
            "100022eb0000000120650064 00*7 01 00*8 0200000000010200000000020800"
        ),
        Sample("PPTP", .gre, 7, transport: 47, "3001880b0024000700000001ff030021"),
        Sample("PPTP with acknowledgement", .gre, 7, transport: 47, "3081880b00240007000000010000000221"),
        Sample("WCCP 1", .gre, 0, transport: 47, "0000883e"),
        Sample("WCCP 2", .gre, 0, transport: 47, "0000883e01000000"),
        Sample("Cisco MetaData in GRE", .gre, 40, transport: 47, "20008909000000280800010100010000"),
        Sample("IPv4 in IPv4", .ipip, 0, transport: 4, ""),
        Sample("IPv6 in IPv4", .ipip, 0, transport: 41, "", isV6: true),
        Sample("GTP-U", .gtpu, 7, transport: 17, port: 2152, "30ff001c00000007"),
        Sample("GTP-U with a sequence number", .gtpu, 7, transport: 17, port: 2152, "32ff00200000000700010000"),
        Sample(
            "GTP-U with extension headers",
            .gtpu,
            7,
            transport: 17,
            port: 2152,
            "34ff002800000007000000850110008501090100"
        ),
        Sample("GTP-U with IPv6", .gtpu, 7, transport: 17, port: 2152, "30ff003000000007", isV6: true),
    ]

    private static func decapsulate(
        _ bytes: [UInt8],
        kinds: TunnelKinds = .all,
        wireLength: Int? = nil
    ) -> (Decapsulation, ParsedPacket) {
        var outer = ParsedPacket()
        var inner = ParsedPacket()
        let decoder = PacketDecoder(linkType: .raw)
        let length = wireLength ?? bytes.count
        let result = bytes.withUnsafeBytes {
            _ = decoder.decode($0.bytes, wireLength: length, into: &outer)
            return decoder.decapsulate($0.bytes, outer, wireLength: length, kinds: kinds, into: &inner)
        }
        return (result, inner)
    }

    @Test(arguments: samples)
    func `the inner packet is found, and the network it belongs to`(sample: Sample) {
        let bytes = sample.packet(sample.inner)
        let (result, inner) = Self.decapsulate(bytes)
        #expect(result == .inner(kind: sample.kind, identifier: sample.identifier))
        #expect(Int(inner.networkOffset) == bytes.count - sample.inner.count)
        #expect(inner.sourcePort == 4000 && inner.destinationPort == 5000)
        #expect(Int(inner.ipBytes) == sample.inner.count)
    }

    @Test(arguments: samples)
    func `kinds that are not asked for are no tunnels`(sample: Sample) {
        let others = TunnelKinds.all.subtracting(TunnelKinds(sample.kind))
        #expect(Self.decapsulate(sample.packet(sample.inner), kinds: others).0 == .notTunnel)
    }

    @Test(arguments: samples)
    func `what is not IP, cut, or behind the end of the outer packet stays closed`(sample: Sample) {
        let whole = sample.packet(sample.inner)
        for count in 28..<whole.count - 4 {
            let result = Self.decapsulate(Array(whole[..<count]), wireLength: whole.count).0
            #expect(result == .opaque(sample.kind) || result == .notTunnel)
        }
        let wrong = sample.packet(Array(repeating: 0xf0, count: 40))
        #expect(Self.decapsulate(wrong).0 == .opaque(sample.kind))
        let trailing = sample.packet([]) + sample.inner
        #expect(Self.decapsulate(trailing).0 == .opaque(sample.kind))
    }

    @Test(arguments: samples)
    func `a fragmented tunnel counts as the outer packet in all its fragments`(sample: Sample) {
        let first = Self.decapsulate(sample.packet(sample.inner, place: 0x2000)).0
        #expect(first == .opaque(sample.kind))
        let later = Self.decapsulate(sample.packet(sample.inner, place: 0x0010)).0
        #expect(later == (sample.transport == 17 ? .notTunnel : .opaque(sample.kind)))
    }

    @Test
    func `tunnels within tunnels are opened one at a time`() {
        let vxlan = Self.samples[0]
        let gre = Sample("", .gre, 0, transport: 47, "00000800")
        let bytes = gre.packet(vxlan.packet(vxlan.inner))
        let (result, inner) = Self.decapsulate(bytes)
        #expect(result == .inner(kind: .gre, identifier: 0))
        var innermost = ParsedPacket()
        let second = bytes.withUnsafeBytes {
            PacketDecoder(linkType: .raw)
                .decapsulate($0.bytes, inner, wireLength: bytes.count, kinds: .all, into: &innermost)
        }
        #expect(second == .inner(kind: .vxlan, identifier: 5001))
        #expect(innermost.sourcePort == 4000)
    }

    @Test
    func `an inner length of 0 counts to the end of the outer packet`() {
        var inner = SamplePacket.ipv4
        inner[9] = 6
        inner[2] = 0
        inner[3] = 0
        let sample = Sample("", .gre, 0, transport: 47, "00000800")
        let (result, packet) = Self.decapsulate(sample.packet(inner + [UInt8](repeating: 0, count: 100)) + [0, 0])
        #expect(result == .inner(kind: .gre, identifier: 0))
        #expect(Int(packet.ipBytes) == inner.count + 100)
    }

    @Test
    func `what only looks like a tunnel by its port is none`() {
        let noNetwork = Sample("", .vxlan, 0, transport: 17, port: 4789, "00*8")
        let control = Sample("", .gtpu, 0, transport: 17, port: 2152, "48200008000000000000000000")
        let version = Sample("", .geneve, 0, transport: 17, port: 6081, "8000655800000a00")
        for sample in [noNetwork, control, version] {
            #expect(Self.decapsulate(sample.packet(sample.inner)).0 == .notTunnel)
        }
        let echo = Sample("", .gtpu, 0, transport: 17, port: 2152, "32010004 00000000 00010000")
        #expect(Self.decapsulate(echo.packet([])).0 == .opaque(.gtpu))
    }
}
