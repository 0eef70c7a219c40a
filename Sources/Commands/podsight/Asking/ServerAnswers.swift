import AddressResolution
import NIOCore
import NIOHTTP1
import Terminal

/// Answers from a running instance.
struct ServerAnswers: AnswerSource {
    private let client: APIClient

    init(_ client: APIClient) { self.client = client }

    func answer(_ address: String, at time: String?, all: Bool, format: String) async throws -> FoundAnswer {
        var parameters = [("ip", address), ("format", format)]
        if let time { parameters.append(("at", time)) }
        if all { parameters.append(("all", "true")) }
        return try await found(parameters)
    }

    func history(_ name: String, format: String) async throws -> FoundAnswer {
        try await found([("history", name), ("format", format)])
    }

    func stream(_ format: AnswerFormat, _ fields: QuestionFields, at time: String?) -> any QuestionExchange {
        var parameters = [("format", format.rawValue), ("ip_field", fields.address), ("at_field", fields.time)]
        parameters.append(("port_field", fields.port ?? ""))
        if fields.needsTime { parameters.append(("needs_at", "true")) }
        if let time { parameters.append(("at", time)) }
        return ServerExchange(client: client, parameters: parameters)
    }

    private func found(_ parameters: [(String, String)]) async throws -> FoundAnswer {
        var text: [UInt8] = []
        let headers = try await client.get("/api/v1/resolve", parameters) { text += $0.readableBytesView }
        return FoundAnswer(text: text, isFound: headers.first(name: "podsight-certainty") != "unknown")
    }
}

private struct ServerExchange: QuestionExchange {
    /// Bytes of questions sent at once; the server takes no more than a million.
    private static let batchBytes = 1 << 18

    let client: APIClient
    let parameters: [(String, String)]
    private var batch = LineBatch()
    private var hasBegun = false
    private(set) var bad = 0
    private(set) var lines = 0

    init(client: APIClient, parameters: [(String, String)]) {
        self.client = client
        self.parameters = parameters
    }

    mutating func ask(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) async throws {
        var rest = bytes
        while !rest.isEmpty {
            let lines = batch.add(rest.prefix(ServerExchange.batchBytes))
            rest = rest.dropFirst(ServerExchange.batchBytes)
            if !lines.isEmpty { try await send(lines, into: &output) }
        }
    }

    mutating func finish(into output: inout [UInt8]) async throws {
        let last = batch.finish()
        if !last.isEmpty || !hasBegun { try await send(last, into: &output) }
    }

    private mutating func send(_ body: [UInt8], into output: inout [UInt8]) async throws {
        let header = ("header", hasBegun ? "false" : "true")
        hasBegun = true
        var answer: [UInt8] = []
        let headers = try await client.post("/api/v1/resolve", parameters + [header], body) {
            answer += $0.readableBytesView
        }
        output += answer
        bad += headers.first(name: "podsight-bad-lines").flatMap { Int($0) } ?? 0
        lines += headers.first(name: "podsight-lines").flatMap { Int($0) } ?? 0
    }
}
