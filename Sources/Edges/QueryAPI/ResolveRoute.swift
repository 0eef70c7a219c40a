import AddressResolution
import ClusterHistory
import FlowModel
import HTTPTypes
import Hummingbird
import NIOCore
import NetworkAddressing

/// `/api/v1/resolve`: who had an address, then; one question by GET, many by POST.
struct ResolveRoute: Sendable {
    /// The longest body of questions that is read.
    private static let bytesMax = 1 << 20

    private let resolver: AddressResolver

    init(_ backend: QueryBackend) { resolver = backend.resolver() }

    /// One question, or the history of one name.
    func respond(_ request: Request) throws -> Response {
        let question = try Question(request, now: resolver.now)
        if let name = question.text("history") { return try history(name, question) }
        let format = try question.choice("format", of: ReportFormat.allCases.map(\.rawValue))
        guard let text = question.text("ip") else {
            throw APIError.badRequest("missing", "name the address: ip=172.17.0.9")
        }
        let asked = try address(text, question)
        let report = resolver.report(
            AddressQuestion(asked, at: try question.moment("at") ?? resolver.now),
            asked: text,
            withHolders: question.flag("all"),
            withIntervals: question.flag("intervals")
        )
        let kind = ReportFormat(rawValue: format) ?? .json
        var response = Response.bytes(report.text(kind), type: kind.mediaType)
        response.headers[.certainty] = report.answer.certainty.rawValue
        return response
    }

    /// A question a line, an answer a line.
    func respondToMany(_ request: Request) async throws -> Response {
        let question = try Question(request, now: resolver.now)
        let format = try question.choice("format", of: AnswerFormat.allCases.map(\.rawValue))
        let kind = AnswerFormat(rawValue: format) ?? .jsonl
        var fields = QuestionFields()
        if let name = question.text("ip_field") { fields.address = name }
        if question.has("port_field") { fields.port = question.text("port_field") }
        if let name = question.text("at_field") { fields.time = name }
        fields.needsTime = question.flag("needs_at")
        let body = try await body(of: request)
        var stream = AnswerStream(
            resolver,
            format: kind,
            hasHeader: try question.choice("header", of: ["true", "false"]) == "true",
            fields: fields,
            otherwise: try question.moment("at")
        )
        var output: [UInt8] = []
        stream.read(body[...], into: &output)
        stream.finish(into: &output)
        var response = Response.bytes(output, type: kind.mediaType)
        response.headers[.lines] = "\(stream.lines)"
        response.headers[.badLines] = "\(stream.bad)"
        return response
    }

    private func history(_ name: String, _ question: Question) throws(APIError) -> Response {
        let names = [IntervalFormat.json, .table, .jsonl, .csv].map(\.rawValue)
        let format = IntervalFormat(rawValue: try question.choice("format", of: names)) ?? .json
        guard let found = resolver.intervals(of: name) else {
            throw APIError(status: .notFound, code: "nothing_known", message: "nothing is known of \(name)")
        }
        return .bytes(found.text(format, of: name), type: format.mediaType)
    }

    private func address(_ text: String, _ question: Question) throws(APIError) -> AddressText {
        do throws(QuestionProblem) {
            var asked = try AddressText(text)
            if let port = question.text("port") { asked.port = try AddressText.port(Array(port.utf8)[...]) }
            if let name = question.text("protocol") {
                asked.transport = try AddressText.transport(named: Array(name.utf8)[...])
            }
            return asked
        } catch {
            throw .badRequest("bad_address", "\(text): \(error)")
        }
    }

    private func body(of request: Request) async throws -> [UInt8] {
        let tooLarge = APIError(
            status: .contentTooLarge,
            code: "too_large",
            message: "questions of at most \(ResolveRoute.bytesMax) bytes are taken at once"
        )
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard declared <= ResolveRoute.bytesMax else { throw tooLarge }
        do {
            return Array(try await request.body.collect(upTo: ResolveRoute.bytesMax).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }
}

extension HTTPField.Name {
    /// How sure an answer is.
    fileprivate static var certainty: HTTPField.Name { own("Podsight-Certainty") }
    /// How many lines were answered.
    fileprivate static var lines: HTTPField.Name { own("Podsight-Lines") }
    /// How many of them could not be understood.
    fileprivate static var badLines: HTTPField.Name { own("Podsight-Bad-Lines") }

    private static func own(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .server }
}
