import ClusterModel
import FlowModel
import Foundation
import JSONText
import TestSupport
import Testing

@testable import KubernetesAPI

/// What a real API server sent, chunk by chunk, served again.
struct RecordedTrafficTests {
    /// One recorded exchange.
    private struct Exchange {
        var url = ""
        var status = 0
        var headers: [(String, String)] = []
        var chunks: [String] = []

        var path: String { String(url.prefix { $0 != "?" }) }
    }

    private static func exchanges(_ file: String) throws -> [Exchange] {
        var exchanges: [Int64: Exchange] = [:]
        for text in try SharedData.lines(file) {
            let line = try JSONValue.parse(text)
            guard let id = line["id"]?.int else { continue }
            exchanges[id, default: Exchange()].url = line["url"]?.text ?? ""
            if let status = line["status"]?.int { exchanges[id]?.status = Int(status) }
            if let headers = line["headers"] {
                exchanges[id]?.headers = headers.fields.compactMap { key, value in value.text.map { (key, $0) } }
            }
            if let chunk = line["chunk"]?.text { exchanges[id]?.chunks.append(chunk) }
        }
        return exchanges.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func objects(_ events: [ClusterEvent], _ kind: ObjectKind) -> [[ClusterObject]] {
        var isListed = false
        return events.filter { $0.kind == kind }.compactMap { event in
            switch event {
            case .listed(_, let objects, _, _):
                // The recorder listed pods a second time at the end, beside the watch.
                defer { isListed = true }
                return isListed ? nil : objects
            case .changed(let object, _), .deleted(let object, _): return [object]
            case .gap: return nil
            }
        }
    }

    @Test(.needsSharedData) func `a watcher of the recorded server learns what the recording tells`() async throws {
        let exchanges = try Self.exchanges("robot-shop/cluster.jsonl")
        var lists: [String: [String]] = [:]
        var watches: [String: [Exchange]] = [:]
        for exchange in exchanges where exchange.status == 200 {
            if exchange.url.contains("watch=true") {
                watches[exchange.path, default: []].append(exchange)
            } else if exchange.url.contains("limit=500") {
                lists[exchange.path] = exchange.chunks
            }
        }
        let server = try await ScriptedServer { [lists, watches] request, index in
            guard request.isWatch else { return .init(chunks: lists[request.path] ?? []) }
            // The list came first; the server ended some watches, which were then resumed.
            let all = watches[request.path] ?? []
            guard index <= all.count else { return .init(end: .open) }
            return .init(chunks: all[index - 1].chunks, end: index < all.count ? .complete : .open)
        }
        let recorded = try ClusterFile.load(SharedData.folder.appending(path: "robot-shop/cluster.jsonl").path)
        let config = KubeConfig(
            source: .files([]),
            context: "recorded",
            namespace: "default",
            server: "http://127.0.0.1:\(server.port)",
            serverName: nil,
            trust: .system,
            clientCertificate: nil,
            token: .none
        )
        let collector = EventCollector()
        let watcher = ClusterWatcher(config) { collector.take($0) }
        // Eleven lists, and what the other count found: 456 additions and changes, 79 deletions.
        await collector.run(watcher) { collector.all.count >= 11 + 456 + 79 }
        for kind in ObjectKind.followed {
            let isSame = Self.objects(collector.all, kind) == Self.objects(recorded.events, kind)
            #expect(isSame, "\(kind)")
        }
        #expect(watcher.status.errors == 0)
        #expect(watcher.status.undecodable == 0)
        try await server.stop()
    }

    @Test(
        .needsSharedData,
        arguments: [
            (401, "Unauthorized"),
            (
                403,
                "pods is forbidden: User \"lab-nobody\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
            ),
            (404, "404 page not found"), (429, "Too many requests, please try again later."),
            (504, "Timeout: Too large resource version: 999999999, current: 2361"),
        ]
    )
    func `a real refusal is said in the server's own words`(status: Int, words: String) throws {
        let messages = try Self.exchanges("kubernetes/errors.jsonl").filter { $0.status == status }
            .map { StatusMessage.text(of: Array($0.chunks.joined().utf8)) }
        #expect(messages.contains(words), "\(messages)")
    }

    @Test(.needsSharedData) func `a real in-stream 410 leads to a list`() throws {
        let expired = try Self.exchanges("kubernetes/expired_watch_restart.jsonl")
            .filter { $0.url.contains("watch=true") && $0.chunks.joined().contains("\"ERROR\"") }
        #expect(expired.count == 3)
        for exchange in expired {
            var session = WatchSession(kind: .pod)
            _ = session.start()
            let list = "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"1\"}}"
            _ = session.received(page: try ListPage(kind: .pod, body: Array(list.utf8)[...]), at: .distantPast)
            session.opened()
            var decoder = WatchLineDecoder(kind: .pod)
            let lines = decoder.feed(Array(exchange.chunks.joined().utf8))
            let actions = session.received(lines: lines, at: .distantPast)
            #expect(actions.last == .ask(.list(continuing: nil, limited: true)))
        }
    }
}
