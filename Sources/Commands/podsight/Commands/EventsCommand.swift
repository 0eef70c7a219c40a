import ArgumentParser
import ClusterChanges
import ClusterHistory
import ClusterModel
import FlowModel
import NIOCore
import Terminal

/// `podsight events`: what happened in the cluster.
struct EventsCommand: AsyncParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, json, jsonl
    }

    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show the cluster's changes: objects added, modified, deleted, and gaps in what was watched.",
        discussion: """
            Asks a running instance; with --cluster, a recording.

            EXAMPLES
              podsight events --since 1h
              podsight events --kind pod --namespace shop -o jsonl
              podsight events --cluster cluster.jsonl --kind svc
            """
    )

    @Option(help: ArgumentHelp("From when: RFC 3339, 5m (ago), or a number since the epoch.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Until when.", valueName: "time"))
    var until: String?

    @Option(help: "Of one kind of object alone, such as pod or svc.")
    var kind: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Of one namespace alone.", valueName: "name"))
    var namespace: String?

    @Option(help: ArgumentHelp("The number of changes at the most, the newest.", valueName: "n"))
    var limit: Int?

    @Option(
        name: .customLong("cluster"),
        help: ArgumentHelp("Ask a recording of API traffic, not an instance.", valueName: "path")
    )
    var clusters: [String] = []

    @Option(name: [.short, .customLong("output")], help: "How to print: table, json or jsonl.")
    var output = Format.table

    @Option(help: "The instance, such as http://127.0.0.1:7080 (or PODSIGHT_SERVER).")
    var server: String?

    func validate() throws {
        guard clusters.isEmpty || server == nil else {
            throw ValidationError("--cluster answers from files, --server from an instance: use one of them")
        }
        if let limit, !(0...65_536).contains(limit) { throw ValidationError("--limit is from 0 to 65536") }
        for (name, text) in [("--since", since), ("--until", until)] {
            guard let text, TimeExpression.parse(text, now: Timestamp(nanoseconds: 0)) == nil else { continue }
            throw ValidationError("\(name): \(text) is no time; write RFC 3339, 5m (ago) or seconds since the epoch")
        }
        if let kind, ObjectKind(named: kind) == nil {
            let kinds = ObjectKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--kind: \(kind) is none of \(kinds)")
        }
    }

    func run() async throws {
        var stdout = StandardOutput()
        stdout.bytes = clusters.isEmpty ? try await ask() : try read()
        if output == .json { stdout.bytes.append(UInt8(ascii: "\n")) }
        try stdout.flush()
    }

    private func ask() async throws -> [UInt8] {
        var parameters = [("limit", "\(limit ?? 65_536)"), ("format", output.rawValue)]
        let optional = [("from", since), ("to", until), ("kind", kind), ("ns", namespace)]
        for (name, value) in optional { if let value { parameters.append((name, value)) } }
        var body: [UInt8] = []
        try await APIClient(server: server).get("/api/v1/events", parameters) { body += $0.readableBytesView }
        return body
    }

    private func read() throws -> [UInt8] {
        var inputs = ReplayInputs()
        for path in clusters { try inputs.addCluster(path: path) }
        let end = inputs.history.lastEventTime.flatMap { $0 == .distantPast ? nil : $0 }
        let now = end ?? SystemClock.now
        var query = ChangeQuery()
        if let from = since.flatMap({ TimeExpression.parse($0, now: now) }) { query.from = from }
        if let to = until.flatMap({ TimeExpression.parse($0, now: now) }) { query.to = to }
        guard query.from <= query.to else {
            throw CommandFailure("--since is later than --until", status: .usage)
        }
        query.kind = kind.flatMap { ObjectKind(named: $0) }
        query.namespace = namespace
        if let limit { query.limit = limit }
        let (changes, matched) = inputs.changes.changes(query)
        return changes.text(ChangeFormat(rawValue: output.rawValue) ?? .table, matched: matched)
    }
}
