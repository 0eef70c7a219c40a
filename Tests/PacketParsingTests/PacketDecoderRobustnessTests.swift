import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

/// No bytes make the decoder trap, hang or read outside of them, on any link type and in any tunnel.
struct PacketDecoderRobustnessTests {
    /// Decodes, takes all tunnels off, and tells whether what holds for any bytes whatever holds.
    private static func isSound(_ bytes: UnsafeRawBufferPointer, _ linkType: LinkType, _ wireLength: Int) -> Bool {
        var packet = ParsedPacket()
        let decoder = PacketDecoder(linkType: linkType)
        switch decoder.decode(bytes.bytes, wireLength: wireLength, into: &packet) {
        case .metered: break
        case .notIP: return true
        case .malformed(let fault): return fault.reason != .fragmentWithoutFirst && !fault.description.isEmpty
        }
        // A tunnel header of no length would be one without an end.
        for _ in 0..<bytes.count {
            guard isSound(packet, bytes) else { return false }
            var inner = ParsedPacket()
            let result = decoder.decapsulate(
                bytes.bytes,
                packet,
                wireLength: wireLength,
                kinds: .all,
                into: &inner
            )
            guard case .inner = result else { return true }
            guard inner.networkOffset >= packet.transportOffset else { return false }
            packet = inner
        }
        return false
    }

    private static func isSound(_ packet: ParsedPacket, _ bytes: UnsafeRawBufferPointer) -> Bool {
        packet.networkOffset <= packet.transportOffset
            && Int(packet.networkOffset) + 20 <= bytes.count
            && packet.ipBytes <= UInt32(Int32.max)
            && (packet.fragment != .later || (packet.sourcePort == 0 && packet.destinationPort == 0))
    }

    @Test
    func `random bytes do no harm on any link type`() {
        var random = CaptureRandom(state: 11)
        let lengths = [0, 1, 4, 13, 14, 20, 34, 54, 64, 100, 300]
        for number in Array(0...310) + [UInt16.max] {
            var faults = 0
            for _ in 0..<300 {
                let count = lengths.randomElement(using: &random) ?? 0
                var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                // Half of them look like the beginning of something.
                if Bool.random(using: &random), count > 14 {
                    let starts: [[UInt8]] = [
                        [8, 0, 0x45], [0x86, 0xdd, 0x60], [0x81, 0], [0x88, 0x47], [0x88, 0x64], [8, 0, 0x4f],
                        [0x88, 0xe7], [0x89, 0x4f], [0x65, 0x58], [0x22, 0xf3], [0xd2, 0x8b], [0, 40, 0xaa, 0xaa, 3],
                    ]
                    let start = starts.randomElement(using: &random) ?? []
                    for (offset, byte) in start.enumerated() where 12 + offset < count {
                        bytes[12 + offset] = byte
                    }
                }
                let wire = [count, 0, -1, Int.max, .min, 70_000].randomElement(using: &random) ?? 0
                let linkType = LinkType(rawValue: number)
                faults += bytes.withUnsafeBytes { Self.isSound($0, linkType, wire) } ? 0 : 1
            }
            #expect(faults == 0, "link type \(number)")
        }
    }

    @Test
    func `random bytes do no harm in any tunnel`() {
        var random = CaptureRandom(state: 12)
        let tunnels: [(transport: UInt8, port: UInt16)] = [
            (4, 0), (41, 0), (47, 0), (17, 4789), (17, 4790), (17, 8472), (17, 6081), (17, 2152),
        ]
        for (transport, port) in tunnels {
            var faults = 0
            for _ in 0..<4000 {
                let count = Int.random(in: 0..<120, using: &random)
                var bytes: [UInt8] = [0x45, 0, 0, UInt8(count + 28), 0, 0, 0, 0, 64, transport, 0, 0]
                bytes += [10, 0, 0, 1, 10, 0, 0, 2]
                if transport == 17 { bytes += [0x80, 0, UInt8(port >> 8), UInt8(port & 255), 0, 0, 0, 0] }
                // Few bits set, so that many flags and versions are valid ones.
                bytes += (0..<count).map { _ in
                    UInt8.random(in: 0...255, using: &random) & UInt8.random(in: 0...255, using: &random)
                }
                faults += bytes.withUnsafeBytes { Self.isSound($0, .raw, $0.count) } ? 0 : 1
            }
            #expect(faults == 0, "protocol \(transport), port \(port)")
        }
    }

    @Test(
        .needsSharedData,
        arguments: ["arkime", "community-id-spec", "gopacket", "ndpi", "skydive", "tcpdump", "zeek"]
    )
    func `every truncation and many corruptions of real packets do no harm`(source: String) throws {
        let folder = SharedData.folder.appending(path: "pcap/\(source)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(!files.isEmpty)
        var random = CaptureRandom(state: 13)
        let before = try Self.residentPages()
        for file in files {
            let capture = try SharedData.bytes("pcap/\(source)/\(file)")
            let faults = capture.withUnsafeBytes { Self.faults(in: $0, using: &random) }
            #expect(faults == 0, "\(file)")
        }
        // 256 MB, which leaves room for what other tests do at the same time.
        #expect(try Self.residentPages() - before < 65_536)
    }

    private static func residentPages() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return Int(fields[1]) ?? 0
    }

    /// Maims a few packets from all over a capture.
    private static func faults(in capture: UnsafeRawBufferPointer, using random: inout CaptureRandom) -> Int {
        guard var counting = try? CaptureFileReader(capture), var reader = try? CaptureFileReader(capture) else {
            return 0
        }
        var total = 0
        while counting.next() != nil { total += 1 }
        let stride = max(1, total / 4)
        var faults = 0
        var number = 0
        while let packet = reader.next() {
            defer { number += 1 }
            guard number % stride == 0 else { continue }
            for count in 0...min(packet.bytes.count, 160) {
                let part = UnsafeRawBufferPointer(rebasing: packet.bytes.prefix(count))
                faults += isSound(part, packet.linkType, packet.originalLength) ? 0 : 1
            }
            var bytes = Array(packet.bytes.prefix(200))
            for _ in 0..<60 where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                faults += bytes.withUnsafeBytes { isSound($0, packet.linkType, packet.originalLength) } ? 0 : 1
            }
        }
        return faults
    }
}
