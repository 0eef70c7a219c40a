import ClusterModel
import JSONText
import TestSupport
import Testing

@Suite struct WatchLineDecoderTests {
    private func body() throws -> [UInt8] {
        var body: [UInt8] = []
        for line in try SharedData.lines("robot-shop/cluster.jsonl") {
            let json = try JSONValue.parse(line)
            let url = json["url"]?.text ?? ""
            guard url.hasPrefix("/api/v1/pods?"), url.contains("watch=true") else { continue }
            body += Array((json["chunk"]?.text ?? "").utf8)
        }
        return body
    }

    @Test(.needsSharedData) func `events do not depend on how the body is cut into chunks`() throws {
        let body = try body()
        var decoder = WatchLineDecoder(kind: .pod)
        let whole = decoder.feed(body)
        #expect(whole.count > 100)
        #expect(decoder.pendingBytes == 0)
        #expect(!whole.contains { if case .undecodable = $0 { true } else { false } })
        #expect(whole.contains { if case .bookmark = $0 { true } else { false } })
        var random = SeededRandom(seed: 3)
        for _ in 0..<3 {
            var decoder = WatchLineDecoder(kind: .pod)
            var events: [WatchEvent] = []
            var rest = body[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(Int.random(in: 1...9000, using: &random))
                events += decoder.feed(chunk)
                rest = rest.dropFirst(chunk.count)
            }
            #expect(events == whole)
        }
    }

    @Test func `errors, bookmarks and garbage are told apart`() {
        let lines = [
            #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"old"}}"#,
            #"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"7"}}}"#,
            #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"8","annotations":{"k8s.io/initial-events-end":"true"}}}}"#,
            #"{"type":"DELETED","object":{"kind":"Pod","metadata":{"name":"p"}}}"#,
            #"{"type":"ADDED","object":{"kind":"Table"}}"#, "garbage",
            #"{"type":"WHAT","object":{"metadata":{"name":"p"}}}"#,
            #"{"type":"ADDED","object":{"metadata":{"name":""}}}"#, "",
        ]
        var decoder = WatchLineDecoder(kind: .pod)
        let events = decoder.feed(Array(lines.joined(separator: "\n").utf8))
        #expect(
            events == [
                .failure(code: 410, reason: "Expired", message: "old"),
                .bookmark(resourceVersion: "7", endsInitial: false),
                .bookmark(resourceVersion: "8", endsInitial: true),
                .deleted(.pod(Pod(metadata: ObjectMetadata(name: "p")))),
                .undecodable("the object is a Table, not a Pod"),
                .undecodable("JSON: expected a value at byte 0"),
                .undecodable("an event of type WHAT"),
                .undecodable("the object has no name"),
            ]
        )
    }

    @Test func `a line without end is given up at the limit and the next is read`() {
        var decoder = WatchLineDecoder(kind: .pod)
        let block = [UInt8](repeating: 0x20, count: 1 << 20)
        for _ in 0..<40 {
            #expect(decoder.feed(block) == [])
            #expect(decoder.pendingBytes <= WatchLineDecoder.maximumLine)
        }
        let rest = decoder.feed(Array("\n{\"type\":\"ERROR\",\"object\":{\"code\":1}}\n".utf8))
        #expect(rest.last == .failure(code: 1, reason: "", message: ""))
        #expect(rest.count == 2)
    }
}
