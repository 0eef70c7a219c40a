import ClusterHistory
import FlowAttribution
import FlowModel
import Foundation
import JSONText
import NetworkAddressing
import Testing

@testable import RecordFormats

@Suite struct FlowTextEncoderTests {
    private func text(_ format: FlowTextFormat, _ flows: [AttributedFlow], isStream: Bool = false) -> String {
        var encoder = FlowTextEncoder(format, isStream: isStream)
        return String(decoding: encoder.encode(flows), as: UTF8.self)
    }

    private var hostile: AttributedFlow {
        var flow = FlowSamples.translated
        flow.source.identity = Identity(
            kind: .pod,
            namespace: "=cmd|'/c calc'!A0",
            name: "\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m\r\n\"quoted\", pod" + String(repeating: "x", count: 5000)
        )
        return flow
    }

    @Test func `the table says who talked to whom, how much and on what evidence`() {
        let lines = text(.table, FlowSamples.all).split(separator: "\n").map(String.init)
        #expect(lines.count == 1 + FlowSamples.all.count)
        let row = lines[1].split(separator: " ", omittingEmptySubsequences: true)
        #expect(
            row == [
                "2026-11-21T01:35:21.704Z", "robot-shop/cart", "robot-shop/catalogue", "(catalogue)", "8080", "tcp",
                "512", "B", "700", "B", "11", "2.95", "ms", "observation_point→translation",
                "-",
            ]
        )
        #expect(lines[2].contains("node/minikube "))
        #expect(lines[2].contains("service/robot-shop/web "))
        #expect(lines[3].contains("host/laptop"))
    }

    @Test(arguments: [FlowTextFormat.table, .wide]) func `columns stand under their titles`(format: FlowTextFormat) {
        let lines = text(format, FlowSamples.all).split(separator: "\n").map { Array($0.unicodeScalars) }
        let header = String(String.UnicodeScalarView(lines[0]))
        for title in ["SOURCE", "DESTINATION", "PROTO", "BASIS"] {
            let start = header.unicodeScalars.distance(
                from: header.startIndex,
                to: header.range(of: " \(title) ")?.lowerBound ?? header.startIndex
            )
            guard start > 0 else { continue }
            for line in lines {
                #expect(line[start] == " ")
                #expect(line[start + 1] != " ")
            }
        }
    }

    @Test func `a stream has the same widths from the first row on, and the header once`() {
        var encoder = FlowTextEncoder(.table, isStream: true)
        var parts: [String] = []
        parts.append(String(decoding: encoder.encode([]), as: UTF8.self))
        for flow in FlowSamples.all { parts.append(String(decoding: encoder.encode([flow]), as: UTF8.self)) }
        #expect(parts[0].hasPrefix("TIME"))
        #expect(parts.joined().components(separatedBy: "TIME").count == 2)
        let whole = text(.table, FlowSamples.all, isStream: true)
        #expect(parts.joined() == whole)
    }

    @Test(arguments: [FlowTextFormat.table, .wide, .csv])
    func `hostile names reach no terminal and break no line`(format: FlowTextFormat) {
        let output = text(format, [hostile])
        #expect(output.split(whereSeparator: \.isNewline).count == 2)
        for scalar in output.unicodeScalars where scalar != "\n" && scalar != "\r" {
            #expect(scalar.properties.generalCategory != .control)
            #expect(scalar.properties.generalCategory != .format)
        }
        #expect(output.utf8.count < 6000)
    }

    @Test func `CSV reads back by RFC 4180 and starts no formula`() throws {
        let rows = try parseCSV(text(.csv, FlowSamples.all + [hostile]))
        #expect(rows.count == FlowSamples.all.count + 2)
        #expect(Set(rows.map(\.count)) == [rows[0].count])
        #expect(Set(rows[0]).count == rows[0].count)
        let first = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[1]))
        #expect(first["source_ip"] == "172.17.0.8")
        #expect(first["destination_orig_ip"] == "10.104.246.80")
        #expect(first["destination_workload"] == "catalogue")
        #expect(first["destination_service"] == "robot-shop/catalogue")
        #expect(first["duration_ns"] == "2954000")
        #expect(first["bytes"] == "1212")
        #expect(first["time"] == "2026-11-21T01:35:21.704954000Z")
        #expect(first["side"] == "source")
        let evil = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[FlowSamples.all.count + 1]))
        #expect(evil["source_namespace"] == "'=cmd|'/c calc'!A0")
        #expect(evil["source_name"]?.contains("\"quoted\", pod") == true)
        for row in rows {
            for cell in row { #expect(!["=", "+", "-", "@"].contains(cell.prefix(1))) }
        }
    }

    /// A slow reader of RFC 4180.
    private func parseCSV(_ text: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isQuoted {
                if byte == UInt8(ascii: "\""), index + 1 < bytes.count, bytes[index + 1] == byte {
                    cell.append(byte)
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted = false
                } else {
                    cell.append(byte)
                }
            } else if byte == UInt8(ascii: "\"") {
                #expect(cell.isEmpty)
                isQuoted = true
            } else if byte == UInt8(ascii: ",") || byte == 13 {
                row.append(String(decoding: cell, as: UTF8.self))
                cell = []
                if byte == 13 {
                    #expect(index + 1 < bytes.count && bytes[index + 1] == 10)
                    index += 1
                    rows.append(row)
                    row = []
                }
            } else {
                #expect(byte != 10)
                cell.append(byte)
            }
            index += 1
        }
        #expect(row.isEmpty && cell.isEmpty)
        return rows
    }

    @Test func `jsonl is a document a line without a header`() throws {
        let lines = text(.jsonl, FlowSamples.all).split(separator: "\n")
        #expect(lines.count == FlowSamples.all.count)
        for line in lines { #expect(try JSONValue.parse(String(line))["type"]?.text == "flow") }
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.00 KB"), (1234, "1.23 KB"), (9_996, "10.0 KB"), (99_960, "100 KB"),
        (999_499, "999 KB"), (999_500, "1.00 MB"), (12_345_678_901, "12.3 GB"), (UInt64.max, "18.4 EB"),
    ])
    func `bytes in units of 1000`(count: UInt64, text: String) {
        #expect(HumanUnits.bytes(count) == text)
    }

    @Test(arguments: [
        (-5, "0 ns"), (999, "999 ns"), (2_954_000, "2.95 ms"), (999_600_000, "1.00 s"), (10_000_000_000, "10.0 s"),
        (192_000_000_000, "3m12s"), (7_500_000_000_000, "2h05m"), (356_400_000_000_000, "4d03h"),
    ])
    func `durations`(nanoseconds: Int64, text: String) {
        #expect(HumanUnits.duration(nanoseconds) == text)
    }
}
