import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

private func decode(
    _ bytes: [UInt8],
    _ linkType: LinkType = .ethernet,
    wireLength: Int? = nil
) -> (DecodeOutcome, ParsedPacket) {
    var packet = ParsedPacket()
    let outcome = bytes.withUnsafeBytes {
        PacketDecoder(linkType: linkType)
            .decode($0.bytes, wireLength: wireLength ?? bytes.count, into: &packet)
    }
    return (outcome, packet)
}

private let macs: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]

/// 10.0.0.1:40000 → 10.0.0.2:80, SYN, sequence number 0x01020304.
private let ipv4TCP: [UInt8] = [
    0x45, 0x00, 0x00, 0x28,  // version 4, header of 20 bytes; total length 40
    0x12, 0x34, 0x40, 0x00,  // identification; don't fragment
    0x40, 0x06, 0x00, 0x00,  // time to live; TCP; checksum
    0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02,  // addresses
    0x9c, 0x40, 0x00, 0x50,  // ports
    0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00,  // sequence, acknowledgement
    0x50, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  // header of 20 bytes; SYN
]

/// A fixed IPv6 header from 2001:db8::1 to 2001:db8::2.
private func ipv6(next: UInt8, payload: Int) -> [UInt8] {
    let prefix: [UInt8] = [0x20, 0x01, 0x0d, 0xb8] + Array(repeating: 0, count: 11)
    return [0x60, 0, 0, 0, UInt8(payload >> 8), UInt8(payload & 255), next, 64] + prefix + [1] + prefix + [2]
}

private let udp: [UInt8] = [0x30, 0x39, 0x00, 0x35, 0x00, 0x08, 0x00, 0x00]

private func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    Array((0..<count).map { _ in bytes }.joined())
}

struct PacketDecoderLinkTests {
    @Test(arguments: [
        (LinkType.ethernet, macs + [0x08, 0x00]),
        (.ethernet, macs + [0x81, 0x00, 0x00, 0x0a, 0x08, 0x00]),
        (.ethernet, macs + [0x88, 0xa8, 0, 1, 0x81, 0x00, 0, 2, 0x91, 0x00, 0, 3, 0x81, 0, 0, 4, 0x08, 0x00]),
        (.ethernet, macs + [0x88, 0x47, 0, 1, 0, 64, 0, 1, 1, 64]),
        (.ethernet, macs + [0x88, 0x64, 0x11, 0x00, 0, 1, 0, 42, 0x00, 0x21]),
        (.ethernet, macs + [0x81, 0x00, 0, 7, 0x88, 0x64, 0x11, 0x00, 0, 1, 0, 42, 0x00, 0x21]),
        (.ethernet, macs + [0x00, 0x30, 0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00, 0x08, 0x00]),
        (.linuxCooked, [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00]),
        (.linuxCooked, [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0x00, 0, 5, 0x08, 0x00]),
        (.linuxCooked2, [0x08, 0x00, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]),
        (.raw, []), (.ipv4, []), (LinkType(rawValue: 12), []), (LinkType(rawValue: 14), []),
        (.null, [2, 0, 0, 0]), (.null, [0, 0, 0, 2]), (.loop, [0, 0, 0, 2]),
        (.ppp, [0xff, 0x03, 0x00, 0x21]), (.ppp, [0x21]), (.ciscoHDLC, [0x0f, 0x00, 0x08, 0x00]),
    ])
    func `finds IPv4 behind every link header`(linkType: LinkType, header: [UInt8]) {
        let (outcome, packet) = decode(header + ipv4TCP, linkType, wireLength: 1500)
        #expect(outcome == .metered)
        #expect(packet.source == Endpoint(IPAddress(v4: 0x0a00_0001), port: 40000))
        #expect(packet.destination == Endpoint(IPAddress(v4: 0x0a00_0002), port: 80))
        #expect(packet.transport == 6 && packet.tcpFlags == 2 && packet.tcpSequence == 0x0102_0304)
        #expect(packet.ipBytes == 40)
        #expect(Int(packet.networkOffset) == header.count && Int(packet.transportOffset) == header.count + 20)
    }

    @Test(arguments: [
        (LinkType.ethernet, macs + [0x86, 0xdd]), (.ethernet, macs + [0x88, 0x48, 0, 1, 1, 64]),
        (.ethernet, macs + [0x88, 0x64, 0x11, 0x00, 0, 1, 0, 42, 0x00, 0x57]), (.raw, []), (.ipv6, []),
        (.null, [30, 0, 0, 0]), (.null, [24, 0, 0, 0]), (.loop, [0, 0, 0, 28]), (.null, [10, 0, 0, 0]),
    ])
    func `finds IPv6 behind link headers`(linkType: LinkType, header: [UInt8]) {
        let (outcome, packet) = decode(header + ipv6(next: 17, payload: 8) + udp, linkType)
        #expect(outcome == .metered)
        #expect("\(packet.source) \(packet.destination)" == "[2001:db8::1]:12345 [2001:db8::2]:53")
        #expect(packet.ipBytes == 48)
    }

    @Test(arguments: [
        (LinkType.ethernet, macs + [0x08, 0x06], UInt16(0x0806)),
        (.ethernet, macs + [0x00, 0x26, 0x42, 0x42, 0x03], 0x26),
        (.ethernet, macs + [0x81, 0x00, 0, 1, 0x08, 0x06], 0x0806),
        (.ethernet, macs + [0x88, 0x47, 0, 1, 1, 64, 0x00], 0x8847),
        (.null, [7, 0, 0, 0], 7), (.ppp, [0xc0, 0x21], 0xc021),
    ])
    func `names what is not IP`(linkType: LinkType, bytes: [UInt8], etherType: UInt16) {
        #expect(decode(bytes, linkType).0 == .notIP(etherType: etherType))
    }

    @Test
    func `bounds the walk over tags and labels`() {
        let tags = repeated([0x81, 0x00, 0, 1], 200)
        let labels = repeated([0, 1, 0, 64], 200)
        for bytes in [macs + tags, macs + [0x88, 0x47] + labels] {
            guard case .malformed(let fault) = decode(bytes).0 else {
                Issue.record("accepted")
                continue
            }
            #expect(fault.reason == .tooManyLinkHeaders)
        }
    }
}

struct PacketDecoderNetworkTests {
    private let ethernet = macs + [0x08, 0x00]
    private let ethernetV6 = macs + [0x86, 0xdd]

    @Test
    func `reads the transport behind IPv4 options`() {
        var header = Array(ipv4TCP.prefix(20))
        header[0] = 0x47
        header[3] = 48
        let packet = decode(ethernet + header + Array(repeating: 1, count: 8) + ipv4TCP.dropFirst(20)).1
        #expect(packet.sourcePort == 40000 && packet.ipBytes == 48 && packet.transportOffset == 42)
    }

    @Test
    func `skips IPv6 extension headers and stops at AH`() {
        let extensions: [UInt8] =
            [43, 0, 1, 4, 0, 0, 0, 0] + [60, 1] + Array(repeating: 0, count: 14) + [17, 0, 1, 4, 0, 0, 0, 0]
        let bytes = ethernetV6 + ipv6(next: 0, payload: extensions.count + 8) + extensions + udp
        let (outcome, packet) = decode(bytes)
        #expect(outcome == .metered)
        #expect(packet.transport == 17 && packet.destinationPort == 53)
        #expect(Int(packet.ipBytes) == 40 + extensions.count + 8)
        let authenticated = decode(ethernetV6 + ipv6(next: 51, payload: 8) + udp).1
        #expect(authenticated.transport == 51 && authenticated.destinationPort == 0)
    }

    @Test
    func `tells first fragments from later ones`() {
        var first = ethernet + ipv4TCP
        first[14 + 6] = 0x20
        let (_, packet) = decode(first)
        #expect(packet.fragment == .first && packet.fragmentID == 0x1234 && packet.sourcePort == 40000)
        var later = first
        later[14 + 7] = 0x05
        let (outcome, rest) = decode(later)
        #expect(outcome == .metered)
        #expect(rest.fragment == .later && rest.sourcePort == 0 && rest.tcpFlags == 0)
        // An IPv6 "atomic" fragment is whole (RFC 6946).
        for (place, fragment) in [(UInt8(0), ParsedPacket.Fragment.whole), (1, .first), (8, .later)] {
            let header: [UInt8] = [17, 0, 0, place, 0, 0, 0, 9]
            let packet = decode(ethernetV6 + ipv6(next: 44, payload: 16) + header + udp).1
            #expect(packet.fragment == fragment && packet.transport == 17)
            #expect(packet.fragmentID == (fragment == .whole ? 0 : 9))
        }
    }

    @Test
    func `declared lengths count where the capture cut the packet, and length 0 counts as the wire's`() {
        var bytes = ethernet + ipv4TCP
        bytes[14 + 2] = 0x05
        bytes[14 + 3] = 0xdc
        #expect(decode(bytes, wireLength: 1514).1.ipBytes == 1500)
        bytes[14 + 2] = 0
        bytes[14 + 3] = 0
        #expect(decode(bytes, wireLength: 80_014).1.ipBytes == 80_000)
        let big = ethernetV6 + ipv6(next: 6, payload: 0) + ipv4TCP.dropFirst(20)
        let (outcome, packet) = decode(big, wireLength: 80_094)
        #expect(outcome == .metered)
        #expect(packet.ipBytes == 80_080 && packet.destinationPort == 80)
        // Nothing follows, whatever the link padded the frame with.
        let empty = ethernetV6 + ipv6(next: 59, payload: 0) + [0, 0, 0, 0, 0, 0]
        #expect(decode(empty).1.ipBytes == 40)
    }

    @Test
    func `padding is not taken for ports`() {
        var bytes = ethernet + Array(ipv4TCP.prefix(20)) + Array(repeating: 0xaa, count: 26)
        bytes[14 + 3] = 22
        let fault = MalformedFault(decode(bytes).0)
        #expect(fault.reason == .shortTransportHeader)
        #expect(fault.text == "short_transport_header: transport at byte 34 needs 4 bytes and has 2")
    }

    @Test(arguments: [
        (MalformedReason.truncatedIPv4Header, 14, 20, 19, Array(ipv4TCP.prefix(19))),
        (.badIPVersion, 14, 20, 40, [0x55] + Array(ipv4TCP.dropFirst())),
        (.badIPv4HeaderLength, 14, 20, 16, [0x44] + Array(ipv4TCP.dropFirst())),
        (.badIPv4TotalLength, 14, 20, 19, Array(ipv4TCP.prefix(3)) + [19] + Array(ipv4TCP.dropFirst(4))),
        (.truncatedTransportHeader, 34, 4, 3, Array(ipv4TCP.prefix(23))),
    ])
    func `says what is wrong with IPv4, and where`(
        reason: MalformedReason,
        offset: UInt16,
        needed: UInt16,
        had: UInt16,
        bytes: [UInt8]
    ) {
        let fault = MalformedFault(decode(ethernet + bytes).0)
        #expect(fault.reason == reason)
        #expect(fault.offset == offset && fault.needed == needed && fault.had == had)
    }

    @Test
    func `says what is wrong with IPv6`() {
        let cut = Array(ipv6(next: 17, payload: 8).prefix(39))
        #expect(MalformedFault(decode(ethernetV6 + cut).0).reason == .truncatedIPv6Header)
        let extensionCut = ipv6(next: 0, payload: 8) + [17, 0, 0, 0]
        #expect(MalformedFault(decode(ethernetV6 + extensionCut).0).reason == .truncatedIPv6Extension)
        let many = repeated([60, 0, 0, 0, 0, 0, 0, 0], 100)
        let endless = ipv6(next: 60, payload: 800) + many
        #expect(MalformedFault(decode(ethernetV6 + endless).0).reason == .tooManyIPv6Extensions)
        #expect(MalformedFault(decode([], LinkType(rawValue: 160)).0).reason == .unsupportedLinkType)
    }

    @Test
    func `a transport header that is cut behind the ports still has its ports`() {
        let (outcome, packet) = decode(ethernet + ipv4TCP.prefix(24), wireLength: 54)
        #expect(outcome == .metered)
        #expect(packet.sourcePort == 40000 && packet.tcpFlags == 0 && packet.ipBytes == 40)
    }

    @Test
    func `reasons have distinct names`() {
        #expect(Set(MalformedReason.allCases.map(\.name)).count == MalformedReason.allCases.count)
        #expect(MalformedReason.allCases.allSatisfy { !$0.layer.isEmpty })
    }
}

/// The fault of an outcome that has one, in plain fields.
private struct MalformedFault {
    var reason: MalformedReason?
    var offset: UInt16 = 0
    var needed: UInt16 = 0
    var had: UInt16 = 0
    var text = ""

    init(_ outcome: DecodeOutcome) {
        guard case .malformed(let fault) = outcome else { return }
        reason = fault.reason
        offset = fault.offset
        needed = fault.needed
        had = fault.had
        text = "\(fault)"
    }
}
