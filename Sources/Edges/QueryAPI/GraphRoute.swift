import FlowAttribution
import FlowModel
import FlowQuery
import Hummingbird
import RecordFormats
import Synchronization

/// `GET /api/v1/graph`: who talked to whom, each conversation counted once.
struct GraphRoute {
    private let backend: QueryBackend

    init(_ backend: QueryBackend) { self.backend = backend }

    func respond(_ request: Request) async throws -> Response {
        let question = try Question(request, now: backend.now())
        let range = try question.range(default: backend.defaultRange())
        let graph = try await graph(
            range,
            filter: question.filter(),
            scope: GraphRoute.scope(question),
            limit: question.number("limit", default: 400, in: 1...5_000)
        )
        return .bytes(graph.json(), type: "application/json")
    }

    static func scope(_ question: Question) throws(APIError) -> GraphScope {
        let names = GraphScope.allCases.map(\.rawValue)
        return GraphScope(rawValue: try question.choice("scope", of: names)) ?? .workload
    }

    func graph(
        _ range: TimeRange,
        filter: Filter?,
        scope: GraphScope,
        limit: Int = 400
    ) async throws -> FlowGraph {
        // A rate is over the time that flows are known of, not over the emptiness before the first.
        let covered = backend.oldest().map { TimeRange(from: max(range.from, min($0, range.to)), to: range.to) }
        let range = covered ?? range
        let builder = Mutex(FlowGraphBuilder(scope: scope, from: range.from, to: range.to, limit: limit))
        try await backend.scan(
            FlowScan(range: range, filter: filter, newestFirst: false) { batch in
                builder.withLock { $0.add(batch) }
                return true
            }
        )
        return builder.withLock { $0.graph() }
    }
}
