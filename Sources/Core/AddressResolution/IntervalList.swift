import ClusterHistory
import FlowModel
import JSONText
import NetworkAddressing
import RecordFormats

/// How a list of intervals is written.
package enum IntervalFormat: String, Sendable, Hashable, CaseIterable {
    /// For people.
    case table
    /// One JSON object with all of them.
    case json
    /// A JSON object for each, one a line.
    case jsonl
    /// RFC 4180 with a header.
    case csv

    /// The media type, with parameters.
    package var mediaType: String {
        switch self {
        case .table: "text/plain; charset=utf-8"
        case .json: "application/json"
        case .jsonl: AnswerFormat.jsonl.mediaType
        case .csv: AnswerFormat.csv.mediaType
        }
    }
}

extension [AddressInterval] {
    /// The list as text, each line ended; `name` is what was asked for.
    package func text(_ format: IntervalFormat, of name: String) -> [UInt8] {
        switch format {
        case .table: return table
        case .csv: return csv
        case .jsonl:
            var writer = JSONWriter()
            for interval in self {
                writer.object(interval)
                writer.newline()
            }
            return writer.bytes
        case .json:
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("of")
            writer.string(name)
            writer.key("intervals")
            writer.list(self)
            writer.endObject()
            return writer.bytes
        }
    }

    private var csv: [UInt8] {
        var output: [UInt8] = []
        let header = ["address", "holding", "kind", "namespace", "name", "uid", "node", "workload", "from", "until"]
        AnswerEncoder.append(header, to: &output)
        for interval in self {
            let identity = interval.identity
            let fields: [String] = [
                "\(interval.address)", interval.holding.rawValue, identity.kind.rawValue, identity.namespace,
                identity.name, identity.uid, identity.node,
                identity.workload.map { "\($0.kind)/\($0.name)" } ?? "",
                interval.from == .distantPast ? "" : interval.from.rfc3339,
                interval.until == .distantFuture ? "" : interval.until.rfc3339,
            ]
            AnswerEncoder.append(fields, to: &output)
        }
        return output
    }

    private var table: [UInt8] {
        TextTable.render(
            ["ADDRESS", "OWNER", "FROM", "UNTIL", "HOW", "UID"],
            map { interval in
                [
                    "\(interval.address)", "\(interval.identity)",
                    interval.from == .distantPast
                        ? "-" : interval.from.rfc3339 + (interval.fromCertain ? "" : " (listed)"),
                    interval.until == .distantFuture
                        ? "-" : interval.until.rfc3339 + (interval.untilCertain ? "" : " (inferred)"),
                    interval.holding.rawValue, interval.identity.uid,
                ]
            }
        )
    }
}
