import ClusterModel
import FlowModel
import Foundation
import TestSupport
import Testing

@Suite struct RecordingReaderTests {
    private func recording(_ name: String) throws -> RecordingReader {
        RecordingReader(try SharedData.bytes("kubernetes/\(name).jsonl"))
    }

    @Test(.needsSharedData) func `every kind of a recorded cluster is listed in full`() throws {
        let reader = try recording("lists")
        #expect(reader.problems == [])
        #expect(reader.otherRequests == 15)
        var counts: [ObjectKind: Int] = [:]
        for case .listed(let kind, let objects, "1147", _) in reader.events { counts[kind] = objects.count }
        let expected: [ObjectKind: Int] = [
            .node: 2, .namespace: 10, .pod: 44, .service: 21, .endpointSlice: 20, .endpoints: 18, .deployment: 11,
            .replicaSet: 12,
            .statefulSet: 2, .daemonSet: 2, .job: 4, .cronJob: 2,
        ]
        #expect(counts == expected)
    }

    @Test(.needsSharedData) func `pages make one list and partial lists make none`() throws {
        let reader = try recording("paging_410")
        #expect(reader.problems == [])
        var sizes: [Int] = []
        for case .listed(.pod, let objects, _, _) in reader.events {
            sizes.append(Set(objects.map(\.id)).count)
        }
        #expect(sizes == [46, 46])
    }

    @Test(
        .needsSharedData,
        arguments: [
            "discovery", "errors", "expired_watch_restart", "graceful_shutdown", "watch_old_etcd_error",
            "watch_semantics",
            "webhook_client",
        ]
    )
    func `requests that are no whole list or watch are passed over`(name: String) throws {
        let reader = try recording(name)
        #expect(reader.problems == [])
        #expect(reader.events == [])
        #expect(reader.otherRequests > 0)
    }

    @Test(.needsSharedData) func `a list in another format is a problem with its line`() throws {
        let reader = try recording("formats")
        #expect(reader.problems.map(\.line) == [27])
        #expect(reader.events == [])
    }

    @Test(.needsSharedData) func `a recording cut anywhere gives the events before the cut`() throws {
        let whole = try SharedData.bytes("robot-shop/cluster.jsonl")
        let all = Set(RecordingReader(whole).events)
        for part in 1...12 {
            let reader = RecordingReader(Array(whole[..<(whole.count * part / 13 + part)]))
            #expect(reader.problemCount <= 1)
            let strange = reader.events.filter { !all.contains($0) }
            #expect(strange.isEmpty)
            #expect(part < 6 || !reader.events.isEmpty)
        }
    }

    @Test(.needsSharedData) func `garbage between the lines is reported and the rest is read`() throws {
        var lines = try SharedData.lines("robot-shop/cluster.jsonl")
        let clean = RecordingReader(Array(lines.joined(separator: "\n").utf8))
        for (offset, line) in ["{", "nonsense", "{\"t\":1}", "[]", "{\"t\":\"x\"}", "\u{0}"].enumerated() {
            lines.insert(line, at: offset * 200 + 7)
        }
        let reader = RecordingReader(Array(lines.joined(separator: "\r\n").utf8))
        #expect(reader.problems.map(\.line) == [8, 208, 408, 608, 808, 1008])
        #expect(reader.events == clean.events)
    }

    // MARK: Small recordings

    private func line(_ time: Double, _ id: Int, _ url: String, _ rest: String) -> String {
        "{\"t\":\(time),\"id\":\(id),\"method\":\"GET\",\"url\":\"\(url)\",\(rest)}\n"
    }

    private func escaped(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }

    private func podList(_ names: [String], version: String, next: String = "") -> String {
        let items = names.map {
            #"{"metadata":{"name":"\#($0)","namespace":"n","uid":"\#($0)","resourceVersion":"1"}}"#
        }
        return #"{"kind":"PodList","metadata":{"resourceVersion":"\#(version)","continue":"\#(next)"},"#
            + #""items":[\#(items.joined(separator: ","))]}"#
    }

    @Test func `an expired watch and the list after it make a gap`() {
        let list = "/api/v1/pods?limit=500"
        let watch = "/api/v1/pods?watch=true&resourceVersion=7"
        let event =
            #"{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"name":"b","namespace":"n","uid":"b"}}}"# + "\\n"
        let error =
            #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"# + "\\n"
        let half = escaped(event).replacing("\\\\n", with: "\\n")
        let middle = half.index(half.startIndex, offsetBy: 40)
        let text =
            line(1, 1, list, #""request":{}"#)
            + line(2, 1, list, "\"status\":200,\"chunk\":\"\(escaped(podList(["a"], version: "7")))\",\"end\":true")
            + line(3, 2, watch, #""request":{}"#)
            + line(4, 2, watch, "\"status\":200,\"chunk\":\"\(half[..<middle])\"")
            + line(5, 2, watch, "\"status\":200,\"chunk\":\"\(half[middle...])\"")
            + line(9, 2, watch, "\"status\":200,\"chunk\":\"\(escaped(error).replacing("\\\\n", with: "\\n"))\"")
            + line(9, 2, watch, #""status":200,"end":true"#)
            + line(10, 3, list, #""request":{}"#)
            + line(
                11,
                3,
                list,
                "\"status\":200,\"chunk_b64\":\"\(Data(podList(["b"], version: "9").utf8).base64EncodedString())\""
            )
            + line(12, 3, list, #""status":200,"end":true"#)
        let reader = RecordingReader(Array(text.utf8))
        #expect(reader.problems == [])
        let seconds = reader.events.map { $0.time.nanoseconds / 1_000_000_000 }
        #expect(seconds == [2, 5, 12, 12])
        #expect(
            reader.events.dropFirst(2).first
                == .gap(
                    .pod,
                    from: Timestamp(seconds: 5),
                    until: Timestamp(seconds: 12),
                    reason: "watch failed: 410 Expired"
                )
        )
    }

    @Test func `a continuation that the server offers instead of an expired one completes the list`() {
        let first = "/api/v1/pods?limit=1"
        let old = "/api/v1/pods?limit=1&continue=old"
        let new = "/api/v1/pods?limit=1&continue=a%3Db"
        let gone = #"{"kind":"Status","code":410,"metadata":{"continue":"a=b"}}"#
        let text =
            line(1, 1, first, #""request":{}"#)
            + line(
                1,
                1,
                first,
                "\"status\":200,\"chunk\":\"\(escaped(podList(["a"], version: "7", next: "old")))\",\"end\":true"
            )
            + line(2, 2, old, #""request":{}"#)
            + line(2, 2, old, "\"status\":410,\"chunk\":\"\(escaped(gone))\",\"end\":true")
            + line(3, 3, new, #""request":{}"#)
            + line(3, 3, new, "\"status\":200,\"chunk\":\"\(escaped(podList(["b"], version: "9")))\",\"end\":true")
        let reader = RecordingReader(Array(text.utf8))
        guard case .listed(.pod, let objects, "7", _) = reader.events.first else {
            Issue.record("no list: \(reader.problems)")
            return
        }
        #expect(objects.map(\.metadata.name) == ["a", "b"])
    }
}
