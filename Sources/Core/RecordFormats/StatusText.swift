import FlowModel
import JSONText

/// The status of an instance as a page for people, from the JSON of `GET /api/v1/status`.
package enum StatusText {
    /// The page, each line ended; what the JSON does not have is left out.
    package static func render(_ status: JSONValue) -> String {
        var page = Page()
        var first = [text(status, "version").map { "podsight \($0)" } ?? "podsight"]
        first += [text(status, "mode"), text(status, "now"), text(status, "started").map { "up since \($0)" }]
            .compactMap { $0 }
        page.lines.append(first.joined(separator: "   "))
        if let cluster = status["cluster"] { page.section("Cluster", clusterLines(cluster)) }
        if let capture = status["capture"] { page.section("Capture", captureLines(capture)) }
        if let exporters = status["exporters"]?.items, !exporters.isEmpty {
            page.section("Exporters", exporterLines(exporters))
        }
        if let metering = status["metering"] {
            let counts = [("activeFlows", "active flows"), ("reports", "reports"), ("queueDropped", "dropped")]
            let losses = [
                ("flowsEvicted", "flows evicted"), ("notDecapsulated", "not decapsulated"),
                ("exchangesUntimed", "exchanges untimed"), ("connectionsNotAnalysed", "connections not analysed"),
                ("answersEvicted", "DNS answers evicted"),
            ]
            let lost = list(losses, metering, onlyNonZero: true)
            page.section("Metering", [list(counts, metering)] + (lost.isEmpty ? [] : [lost]))
        }
        if let store = status["store"], !store.fields.isEmpty { page.section("Store", storeLines(store)) }
        if let translations = status["translations"] {
            page.section(
                "Translations",
                ["\(count(translations, "known")) from \(text(translations, "source") ?? "none")"]
            )
        }
        if let attribution = status["attribution"] {
            page.section("Attribution", attributionLines(attribution))
        }
        return page.lines.map { $0 + "\n" }.joined()
    }

    private struct Page {
        var lines: [String] = []

        mutating func section(_ title: String, _ content: [String]) {
            for (index, line) in content.enumerated() {
                let head = index == 0 ? title : ""
                lines.append(head + String(repeating: " ", count: max(1, 14 - head.count)) + line)
            }
        }
    }

    private static func clusterLines(_ cluster: JSONValue) -> [String] {
        let isConnected = cluster["connected"]?.flag ?? false
        var lines = ["\(isConnected ? "connected" : "not connected"): \(text(cluster, "source") ?? "none")"]
        if let message = text(cluster, "message"), !message.isEmpty { lines.append(message) }
        let objects = cluster["objects"]?.fields ?? [:]
        let sum = objects.values.reduce(Int64(0)) { $0 &+ ($1.int ?? 0) }
        if sum > 0 {
            lines.append(
                list([("pods", "pods"), ("services", "services")], cluster)
                    + ", \(HumanUnits.count(sum)) objects of \(objects.count) kinds"
            )
        }
        if let last = text(cluster, "lastEvent") { lines.append("last event \(last)") }
        let losses = list([("gaps", "gaps"), ("errors", "errors")], cluster, onlyNonZero: true)
        if !losses.isEmpty { lines.append(losses) }
        return lines
    }

    private static func captureLines(_ capture: JSONValue) -> [String] {
        let header = ["POINT", "PACKETS", "BYTES", "METERED", "NOT-IP", "MALFORMED", "DROPPED"]
        let points = capture["points"]?.items ?? []
        guard !points.isEmpty else { return ["no observation points"] }
        var rows = [header]
        rows += points.map { row(text($0, "name") ?? "-", $0, bytes: $0["bytes"]) }
        if let totals = capture["totals"] {
            let sum = points.reduce(Int64(0)) { $0 &+ ($1["bytes"]?.int ?? 0) }
            rows.append(row("total", totals, bytes: .integer(sum)))
        }
        return table(rows)
    }

    private static func exporterLines(_ exporters: [JSONValue]) -> [String] {
        let header = ["EXPORTER", "NODE", "LAST SEEN", "BATCHES", "AGAIN", "REPORTS", "LOST"]
        return table(
            [header]
                + exporters.map { exporter in
                    let pod = text(exporter, "pod").flatMap { $0.isEmpty ? nil : $0 }
                    let node = text(exporter, "node").flatMap { $0.isEmpty ? nil : $0 }
                    let losses = (exporter["losses"]?.fields ?? [:]).sorted { $0.key < $1.key }.map { reason, count in
                        "\(HumanUnits.count(count.int ?? 0)) \(PrintableText.of(reason))"
                    }
                    return [
                        pod ?? text(exporter, "id") ?? "-", node ?? "-",
                        text(exporter, "lastSeen") ?? "-", count(exporter, "batches"), count(exporter, "duplicates"),
                        count(exporter, "reports"), losses.isEmpty ? "0" : losses.joined(separator: ", "),
                    ]
                }
        )
    }

    /// Rows with aligned columns, the first to the left.
    private static func table(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in
            rows.map { $0[column].unicodeScalars.count }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let gap = String(repeating: " ", count: max(0, widths[column] - cell.unicodeScalars.count))
                return column == 0 ? cell + gap : gap + cell
            }
            .joined(separator: "  ")
        }
    }

    private static func row(_ name: String, _ point: JSONValue, bytes: JSONValue?) -> [String] {
        let malformed =
            point["malformed"]?.int
            ?? point["malformed"]?.fields.values.reduce(Int64(0)) { $0 &+ ($1.int ?? 0) } ?? 0
        return [
            name, count(point, "packets"), HumanUnits.bytes(UInt64(clamping: bytes?.int ?? 0)),
            count(point, "metered"), count(point, "notIP"), HumanUnits.count(malformed), count(point, "dropped"),
        ]
    }

    private static func storeLines(_ store: JSONValue) -> [String] {
        let used = HumanUnits.bytes(UInt64(clamping: store["bytes"]?.int ?? 0))
        var size = used
        if let most = store["bytesMax"]?.int, most > 0 {
            size += " of at most \(HumanUnits.bytes(UInt64(clamping: most)))"
        }
        let flows = list([("flows", "flows"), ("blocks", "blocks")], store)
        var lines = ["\(text(store, "path") ?? "-"): \(flows), \(size)"]
        if let oldest = text(store, "oldest"), let newest = text(store, "newest") {
            lines.append("from \(oldest) to \(newest)")
        }
        if let retention = store["retentionSeconds"]?.int, retention > 0 {
            let (nanoseconds, overflow) = retention.multipliedReportingOverflow(by: 1_000_000_000)
            lines.append("keeps \(HumanUnits.duration(overflow ? .max : nanoseconds))")
        }
        let losses = list(
            [("writeFailures", "write failures"), ("flowsNotStored", "flows not stored")],
            store,
            onlyNonZero: true
        )
        if !losses.isEmpty { lines.append(losses) }
        return lines
    }

    private static func attributionLines(_ attribution: JSONValue) -> [String] {
        let ends = attribution.fields.compactMapValues(\.int).filter { $0.value > 0 }
        let sum = ends.values.reduce(Int64(0)) { $0 &+ $1 }
        guard sum > 0 else { return ["no ends attributed yet"] }
        let sorted = ends.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.map { basis, ends in
            let permille = Int64((Double(ends) / Double(sum) * 1000).rounded())
            let share = "\(permille / 10).\(permille % 10) %"
            let name = PrintableText.of(basis)
            let number = HumanUnits.count(ends)
            return name + String(repeating: " ", count: max(1, 30 - name.unicodeScalars.count - number.count))
                + number + String(repeating: " ", count: max(1, 9 - share.count)) + share
        }
    }

    /// `12 pods, 5 services`.
    private static func list(
        _ names: [(key: String, words: String)],
        _ object: JSONValue,
        onlyNonZero: Bool = false
    ) -> String {
        names.filter { !onlyNonZero || (object[$0.key]?.int ?? 0) != 0 }
            .map { "\(count(object, $0.key)) \($0.words)" }.joined(separator: ", ")
    }

    private static func count(_ object: JSONValue, _ key: String) -> String {
        HumanUnits.count(object[key]?.int ?? 0)
    }

    /// A string made safe to print; times to the millisecond.
    private static func text(_ object: JSONValue, _ key: String) -> String? {
        guard let text = object[key]?.text else { return nil }
        if let time = Timestamp(rfc3339: text) { return HumanUnits.time(time) }
        return PrintableText.of(text)
    }
}
