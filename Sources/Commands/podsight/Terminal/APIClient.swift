import AsyncHTTPClient
import Glibc
import JSONText
import NIOCore
import NIOHTTP1
import Terminal

/// Asks a running instance over its HTTP API.
struct APIClient {
    let server: String

    /// The instance named by the option, else by `PODSIGHT_SERVER`, else on this machine.
    init(server: String?) {
        let named = server ?? ProcessEnvironment.all["PODSIGHT_SERVER"] ?? "http://127.0.0.1:7080"
        let withScheme = named.contains("://") ? named : "http://\(named)"
        self.server = withScheme.hasSuffix("/") ? String(withScheme.dropLast()) : withScheme
    }

    /// The body of a GET, handed over as it arrives; the answer's headers at its end.
    @discardableResult
    func get(
        _ path: String,
        _ parameters: [(String, String)] = [],
        timeout: TimeAmount = .seconds(60),
        _ body: (ByteBuffer) throws -> Void
    ) async throws -> HTTPHeaders {
        try await send(request(path, parameters), timeout, body)
    }

    /// The body of the answer to a POST of lines, handed over as it arrives; the answer's headers at its end.
    func post(
        _ path: String,
        _ parameters: [(String, String)],
        _ lines: [UInt8],
        _ body: (ByteBuffer) throws -> Void
    ) async throws -> HTTPHeaders {
        var request = request(path, parameters)
        request.method = .POST
        request.headers.add(name: "content-type", value: "text/plain")
        request.body = .bytes(lines)
        return try await send(request, .seconds(60), body)
    }

    private func request(_ path: String, _ parameters: [(String, String)]) -> HTTPClientRequest {
        let query = parameters.map { "\(APIClient.encode($0))=\(APIClient.encode($1))" }.joined(separator: "&")
        return HTTPClientRequest(url: server + path + (query.isEmpty ? "" : "?" + query))
    }

    private func send(
        _ request: HTTPClientRequest,
        _ timeout: TimeAmount,
        _ body: (ByteBuffer) throws -> Void
    ) async throws -> HTTPHeaders {
        // A refused connection is an answer: trying it again for a minute helps nobody.
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        let client = HTTPClient(configuration: configuration)
        do {
            let headers = try await exchange(request, on: client, timeout, body)
            try? await client.shutdown()
            return headers
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func exchange(
        _ request: HTTPClientRequest,
        on client: HTTPClient,
        _ timeout: TimeAmount,
        _ body: (ByteBuffer) throws -> Void
    ) async throws -> HTTPHeaders {
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: timeout)
        } catch {
            throw CommandFailure(
                "no answer from \(server) (\(APIClient.reason(error))); is `podsight run` running there? "
                    + "Name another with --server or PODSIGHT_SERVER",
                status: .serverUnavailable
            )
        }
        guard response.status == .ok else {
            throw APIClient.failure(response.status.code, try await response.body.collect(upTo: 1 << 20))
        }
        do {
            for try await buffer in response.body { try body(buffer) }
            return response.headers
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            let reason = APIClient.reason(error)
            throw CommandFailure("\(server) ended the answer early: \(reason)", status: .serverUnavailable)
        }
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        if let error = error as? HTTPClientError { return error.shortDescription }
        return "\(error)".split(separator: "\n").first.map(String.init) ?? "unknown"
    }

    /// The server's own words, with a caret under the column of a filter that is wrong.
    private static func failure(_ code: UInt, _ body: ByteBuffer) -> CommandFailure {
        let json = try? JSONValue.parse(Array(body.readableBytesView))
        guard let error = json?["error"], let message = error["message"]?.text else {
            return CommandFailure("the server answered with HTTP \(code)", status: .serverUnavailable)
        }
        var text = message
        if let column = error["column"]?.int { text += " (column \(column))" }
        if let suggestion = error["suggestion"]?.text { text += "; did you mean \(suggestion)?" }
        // Nothing being there is an answer of its own only where the server says so.
        let isNo = code == 404 && error["code"]?.text == "nothing_known"
        return CommandFailure(text, status: isNo ? .answerIsNo : code == 400 ? .usage : .failure)
    }

    private static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let scalar = UnicodeScalar(byte)
            if scalar.properties.isAlphabetic && byte < 128 || (48...57).contains(byte) || byte == 45 || byte == 46 {
                encoded.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return encoded
    }
}
