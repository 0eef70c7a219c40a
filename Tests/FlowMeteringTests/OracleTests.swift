import FlowMetering
import FlowModel
import Foundation
import PacketParsing
import TestSupport
import Testing

/// The flows of every capture of the shared data beside those that tshark 4.0.17 sees.
struct OracleTests {
    private static let sources = [
        "arkime", "community-id-spec", "gopacket", "ndpi", "skydive", "tcpdump", "zeek",
    ]

    /// What became of the captures of one source.
    private struct Tally {
        var files = 0
        var agreeing = 0
        /// They differ, and the documentation says why.
        var judged = 0
        /// Not read, for a reason that is told.
        var refused = 0
        var unexplained: [String] = []

        func row(_ source: String) -> String {
            let counts = [files, agreeing, judged, refused, unexplained.count].map { "\($0)" }
            let cells = counts.map { String(repeating: " ", count: 9 - $0.count) + $0 }
            return source.padding(toLength: 18, withPad: " ", startingAt: 0) + cells.joined()
        }
    }

    @Test(.needsSharedData)
    func `flows of captures agree with tshark, or the documentation says why not`() throws {
        let judged = try DocumentedDifferences(heading: "Flows").rows
        let refused = try DocumentedDifferences(heading: "Refused").rows
        var open = Set(judged.keys).union(refused.keys)
        var table = ["source                files    agree   judged  refused  unknown"]
        var total = Tally()
        for source in Self.sources {
            var tally = Tally()
            for capture in try OracleCapture.load(source) {
                tally.files += 1
                switch try Self.compare(capture) {
                case .agrees: tally.agreeing += 1
                case .refused where refused[capture.file] != nil:
                    tally.refused += 1
                    open.remove(capture.file)
                case .differs where judged[capture.file] != nil:
                    tally.judged += 1
                    open.remove(capture.file)
                case .differs, .refused: tally.unexplained.append(capture.file)
                }
            }
            #expect(tally.unexplained.isEmpty)
            table.append(tally.row(source))
            total.files += tally.files
            total.agreeing += tally.agreeing
            total.judged += tally.judged
            total.refused += tally.refused
            total.unexplained += tally.unexplained
        }
        print((table + [total.row("all")]).joined(separator: "\n"))
        #expect(open.isEmpty, "they agree, or are not there, and need no row in the documentation")
    }

    private enum Outcome {
        case agrees, differs, refused
    }

    private static func compare(_ capture: OracleCapture) throws -> Outcome {
        let metered: MeteredCapture
        do {
            metered = try MeteredCapture(file: capture.file)
        } catch is CaptureFileError {
            return .refused
        }
        let counters = metered.counters
        #expect(counters.frames == counters.framesMetered + counters.notIP + counters.malformedTotal)
        #expect(metered.sums == TrafficCount(packets: counters.packets, bytes: counters.bytes), "\(capture.file)")
        guard !metered.isRefused else { return .refused }
        let expected = capture.comparedFlows
        let isEqual =
            metered.hasOrderedTimes
            ? metered.flows == expected : metered.flows.withoutTimes == expected.withoutTimes
        if !isEqual { describe(capture, metered, expected) }
        return isEqual ? .agrees : .differs
    }

    private static func describe(
        _ capture: OracleCapture,
        _ metered: MeteredCapture,
        _ expected: [String: ComparedFlow]
    ) {
        guard ProcessInfo.processInfo.environment["ORACLE_DIFFERENCES"] != nil else { return }
        print("\(capture.file) links \(capture.encap) malformed \(capture.malformed_frames.count)")
        for (id, flow) in metered.flows where expected[id] != flow { print("   ours \(id) \(flow)") }
        for (id, flow) in expected where metered.flows[id] != flow { print("   oracle \(id) \(flow)") }
    }
}
