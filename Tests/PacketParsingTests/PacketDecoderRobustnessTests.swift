import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

struct PacketDecoderRobustnessTests {
    private static let linkTypes: [UInt16] = [0, 1, 9, 12, 14, 101, 104, 108, 113, 228, 229, 276, 195, 65535]

    /// Decodes and checks what holds for any bytes whatever.
    private static func check(_ bytes: UnsafeRawBufferPointer, _ linkType: LinkType, _ wireLength: Int) {
        var packet = ParsedPacket()
        let decoder = PacketDecoder(linkType: linkType)
        switch decoder.decode(bytes.bytes, wireLength: wireLength, into: &packet) {
        case .metered:
            #expect(packet.networkOffset <= packet.transportOffset)
            #expect(Int(packet.networkOffset) + 20 <= bytes.count)
            #expect(packet.ipBytes <= UInt32(Int32.max))
            #expect(packet.fragment != .later || (packet.sourcePort == 0 && packet.destinationPort == 0))
        case .notIP:
            break
        case .malformed(let fault):
            #expect(fault.reason != .fragmentWithoutFirst)
            #expect(!fault.description.isEmpty)
        }
    }

    @Test(arguments: linkTypes)
    func `random bytes do no harm`(number: UInt16) {
        var random = SystemRandomNumberGenerator()
        let lengths = [0, 1, 4, 13, 14, 20, 34, 54, 64, 100, 1500]
        for _ in 0..<3000 {
            let count = lengths.randomElement(using: &random) ?? 0
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Half of them look like the beginning of something.
            if Bool.random(using: &random), count > 14 {
                let starts: [[UInt8]] = [
                    [8, 0, 0x45], [0x86, 0xdd, 0x60], [0x81, 0], [0x88, 0x47], [0x88, 0x64], [8, 0, 0x4f],
                ]
                let start = starts.randomElement(using: &random) ?? []
                for (offset, byte) in start.enumerated() where 12 + offset < count {
                    bytes[12 + offset] = byte
                }
            }
            let wire = [count, 0, -1, Int.max, .min, 70_000].randomElement(using: &random) ?? 0
            bytes.withUnsafeBytes { Self.check($0, LinkType(rawValue: number), wire) }
        }
    }

    @Test(.needsSharedData, arguments: ["tcpdump", "zeek", "ndpi"])
    func `every truncation and many corruptions of real packets do no harm`(source: String) throws {
        let folder = SharedData.folder.appending(path: "pcap/\(source)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(!files.isEmpty)
        var random = SystemRandomNumberGenerator()
        // Every seventh file and its first packets: enough variety in little time.
        for file in files.enumerated().filter({ $0.offset % 7 == 0 }).map(\.element) {
            let capture = try SharedData.bytes("pcap/\(source)/\(file)")
            capture.withUnsafeBytes { capture in
                guard var reader = try? CaptureFileReader(capture) else { return }
                for _ in 0..<8 {
                    guard let packet = reader.next() else { return }
                    for count in 0...min(packet.bytes.count, 200) {
                        let part = UnsafeRawBufferPointer(rebasing: packet.bytes.prefix(count))
                        Self.check(part, packet.linkType, packet.originalLength)
                    }
                    var bytes = Array(packet.bytes.prefix(200))
                    for _ in 0..<50 where !bytes.isEmpty {
                        let position = Int.random(in: 0..<bytes.count, using: &random)
                        bytes[position] = UInt8.random(in: 0...255, using: &random)
                        bytes.withUnsafeBytes { Self.check($0, packet.linkType, packet.originalLength) }
                    }
                }
            }
        }
    }
}
