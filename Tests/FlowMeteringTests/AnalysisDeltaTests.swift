import FlowMetering
import FlowModel
import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

/// What analysis counts, summed over all reports of a capture.
private struct AnalysisSum: Equatable {
    var forward: [UInt64] = Array(repeating: 0, count: 6)
    var exchanges = LatencyHistogram()
    var handshakes = 0
    var handshakeTime: Int64 = 0
    var dns: [UInt64] = [0, 0, 0]
    var http: [UInt64] = [0, 0]
    var packets: UInt64 = 0
    var bytes: UInt64 = 0

    mutating func add(_ report: Observation) {
        packets += report.forward.packets + report.backward.packets
        bytes += report.forward.bytes + report.backward.bytes
        for counts in [report.tcp?.forward, report.tcp?.backward].compactMap(\.self) {
            let values = [
                counts.payloadBytes, UInt64(counts.retransmitted), UInt64(counts.outOfOrder), UInt64(counts.lost),
                UInt64(counts.zeroWindows), UInt64(counts.resets),
            ]
            for (index, value) in values.enumerated() { forward[index] += value }
        }
        if let exchanges = report.exchanges { self.exchanges.merge(exchanges) }
        for half in [report.tcp?.handshakeToDestination, report.tcp?.handshakeToSource].compactMap(\.self) {
            handshakes += 1
            handshakeTime += half
        }
        if let dns = report.dns {
            self.dns[0] += UInt64(dns.queries)
            self.dns[1] += UInt64(dns.responses)
            self.dns[2] += UInt64(dns.failures)
        }
        if let http = report.http {
            self.http[0] += UInt64(http.requests)
            self.http[1] += http.responses.total
        }
    }
}

struct AnalysisDeltaTests {
    private static func sum(_ file: String, interval: Int64?, settlesOften: Bool) throws -> (AnalysisSum, Int) {
        let bytes = try SharedData.bytes("pcap/\(file)")
        return try bytes.withUnsafeBytes { bytes in
            var reader = try CaptureFileReader(bytes)
            var meter = FlowMeter(configuration: .init(interval: interval, idleTimeout: nil, linger: 1 << 60))
            var sum = AnalysisSum()
            var count = 0
            var reports: [Observation] = []
            while let packet = reader.next() {
                meter.add(
                    packet.bytes,
                    wireLength: packet.originalLength,
                    timestamp: Timestamp(nanoseconds: packet.nanoseconds),
                    linkType: packet.linkType,
                    into: &reports
                )
                if settlesOften { meter.settle(into: &reports) }
            }
            meter.finish(into: &reports)
            for report in reports { sum.add(report) }
            count += reports.count
            return (sum, count)
        }
    }

    /// Whatever the interval, the reports of a capture add up to the same.
    @Test(.needsSharedData, arguments: ["zeek", "arkime", "ndpi"])
    func `the deltas of all reports add up to what one report says`(source: String) throws {
        struct Entry: Decodable { let file: String }
        let files = try SharedData.lines("pcap/index.jsonl").map {
            try JSONDecoder().decode(Entry.self, from: Data($0.utf8)).file
        }
        var (more, compared) = (0, 0)
        for file in files where file.hasPrefix(source + "/") && (try? SharedData.bytes("pcap/\(file)")) != nil {
            guard let (once, onceCount) = try? Self.sum(file, interval: nil, settlesOften: true) else { continue }
            let (often, oftenCount) = try Self.sum(file, interval: 10_000_000, settlesOften: false)
            #expect(once == often, "\(file)")
            compared += 1
            more += oftenCount - onceCount
        }
        print("deltas: \(compared) captures of \(source), \(more) more reports at 10 ms")
        #expect(compared > 100 && more > 1000)
    }
}
