import FlowModel
import FlowQuery
import Hummingbird

/// The parameters of a request, decoded and checked.
struct Question {
    private let parameters: [String: String]
    private let now: Timestamp

    init(_ request: Request, now: Timestamp) throws(APIError) {
        self.now = now
        var parameters: [String: String] = [:]
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Question.decode(parts[0]),
                let value = Question.decode(parts.count > 1 ? parts[1] : "")
            else { throw .badRequest("query_encoding", "the query string is not percent-encoded UTF-8") }
            parameters[name] = value
        }
        self.parameters = parameters
    }

    /// The value of a parameter; `nil` where it is missing or empty.
    func text(_ name: String) -> String? {
        parameters[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a parameter is there, be it empty.
    func has(_ name: String) -> Bool { parameters[name] != nil }

    func flag(_ name: String) -> Bool { text(name) == "true" || text(name) == "1" }

    /// A whole number within bounds.
    func number(_ name: String, default fallback: Int, in bounds: ClosedRange<Int>) throws(APIError) -> Int {
        guard let text = text(name) else { return fallback }
        guard let value = Int(text), bounds.contains(value) else {
            throw .badRequest(
                "bad_number",
                "\(name): \(text) is not a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
            )
        }
        return value
    }

    /// One of the named choices.
    func choice(_ name: String, of choices: [String]) throws(APIError) -> String {
        guard let text = text(name) else { return choices[0] }
        guard choices.contains(text) else {
            throw .badRequest("bad_choice", "\(name): \(text) is none of \(choices.joined(separator: ", "))")
        }
        return text
    }

    /// The filter of `q`; `nil` for all flows.
    func filter() throws(APIError) -> Filter? {
        guard let text = text("q") else { return nil }
        do {
            return try Filter.parse(text)
        } catch {
            throw APIError(
                status: .badRequest,
                code: "filter_syntax",
                message: error.message,
                column: error.column,
                suggestion: error.suggestion
            )
        }
    }

    /// `from` and `to`, each with its default.
    func range(default fallback: TimeRange) throws(APIError) -> TimeRange {
        let range = TimeRange(from: try moment("from") ?? fallback.from, to: try moment("to") ?? fallback.to)
        guard range.from <= range.to else { throw .badRequest("bad_range", "from is later than to") }
        return range
    }

    func moment(_ name: String) throws(APIError) -> Timestamp? {
        guard let text = text(name) else { return nil }
        guard let moment = TimeExpression.parse(text, now: now) else {
            throw .badRequest(
                "bad_time",
                "\(name): \(text) is not a time; write RFC 3339, now, now-15m, 15m (ago) or a number since the epoch"
            )
        }
        return moment
    }

    /// Form decoding: `+` is a space, `%41` is `A`.
    private static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hex), let low = rest.popFirst().flatMap(hex) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default:
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        UInt8(String(UnicodeScalar(byte)), radix: 16)
    }
}
