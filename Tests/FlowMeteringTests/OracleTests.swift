import FlowMetering
import FlowModel
import Foundation
import PacketParsing
import TestSupport
import Testing

struct OracleTests {
    /// How many captures of each source may differ: those whose link layer is not read here (802.11, frame relay,
    /// NFLOG, 802.1ah, MACsec, …), BIG TCP and jumbograms, which that tshark does not decode, and broken headers.
    @Test(
        .needsSharedData,
        arguments: [
            ("community-id-spec", 0), ("skydive", 0), ("tcpdump", 41), ("zeek", 10), ("gopacket", 0), ("ndpi", 0),
            ("arkime", 4),
        ]
    )
    func `flows of captures agree with tshark`(source: String, differingMax: Int) throws {
        var agreeing = 0
        var unreadable: [String] = []
        var differing: [String] = []
        let captures = try OracleCapture.load(source)
        for capture in captures {
            do {
                guard let metered = try MeteredCapture(file: capture.file) else { continue }
                let counters = metered.counters
                #expect(
                    counters.frames == counters.framesMetered + counters.notIP + counters.malformedTotal,
                    "\(capture.file)"
                )
                #expect(metered.sums.packets == counters.packets, "\(capture.file)")
                #expect(metered.sums.bytes == counters.bytes, "\(capture.file)")
                let expected = capture.comparedFlows
                let isEqual =
                    metered.hasOrderedTimes
                    ? metered.flows == expected : metered.flows.withoutTimes == expected.withoutTimes
                if isEqual {
                    agreeing += 1
                } else {
                    differing.append(capture.file)
                    describe(capture, metered, expected)
                }
            } catch let error as CaptureFileError {
                unreadable.append("\(capture.file): \(error)")
            }
        }
        print("\(source): \(agreeing) of \(captures.count) agree, \(unreadable.count) unreadable")
        #expect(unreadable.isEmpty)
        #expect(differing.count <= differingMax, "\(differing)")
    }

    private func describe(
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
