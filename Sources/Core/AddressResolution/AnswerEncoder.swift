import ClusterHistory
import FlowAttribution
import FlowModel
import JSONText

/// How many answers are written, one a line.
package enum AnswerFormat: String, Sendable, Hashable, CaseIterable {
    /// JSON objects.
    case jsonl
    /// RFC 4180 with a header.
    case csv

    /// The media type, with parameters.
    package var mediaType: String {
        switch self {
        case .jsonl: "application/x-ndjson"
        case .csv: "text/csv; charset=utf-8; header=present"
        }
    }
}

/// Writes answers one a line; a header of CSV comes before the first.
package struct AnswerEncoder: ~Copyable {
    private static let columns = [
        "query", "at", "kind", "namespace", "name", "uid", "node", "workload", "services", "from", "until", "basis",
        "certainty", "candidates", "reason",
    ]

    private let format: AnswerFormat
    private var needsHeader: Bool
    private var writer = JSONWriter()

    /// An encoder of nothing yet.
    package init(_ format: AnswerFormat, hasHeader: Bool = true) {
        self.format = format
        needsHeader = hasHeader && format == .csv
    }

    /// Writes the header of CSV if that is still to be done; answers do it by themselves.
    package mutating func begin(into output: inout [UInt8]) {
        guard needsHeader else { return }
        needsHeader = false
        output += Array(AnswerEncoder.columns.joined(separator: ",").utf8) + [13, 10]
    }

    /// Appends an answer and the end of its line.
    package mutating func encode(_ answer: AddressAnswer, into output: inout [UInt8]) {
        switch format {
        case .jsonl:
            writer.beginObject()
            writer.members(of: answer)
            writer.endObject()
            writer.newline()
            writer.withBytes { output.append(contentsOf: $0) }
            writer.removeAll()
        case .csv:
            begin(into: &output)
            csv(answer, into: &output)
        }
    }

    private func csv(_ answer: AddressAnswer, into output: inout [UInt8]) {
        let identity = answer.identity
        let fields: [String] = [
            answer.text, answer.time?.rfc3339 ?? "", identity?.kind.rawValue ?? "", identity?.namespace ?? "",
            identity?.name ?? "", identity?.uid ?? "", identity?.node ?? "",
            identity?.workload.map { "\($0.kind)/\($0.name)" } ?? "",
            identity?.services.joined(separator: " ") ?? "", answer.from?.rfc3339 ?? "",
            answer.until?.rfc3339 ?? "", answer.basis.name, answer.certainty.rawValue,
            answer.candidates.map { "\($0)" }.joined(separator: "; "), answer.reason,
        ]
        AnswerEncoder.append(fields, to: &output)
    }

    /// Appends a line of CSV.
    static func append(_ fields: [String], to output: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            appendField(field, to: &output)
        }
        output += [13, 10]
    }

    /// A field of RFC 4180; control characters, which are of no use in any of them, become spaces.
    ///
    /// What a spreadsheet would take for a formula gets an apostrophe before it.
    private static func appendField(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            let isFormula = bytes.first.map("=+-@".utf8.contains) ?? false
            let isQuoted = bytes.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
            if isQuoted { output.append(UInt8(ascii: "\"")) }
            if isFormula { output.append(UInt8(ascii: "'")) }
            for byte in bytes {
                if byte == UInt8(ascii: "\"") { output.append(byte) }
                output.append(byte < 0x20 || byte == 0x7f ? 0x20 : byte)
            }
            if isQuoted { output.append(UInt8(ascii: "\"")) }
        }
    }
}

extension JSONWriter {
    /// Writes the members of an answer as they stand in a line.
    mutating func members(of answer: AddressAnswer) {
        key("query")
        string(answer.text)
        key("at")
        time(answer.time)
        key("identity")
        if let identity = answer.identity { object(identity) } else { null() }
        key("from")
        time(answer.from)
        key("until")
        time(answer.until)
        key("basis")
        string(answer.basis.name)
        key("certainty")
        string(answer.certainty.rawValue)
        key("candidates")
        beginArray()
        for candidate in answer.candidates { object(candidate) }
        endArray()
        if !answer.reason.isEmpty {
            key("reason")
            string(answer.reason)
        }
    }

    /// Writes an identity; `null` stands for what a thing of its kind has not or is not known.
    mutating func object(_ identity: Identity) {
        beginObject()
        key("kind")
        string(identity.kind.rawValue)
        key("namespace")
        text(identity.namespace)
        key("name")
        string(identity.name)
        key("uid")
        text(identity.uid)
        key("node")
        text(identity.node)
        key("workload")
        if let workload = identity.workload {
            beginObject()
            key("kind")
            string(workload.kind)
            key("name")
            string(workload.name)
            endObject()
        } else {
            null()
        }
        key("services")
        beginArray()
        for service in identity.services { string(service) }
        endArray()
        endObject()
    }

    private mutating func text(_ text: String) {
        if text.isEmpty { null() } else { string(text) }
    }

    /// Writes a time as RFC 3339 in UTC with nine decimals; `null` for none.
    mutating func time(_ time: Timestamp?) {
        guard let time else { return null() }
        ascii(atMost: 30) { time.writeRFC3339(into: $0) }
    }
}
