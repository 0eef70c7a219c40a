import FlowAttribution
import FlowModel

/// How flows are written as text.
package enum FlowTextFormat: String, Sendable, Hashable, CaseIterable {
    /// ECS documents, one a line.
    case jsonl
    /// RFC 4180 with a header; raw numbers, stable columns.
    case csv
    /// For people: who, whom, how much.
    case table
    /// For people: the same with pods, addresses and the evidence.
    case wide

    /// The media type, with parameters.
    package var mediaType: String {
        switch self {
        case .jsonl: "application/x-ndjson"
        case .csv: "text/csv; charset=utf-8; header=present"
        case .table, .wide: "text/plain; charset=utf-8"
        }
    }
}

/// Writes flows as text of one format; a header comes before the first.
package struct FlowTextEncoder: Sendable {
    private let format: FlowTextFormat
    private let isStream: Bool
    private let seed: UInt16
    private var documents: ECSFlowEncoder
    private var needsHeader: Bool
    private var widths: [Int]

    /// An encoder of nothing yet.
    ///
    /// - Parameters:
    ///   - format: The format.
    ///   - isStream: Whether flows come one by one: then columns have fixed widths from the start.
    ///   - hasHeader: Whether a header comes first; `jsonl` never has one.
    ///   - version: The product's version, which documents name.
    ///   - seed: The seed of the Community ID.
    package init(
        _ format: FlowTextFormat,
        isStream: Bool = false,
        hasHeader: Bool = true,
        version: String = productVersion,
        seed: UInt16 = 0
    ) {
        self.format = format
        self.isStream = isStream
        self.seed = seed
        documents = ECSFlowEncoder(version: version, seed: seed)
        needsHeader = hasHeader
        widths = FlowColumn.columns(of: format).map { isStream ? $0.streamWidth : $0.title.unicodeScalars.count }
    }

    /// The next flows as text, each line ended; the first call begins with the header, even without flows.
    package mutating func encode(_ flows: some Collection<AttributedFlow>) -> [UInt8] {
        var output: [UInt8] = []
        encode(flows, into: &output)
        return output
    }

    /// Appends the next flows as text, as `encode(_:)` gives them.
    package mutating func encode(_ flows: some Collection<AttributedFlow>, into output: inout [UInt8]) {
        switch format {
        case .jsonl:
            for flow in flows {
                documents.encode(flow, into: &output)
                output.append(UInt8(ascii: "\n"))
            }
        case .csv: csv(flows, into: &output)
        case .table, .wide: table(flows, into: &output)
        }
    }

    private mutating func csv(_ flows: some Collection<AttributedFlow>, into output: inout [UInt8]) {
        let columns = FlowColumn.columns(of: .csv)
        if needsHeader {
            output += Array(columns.map(\.title).joined(separator: ",").utf8) + [13, 10]
            needsHeader = false
        }
        for flow in flows {
            for (index, column) in columns.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                FlowTextEncoder.appendCSV(column.text(flow, seed), isNumber: column.isNumber, to: &output)
            }
            output += [13, 10]
        }
    }

    /// A field of RFC 4180; what a spreadsheet would take for a formula gets an apostrophe before it.
    private static func appendCSV(_ text: String, isNumber: Bool, to output: inout [UInt8]) {
        if isNumber {
            output += Array(text.utf8)
            return
        }
        var text = PrintableText.of(text)
        if let first = text.utf8.first, "=+-@".utf8.contains(first) { text = "'" + text }
        guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else {
            output += Array(text.utf8)
            return
        }
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { output.append(byte) }
            output.append(byte)
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func table(_ flows: some Collection<AttributedFlow>, into output: inout [UInt8]) {
        let columns = FlowColumn.columns(of: format)
        // A last report without packets says only that the flow has ended: nothing for people to read.
        let lively = flows.filter { $0.total.packets > 0 }
        var rows = lively.map { flow in columns.map { PrintableText.of($0.text(flow, seed)) } }
        if !isStream {
            for row in rows {
                for (index, cell) in row.enumerated() {
                    widths[index] = max(widths[index], cell.unicodeScalars.count)
                }
            }
        }
        if needsHeader {
            rows.insert(columns.map(\.title), at: 0)
            needsHeader = false
        }
        for row in rows {
            var line = ""
            for (index, cell) in row.enumerated() {
                if index > 0 { line += "  " }
                let isLast = index == columns.count - 1
                let gap = max(0, widths[index] - cell.unicodeScalars.count)
                let padding = String(repeating: " ", count: gap)
                line += columns[index].isNumber ? padding + cell : isLast ? cell : cell + padding
            }
            output += Array(line.utf8)
            output.append(UInt8(ascii: "\n"))
        }
    }
}
