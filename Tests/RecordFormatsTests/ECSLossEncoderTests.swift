import FlowModel
import Foundation
import RecordFormats
import Testing

struct ECSLossEncoderTests {
    @Test func `a loss says where, when, why and how many`() throws {
        let loss = LossRecord(
            from: Timestamp(nanoseconds: 1_000_000_000),
            to: Timestamp(nanoseconds: 11_000_000_000),
            reason: .ringFull,
            count: 42
        )
        let bytes = ECSLossEncoder.document(loss, at: ObservationPoint(name: "eth0 \"quoted\""))
        // Read by a reader that is not ours.
        let document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let event = try #require(document["event"] as? [String: Any])
        let observer = try #require(document["observer"] as? [String: Any])
        let podsight = try #require(document["podsight"] as? [String: [String: Any]])
        #expect(document["@timestamp"] as? String == "1970-01-01T00:00:11.000000000Z")
        #expect(event["action"] as? String == "packets_lost" && event["dataset"] as? String == "podsight.loss")
        #expect(event["start"] as? String == "1970-01-01T00:00:01.000000000Z")
        #expect(observer["name"] as? String == "eth0 \"quoted\"")
        #expect(podsight["loss"]?["reason"] as? String == "ring_full" && podsight["loss"]?["count"] as? Int == 42)
    }

    @Test func `a loss of the exporter has no place`() throws {
        let time = Timestamp(nanoseconds: 0)
        let loss = LossRecord(from: time, to: time, reason: .exportDropped, count: 1)
        let text = String(decoding: ECSLossEncoder.document(loss, at: nil), as: UTF8.self)
        #expect(!text.contains("\"name\"") && text.contains("export_dropped"))
    }
}
