import ClusterModel
import FlowModel
import JSONText
import TestSupport
import Testing

@testable import KubernetesAPI

/// A watch that breaks at any byte.
struct WatchCutTests {
    /// The first lines of the recorded watch of endpoint slices, with the version each leads to.
    private static func lines() throws -> [(bytes: [UInt8], version: String)] {
        var body: [UInt8] = []
        for line in try SharedData.lines("robot-shop/cluster.jsonl") {
            let row = try JSONValue.parse(Array(line.utf8))
            guard let url = row["url"]?.text, url.contains("endpointslices"), url.contains("watch=true") else {
                continue
            }
            body += Array((row["chunk"]?.text ?? "").utf8)
            if body.count > 6000 { break }
        }
        return try body.split(separator: UInt8(ascii: "\n")).dropLast().map { line in
            let version = try JSONValue.parse(line)["object"]?["metadata"]?["resourceVersion"]?.text ?? ""
            return (Array(line) + [UInt8(ascii: "\n")], version)
        }
    }

    /// What is delivered when the stream of the first watch breaks after so many bytes and the next one is whole.
    private static func delivered(_ lines: [(bytes: [UInt8], version: String)], breakingAt cut: Int) throws
        -> [ClusterEvent]
    {
        let now = Timestamp(nanoseconds: 1)
        var session = WatchSession(kind: .endpointSlice)
        var list = Array(#"{"kind":"EndpointSliceList","metadata":{"resourceVersion":"1"},"items":[]}"#.utf8)[...]
        _ = session.start()
        var actions = session.received(page: try ListPage(kind: .endpointSlice, body: list), at: now)
        list = []
        var events: [ClusterEvent] = []
        for limit in [cut, Int.max] {
            guard case .ask(.watch(let version))? = actions.last else {
                Issue.record("no watch follows at \(cut)")
                break
            }
            let first = lines.firstIndex { $0.version == version }.map { $0 + 1 } ?? 0
            let stream = lines[first...].flatMap(\.bytes)
            session.opened()
            var decoder = WatchLineDecoder(kind: .endpointSlice)
            for action in session.received(lines: decoder.feed(stream.prefix(limit)), at: now) {
                if case .deliver(let some) = action { events += some }
            }
            actions = session.ended(.broken("cut"), at: now)
        }
        #expect(session.undecodable == 0 && session.gaps == 0)
        return events
    }

    @Test(.needsSharedData) func `a stream that is cut at any byte loses nothing and repeats nothing`() throws {
        let lines = try Self.lines()
        let size = lines.reduce(0) { $0 + $1.bytes.count }
        let whole = try Self.delivered(lines, breakingAt: size)
        #expect(lines.count >= 2 && whole.count == lines.count)
        for cut in 0..<size {
            let events = try Self.delivered(lines, breakingAt: cut)
            guard events != whole else { continue }
            Issue.record("cut at \(cut): \(events.count) of \(whole.count) events")
            return
        }
    }
}
