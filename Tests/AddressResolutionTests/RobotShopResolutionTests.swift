import AddressResolution
import ClusterHistory
import ClusterModel
import FlowModel
import JSONText
import NetworkAddressing
import TestSupport
import Testing

/// The recorded robot-shop run, asked for every address of the truth at its time.
@Suite(.needsSharedData) struct RobotShopResolutionTests {
    private let resolver: AddressResolver

    init() throws {
        let events = RecordingReader(try SharedData.bytes("robot-shop/cluster.jsonl")).events
        resolver = AddressResolver(recording: ClusterHistory(events), clock: Timestamp(nanoseconds: 0))
    }

    private func answers(_ lines: [String], _ fields: QuestionFields) throws -> [JSONValue] {
        var stream = AnswerStream(resolver, format: .jsonl, fields: fields)
        var output: [UInt8] = []
        stream.read(Array(lines.joined(separator: "\n").utf8)[...], into: &output)
        stream.finish(into: &output)
        #expect(stream.bad == 0)
        return try output.split(separator: 10).map { try JSONValue.parse($0) }
    }

    @Test func `every caller of the truth is the pod that called, by name and UID`() throws {
        let lines = try SharedData.lines("robot-shop/traffic_truth.jsonl").filter {
            let call = try JSONValue.parse($0)
            return call["src_pod"]?.text != nil && call["src_ip"]?.text != nil
        }
        let found = try answers(lines, QuestionFields(address: "src_ip", port: nil, time: "t"))
        #expect(found.count == lines.count && lines.count > 700)
        for (line, answer) in zip(lines, found) {
            let call = try JSONValue.parse(line)
            #expect(answer["identity"]?["uid"] == call["src_uid"], "\(line)")
            #expect(answer["identity"]?["name"] == call["src_pod"], "\(line)")
            #expect(["certain", "uncertain"].contains(answer["certainty"]?.text), "\(line)")
        }
    }
}
