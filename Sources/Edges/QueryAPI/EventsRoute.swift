import ClusterChanges
import ClusterModel
import Hummingbird

/// `GET /api/v1/events`: the changes of the cluster.
struct EventsRoute: Sendable {
    private let backend: QueryBackend

    init(_ backend: QueryBackend) { self.backend = backend }

    func respond(_ request: Request) throws -> Response {
        let question = try Question(request, now: backend.now())
        let format = try question.choice("format", of: ChangeFormat.allCases.map(\.rawValue))
        var query = ChangeQuery()
        if let from = try question.moment("from") { query.from = from }
        if let to = try question.moment("to") { query.to = to }
        guard query.from <= query.to else { throw APIError.badRequest("bad_range", "from is later than to") }
        if let name = question.text("kind") {
            guard let kind = ObjectKind(named: name) else {
                let kinds = ObjectKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw APIError.badRequest("bad_choice", "kind: \(name) is none of \(kinds)")
            }
            query.kind = kind
        }
        query.namespace = question.text("ns")
        query.limit = try question.number("limit", default: 1_000, in: 0...65_536)
        let (changes, matched) = backend.changes(query)
        let kind = ChangeFormat(rawValue: format) ?? .json
        return .bytes(changes.text(kind, matched: matched), type: kind.mediaType)
    }
}
