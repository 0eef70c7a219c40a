import ClusterModel
import FlowModel
import NIOSSL
import Synchronization
import Testing

@testable import KubernetesAPI

struct ClusterWatcherTests {
    private typealias Answer = ScriptedServer.Answer
    private let collector = EventCollector()

    private static func object(_ name: String, _ version: Int) -> String {
        """
        {"metadata":{"name":"\(name)","namespace":"shop","uid":"u-\(name)","resourceVersion":"\(version)"}}
        """
    }

    private static func list(_ version: Int, continuing: String = "", _ names: String...) -> Answer {
        let items = names.map { object($0, version) }.joined(separator: ",")
        let body = """
            {"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"\(version)","continue":"\(continuing)"},\
            "items":[\(items)]}

            """
        // A real server streams a list in several chunks.
        let middle = body.index(body.startIndex, offsetBy: body.count / 2)
        return Answer(chunks: [String(body[..<middle]), String(body[middle...])])
    }

    private static func line(_ type: String, _ name: String, _ version: Int) -> String {
        "{\"type\":\"\(type)\",\"object\":\(object(name, version))}\n"
    }

    private static func changes(after version: String?) -> [String] {
        [("MODIFIED", "a", 11), ("ADDED", "c", 12), ("MODIFIED", "b", 13), ("DELETED", "b", 14)]
            .filter { $0.2 > Int(version ?? "") ?? 0 }
            .map { line($0.0, $0.1, $0.2) }
    }

    private static func bookmark(_ version: Int) -> String {
        "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"\(version)\"}}}\n"
    }

    private static func status(_ code: Int, _ message: String) -> String {
        "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"\(message)\",\"code\":\(code)}\n"
    }

    private static func refusal(_ code: Int, _ message: String) -> Answer {
        Answer(status: code, chunks: [status(code, message)])
    }

    private func config(_ server: ScriptedServer, token: KubeConfig.Token = .fixed("secret")) -> KubeConfig {
        KubeConfig(
            source: .files([]),
            context: "test",
            namespace: "default",
            server: "http://127.0.0.1:\(server.port)",
            serverName: nil,
            trust: .system,
            clientCertificate: nil,
            token: token
        )
    }

    /// No wait is real; a rare retry never comes.
    private func options(_ kinds: [ObjectKind] = [.pod], waits: Waits = Waits()) -> ClusterWatcher.Options {
        var options = ClusterWatcher.Options()
        options.kinds = kinds
        options.random = { 0.5 }
        options.sleep = { duration in
            waits.all.withLock { $0.append(duration) }
            if duration >= .seconds(300) { try await Task.sleep(for: .seconds(3600)) }
        }
        return options
    }

    private final class Waits: Sendable {
        let all = Mutex<[Duration]>([])
    }

    private func watcher(_ config: KubeConfig, _ options: ClusterWatcher.Options) -> ClusterWatcher {
        ClusterWatcher(config, options: options) { [collector] in collector.take($0) }
    }

    @Test func `lists in pages, follows changes over ends, breaks in mid-line and an expired version`() async throws {
        let added = Self.line("ADDED", "c", 12)
        let middle = added.index(added.startIndex, offsetBy: 25)
        let server = try await ScriptedServer { request, index in
            switch index {
            case 0: Self.list(10, continuing: "page 2/+", "a")
            case 1: Self.list(10, "b")
            // A line in three chunks, a line and a half in one, and the rest never comes.
            case 2:
                Answer(
                    chunks: [
                        Self.line("MODIFIED", "a", 11), String(added[..<middle]), String(added[middle...].dropLast()),
                        "\n" + Self.line("MODIFIED", "b", 13) + added[..<middle],
                    ],
                    end: .cut
                )
            // What had come but was not yet read when the connection broke is sent again, as a real server does.
            case 3: Answer(chunks: Self.changes(after: request.query["resourceVersion"]) + [Self.bookmark(20)])
            case 4: Answer(chunks: ["{\"type\":\"ERROR\",\"object\":\(Self.status(410, "too old").dropLast())}\n"])
            case 5: Self.list(90, "a", "d")
            case 6: Self.refusal(410, "too old resource version")
            case 7: Self.list(95, "d")
            case 8: Answer(chunks: [Self.line("MODIFIED", "d", 96)], end: .open)
            default: Self.refusal(500, "not in the script")
            }
        }
        let watcher = watcher(config(server), options())
        await collector.run(watcher) { [collector] in collector.summary.last == "changed d" }
        #expect(
            collector.summary == [
                "listed a b", "changed a", "changed c", "changed b", "deleted b", "gap", "listed a d", "gap",
                "listed d", "changed d",
            ]
        )
        let requests = server.requests
        #expect(requests.allSatisfy { $0.path == "/api/v1/pods" && $0.authorization == "Bearer secret" })
        #expect(requests[0].query == ["limit": "500"])
        #expect(requests[1].query == ["limit": "500", "continue": "page%202%2F%2B"])
        #expect(
            requests[2].query == [
                "watch": "true", "allowWatchBookmarks": "true", "resourceVersion": "10", "timeoutSeconds": "360",
            ]
        )
        let versions = requests.filter(\.isWatch).map { $0.query["resourceVersion"] ?? "" }
        #expect(["10", "11", "12", "13"].contains(versions[1]))
        #expect([versions[0]] + versions[2...] == ["10", "20", "90", "95"])
        #expect(watcher.status.gaps == 2)
        #expect(watcher.status.reconnects == 2)
        #expect(watcher.status.isConnected)
        #expect(watcher.status.message == "watching 1 of 1 kinds of kubeconfig test (\(config(server).server))")
        try await server.stop()
    }

    @Test func `a forbidden kind is left out and said, the others go on`() async throws {
        let server = try await ScriptedServer { request, _ in
            if request.path == "/api/v1/nodes" {
                return Self.refusal(403, "nodes is forbidden: User \\\"x\\\" cannot list resource \\\"nodes\\\"")
            }
            return request.isWatch ? Answer(chunks: [Self.bookmark(11)], end: .open) : Self.list(10, "a")
        }
        let waits = Waits()
        let watcher = watcher(config(server), options([.node, .pod], waits: waits))
        let done: @Sendable () -> Bool = {
            let status = watcher.status
            return status.isConnected && status.kinds[.node] != .listing
        }
        await collector.run(watcher, until: done)
        #expect(collector.summary == ["listed a"])
        #expect(
            watcher.status.message.hasSuffix(
                "; Node: HTTP 403: nodes is forbidden: User \"x\" cannot list resource \"nodes\""
            )
        )
        try await server.stop()
    }

    @Test func `waits as long as the server asks, and else with jitter`() async throws {
        let server = try await ScriptedServer { request, index in
            switch index {
            case 0: Self.refusal(500, "etcd is not well")
            case 1: Self.refusal(503, "etcd is not well")
            case 2:
                Answer(
                    status: 429,
                    headers: [("Content-Type", "text/plain"), ("Retry-After", "4")],
                    chunks: ["Too many requests, please try again later.\n"]
                )
            case 3: Answer(chunks: ["<html>a proxy's page</html>"])
            default: request.isWatch ? Answer(end: .open) : Self.list(10, "a")
            }
        }
        let waits = Waits()
        let watcher = watcher(config(server), options(waits: waits))
        await collector.run(watcher) { [collector] in !collector.all.isEmpty }
        // Half of 0.5 s, 1 s; 4 s and an eighth; half of 4 s.
        #expect(waits.all.withLock { $0 } == [0.25, 0.5, 4.5, 2].map { .milliseconds(Int($0 * 1000)) })
        #expect(watcher.status.errors == 4)
        try await server.stop()
    }

    @Test func `a rejected token is read again once before waiting`() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("token", "old")
        let server = try await ScriptedServer { request, _ in
            if request.authorization != "Bearer new" {
                _ = try? folder.write("token", "new")
                return Self.refusal(401, "Unauthorized")
            }
            return request.isWatch ? Answer(end: .open) : Self.list(10, "a")
        }
        let waits = Waits()
        let watcher = watcher(config(server, token: .file(path)), options(waits: waits))
        await collector.run(watcher) { [collector] in !collector.all.isEmpty }
        #expect(server.requests.prefix(2).map(\.authorization) == ["Bearer old", "Bearer new"])
        #expect(waits.all.withLock { $0 }.isEmpty)
        try await server.stop()
    }

    @Test func `a silent watch counts as dead and is opened again`() async throws {
        let server = try await ScriptedServer { request, index in
            switch index {
            case 0: Self.list(10, "a")
            case 1: Answer(chunks: [Self.bookmark(12)], end: .open)
            default: Answer(chunks: [Self.line("ADDED", "b", 13)], end: .open)
            }
        }
        var options = options()
        options.idleSeconds = 0.2
        let watcher = watcher(config(server), options)
        await collector.run(watcher) { [collector] in collector.summary.contains("changed b") }
        #expect(server.requests.filter(\.isWatch).prefix(2).map { $0.query["resourceVersion"] } == ["10", "12"])
        #expect(watcher.status.gaps == 0)
        try await server.stop()
    }

    @Test func `all eleven kinds are watched at the same time`() async throws {
        let open = Mutex(Set<String>())
        let server = try await ScriptedServer { request, _ in
            if request.isWatch {
                open.withLock { _ = $0.insert(request.path) }
                return Answer(chunks: [Self.bookmark(11)], end: .open)
            }
            let kind = ObjectKind(apiPath: request.path)?.rawValue ?? ""
            return Answer(
                chunks: ["{\"kind\":\"\(kind)List\",\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[]}"]
            )
        }
        let watcher = watcher(config(server), options(ObjectKind.followed))
        await collector.run(watcher) {
            watcher.status.kinds.values.allSatisfy { $0 == .watching }
        }
        #expect(open.withLock { $0.count } == 11)
        #expect(watcher.status.errors == 0)
        try await server.stop()
    }

    @Test func `a node's agent asks for the pods of its node and for all of everything else`() async throws {
        let server = try await ScriptedServer { request, _ in
            request.isWatch
                ? Answer(end: .open) : request.path.hasSuffix("pods") ? Self.list(1) : Self.refusal(403, "no")
        }
        var options = options([.pod, .service])
        options.podsOfNode = "node-1"
        let watcher = watcher(config(server), options)
        await collector.run(watcher) { server.requests.contains { $0.isWatch } && server.requests.count >= 3 }
        let pods = server.requests.filter { $0.path.hasSuffix("pods") }
        #expect(pods.count >= 2 && pods.allSatisfy { $0.query["fieldSelector"] == "spec.nodeName%3Dnode-1" })
        #expect(server.requests.allSatisfy { $0.path.hasSuffix("pods") || $0.query["fieldSelector"] == nil })
        try await server.stop()
    }

    @Test func `an unreachable server is said in words and tried again`() async throws {
        let server = try await ScriptedServer { _, _ in Answer() }
        let config = config(server)
        try await server.stop()
        let watcher = watcher(config, options())
        await collector.run(watcher) {
            watcher.status.errors >= 3
        }
        #expect(watcher.status.message.hasSuffix("; Pod: connection refused"))
        #expect(!watcher.status.isConnected)
    }
}
