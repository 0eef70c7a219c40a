import FlowMetering
import FlowModel
import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

struct CommunityIDFrameTests {
    private struct Frame: Decodable {
        let pcap: String
        let frame: Int
        let id: String?
    }

    @Test(.needsSharedData)
    func `every frame of the specification's captures has the ID that tshark gives it`() throws {
        let frames = try SharedData.lines("community-id/09-spec-pcaps-per-frame.jsonl").map {
            try JSONDecoder().decode(Frame.self, from: Data($0.utf8))
        }
        var compared = 0
        for (pcap, frames) in Dictionary(grouping: frames, by: \.pcap) where !pcap.hasSuffix(".gz") {
            let ids = try Self.ids(of: SharedData.bytes(pcap))
            #expect(ids.count == frames.count, "\(pcap)")
            for frame in frames {
                #expect(ids[frame.frame - 1] == frame.id, "\(pcap) frame \(frame.frame)")
                compared += 1
            }
        }
        #expect(compared > 50)
    }

    @Test(.needsSharedData)
    func `every frame of the combined capture has the ID that tshark gives it`() throws {
        // One line a frame, empty where it has none; `lines` leaves those out.
        let text = String(decoding: try SharedData.bytes("community-id/10-combined-per-frame.txt"), as: UTF8.self)
        let expected = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        let ids = try Self.ids(of: SharedData.bytes("pcap/community-id-spec/combined.pcap"))
        #expect(ids.map { $0 ?? "" } == expected)
        #expect(expected.count { !$0.isEmpty } > 50)
    }

    private static func ids(of bytes: [UInt8]) throws -> [String?] {
        try bytes.withUnsafeBytes { bytes in
            var ids: [String?] = []
            var reader = try CaptureFileReader(bytes)
            while let captured = reader.next() {
                var packet = ParsedPacket()
                let outcome = PacketDecoder(linkType: captured.linkType)
                    .decode(captured.bytes.bytes, wireLength: captured.originalLength, into: &packet)
                ids.append(
                    outcome == .metered
                        ? CommunityID.text(
                            transport: TransportProtocol(rawValue: packet.transport),
                            source: packet.source,
                            destination: packet.destination
                        ) : nil
                )
            }
            return ids
        }
    }
}
