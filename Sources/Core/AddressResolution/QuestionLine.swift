import FlowModel
import JSONText
import NetworkAddressing

/// How a line holds a question.
package struct QuestionFields: Sendable, Hashable {
    /// The field of a JSON line that has the address; dots lead into objects.
    package var address = "ip"
    /// The field that has the port; `nil` for none.
    package var port: String? = "port"
    /// The field that has the time.
    package var time = "at"
    /// Whether a JSON line without a time is a mistake.
    package var needsTime = false

    /// The fields `ip`, `port` and `at`.
    package init() {}

    /// The named fields, where they are named; a port only where its field is, unless the address's is not.
    package init(address: String?, port: String?, time: String?) {
        if let address {
            self.address = address
            self.port = nil
        }
        if let port { self.port = port }
        if let time {
            self.time = time
            needsTime = true
        }
    }
}

/// A line as a question, with the text it is asked by.
package struct QuestionLine: Sendable {
    /// The longest echo of a question, in bytes.
    static let echoLongest = 256

    /// The address and port as they stood in the line; of a line that says nothing, its beginning.
    package var text: String
    /// The question, or why there is none.
    package var question: Result<AddressQuestion, QuestionProblem>

    /// Reads a line without its end: `ADDRESS[:PORT] [TIME]`, or a JSON object.
    ///
    /// - Parameters:
    ///   - bytes: The line.
    ///   - fields: Where a JSON object has what.
    ///   - now: The moment that durations count back from.
    ///   - time: The moment that is meant where the line names none.
    package init(_ bytes: ArraySlice<UInt8>, fields: QuestionFields, now: Timestamp, otherwise time: Timestamp) {
        let line = QuestionLine.trimmed(bytes)
        if line.first == UInt8(ascii: "{") {
            self.init(json: line, fields, now, time)
            return
        }
        self.init(plain: line, now, time)
    }

    private init(plain line: ArraySlice<UInt8>, _ now: Timestamp, _ time: Timestamp) {
        let end = line.firstIndex(where: QuestionLine.isSpace) ?? line.endIndex
        text = QuestionLine.echo(line[..<end])
        do throws(QuestionProblem) {
            guard !line.isEmpty else { throw QuestionProblem("the line is empty") }
            let address = try AddressText(utf8: line[..<end])
            let rest = QuestionLine.trimmed(line[end...])
            let moment = rest.isEmpty ? time : try QuestionLine.moment(rest, now)
            question = .success(AddressQuestion(address, at: moment))
        } catch {
            question = .failure(error)
        }
    }

    private init(json line: ArraySlice<UInt8>, _ fields: QuestionFields, _ now: Timestamp, _ time: Timestamp) {
        text = QuestionLine.echo(line)
        do throws(QuestionProblem) {
            let json = try QuestionLine.parse(line)
            guard let value = json.field(fields.address), value != .null else {
                throw QuestionProblem("the line has no field \(fields.address)")
            }
            guard let typed = value.text else { throw QuestionProblem("the field \(fields.address) is no text") }
            text = QuestionLine.echo(Array(typed.utf8)[...])
            var address = try AddressText(typed)
            if let name = fields.port, let port = json.field(name), port != .null {
                address.port = try QuestionLine.port(port, name)
                if address.port > 0 { text = "\(Endpoint(address.address, port: address.port))" }
            }
            var moment = time
            if let value = json.field(fields.time), value != .null {
                moment = try QuestionLine.moment(value, now)
            } else if fields.needsTime {
                throw QuestionProblem("the line has no field \(fields.time)")
            }
            question = .success(AddressQuestion(address, at: moment))
        } catch {
            question = .failure(error)
        }
    }

    private static func parse(_ line: ArraySlice<UInt8>) throws(QuestionProblem) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(line)
        } catch {
            throw QuestionProblem("the line is no JSON: \(error)")
        }
    }

    private static func port(_ value: JSONValue, _ name: String) throws(QuestionProblem) -> UInt16 {
        if let text = value.text { return try AddressText.port(Array(text.utf8)[...]) }
        guard let port = value.int.flatMap(UInt16.init(exactly:)) else {
            throw QuestionProblem("the field \(name) is not a port from 0 to 65535")
        }
        return port
    }

    /// A time that JSON has as text or as a number; the shortest text of a double is what it was written as.
    private static func moment(_ value: JSONValue, _ now: Timestamp) throws(QuestionProblem) -> Timestamp {
        switch value {
        case .string(let text): try moment(Array(text.utf8)[...], now)
        case .integer(let number): try moment(Array("\(number)".utf8)[...], now)
        case .double(let number): try moment(Array("\(number)".utf8)[...], now)
        default: throw QuestionProblem("the time is neither text nor a number")
        }
    }

    private static func moment(_ bytes: ArraySlice<UInt8>, _ now: Timestamp) throws(QuestionProblem) -> Timestamp {
        guard let moment = TimeExpression.parse(utf8: bytes, now: now) else {
            throw QuestionProblem("this is no time: \(echo(bytes))")
        }
        return moment
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    /// Text as it may be repeated to whoever asked; the end of what is long is left out.
    private static func echo(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.count > echoLongest else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes.prefix(echoLongest), as: UTF8.self) + "…"
    }
}

extension AddressQuestion {
    /// The question of who had what was typed, at a moment.
    package init(_ text: AddressText, at time: Timestamp) {
        self.init(address: text.address, port: text.port, transport: text.transport, time: time)
    }
}

extension JSONValue {
    /// The member of a name; of a name with dots also the member within members.
    fileprivate func field(_ name: String) -> JSONValue? {
        if let value = self[name] { return value }
        var value: JSONValue? = self
        guard name.utf8.contains(UInt8(ascii: ".")) else { return nil }
        for part in name.split(separator: ".", omittingEmptySubsequences: false) { value = value?[String(part)] }
        return value
    }
}
