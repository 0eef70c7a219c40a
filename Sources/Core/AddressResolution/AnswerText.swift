import ClusterHistory
import FlowAttribution
import FlowModel
import RecordFormats

/// How one answer is written.
package enum ReportFormat: String, Sendable, Hashable, CaseIterable {
    /// One JSON object with the owners before and after.
    case json
    /// A few lines for people.
    case table
    /// The JSON object that stands in a line of many answers.
    case jsonl
    /// RFC 4180 with a header.
    case csv

    /// The media type, with parameters.
    package var mediaType: String {
        switch self {
        case .json: "application/json"
        case .table: "text/plain; charset=utf-8"
        case .jsonl: AnswerFormat.jsonl.mediaType
        case .csv: AnswerFormat.csv.mediaType
        }
    }
}

extension AddressReport {
    /// The report as text; all but `json` end with a line feed.
    package func text(_ format: ReportFormat) -> [UInt8] {
        var output: [UInt8] = []
        switch format {
        case .json: return json()
        case .table: return Array(text.utf8)
        case .jsonl, .csv:
            var encoder = AnswerEncoder(format == .csv ? .csv : .jsonl)
            encoder.encode(answer, into: &output)
            return output
        }
    }

    /// A few lines for people.
    package var text: String {
        var lines: [(String, String)] = []
        let answer = answer
        switch (answer.identity, answer.candidates) {
        case (let identity?, _):
            let workload = identity.workload.map { $0.kind == "Pod" ? "" : " of \($0.kind) \($0.name)" } ?? ""
            let node = identity.node.isEmpty || identity.kind == .node ? "" : " on \(identity.node)"
            lines.append(("owner", "\(identity)\(workload)\(node)"))
            if !identity.uid.isEmpty { lines.append(("uid", identity.uid)) }
            if identity.kind == .pod {
                lines.append(("services", identity.services.isEmpty ? "-" : identity.services.joined(separator: ", ")))
            }
        case (nil, let candidates) where !candidates.isEmpty:
            for candidate in candidates { lines.append(("maybe", "\(candidate) \(candidate.uid)")) }
        default: lines.append(("owner", "nobody known"))
        }
        if answer.identity != nil {
            lines.append(("from", answer.from?.rfc3339 ?? "-"))
            lines.append(("until", answer.until?.rfc3339 ?? "-"))
        }
        lines.append(("basis", answer.basis.name))
        let reason = answer.reason.isEmpty ? "" : ": \(answer.reason)"
        lines.append(("certainty", answer.certainty.rawValue + reason))
        lines.append(("before", previous.map { "\($0.identity) until \($0.until)" } ?? "-"))
        lines.append(("after", next.map { "\($0.identity) from \($0.from)" } ?? "-"))
        for holder in holders ?? [] {
            lines.append(("holder", "\(holder.identity) \(holder.identity.uid) (\(holder.holding.rawValue))"))
        }
        let title = "\(PrintableText.of(answer.text)) at \(answer.time?.rfc3339 ?? "-")\n"
        return lines.reduce(into: title) { text, line in
            let padding = String(repeating: " ", count: 11 - line.0.count)
            text += "  \(line.0)\(padding)\(PrintableText.of(line.1))\n"
        }
    }
}
