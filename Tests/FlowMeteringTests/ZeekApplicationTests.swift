import FlowMetering
import FlowModel
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

/// DNS and HTTP as flows carry them beside what Zeek's own tests say.
struct ZeekApplicationTests {
    /// Rows of Zeek that no report has, by capture, and why.
    private static let explained: [String: String] = [
        "pcap/zeek/http__connect-with-smtp.pcap": "a space in a target, which Zeek takes for no host",
        "pcap/zeek/http__http-inner-transfer-encoding-ossfuzz.pcap": "a broken status line",
        "pcap/zeek/http__methods.pcap": "HTTP/0.9, and request lines that are not HTTP/1",
        "pcap/zeek/ipv6-fragmented-dns.pcap": "fragments are not put together",
        "pcap/zeek/mixed-vlan-mpls.pcap": "a request in HTTP/0.9",
        "pcap/zeek/tunnels__ayiya3.pcap": "a tunnel that is not opened (AYIYA)",
        "pcap/zeek/tunnels__gre-over-udp-4754.pcap": "a tunnel that is not opened (GRE in UDP)",
        "pcap/zeek/tunnels__gtp__gtp1_gn_normal_incl_fragmentation.pcap": "outer packets that are fragmented",
    ]

    private static func reports(_ path: String) throws -> [Observation] {
        let bytes = try SharedData.bytes(path)
        return try bytes.withUnsafeBytes { bytes in
            var reader = try CaptureFileReader(bytes)
            var meter = FlowMeter(configuration: .init(interval: nil, idleTimeout: nil, decapsulate: .all))
            var reports: [Observation] = []
            while let packet = reader.next() {
                meter.add(
                    packet.bytes,
                    wireLength: packet.originalLength,
                    timestamp: Timestamp(nanoseconds: packet.nanoseconds),
                    linkType: packet.linkType,
                    into: &reports
                )
            }
            meter.finish(into: &reports)
            return reports
        }
    }

    @Test(.needsSharedData)
    func `DNS exchanges are Zeek's, with code, answers and latency`() throws {
        let rows = try ZeekBaselines.dns()
        var equal = 0
        for capture in Set(rows.map(\.connection.capture)).sorted() {
            let ours = try Self.reports(capture).flatMap { report in
                (report.dns?.exchanges ?? []).map { (report.source.port, $0) }
            }
            for row in rows where row.connection.capture == capture {
                let found = ours.contains { port, exchange in
                    let isSameLatency =
                        row.roundTrip == nil || exchange.latency == nil
                        || abs(Double(exchange.latency ?? 0) / 1e9 - (row.roundTrip ?? 0)) < 2e-6
                    let answers = exchange.answers.map(\.description)
                    return port == row.connection.sourcePort
                        && (row.type == nil || (row.type == nil || exchange.type == row.type))
                        && exchange.name == (row.query ?? "").lowercased() && exchange.code == row.code
                        && isSameLatency && answers.allSatisfy(row.answers.contains)
                }
                if found {
                    equal += 1
                } else if Self.explained[capture] == nil {
                    Issue.record("\(row)\n\(ours)")
                }
            }
        }
        print("DNS in flows: \(equal) of \(rows.count) exchanges are Zeek's")
        #expect(equal >= 20)
    }

    @Test(.needsSharedData)
    func `HTTP exchanges are Zeek's, with method, host, path and status`() throws {
        let rows = try ZeekBaselines.http()
        var equal = 0
        for capture in Set(rows.map(\.connection.capture)).sorted() {
            let reports = try Self.reports(capture)
            var ours: [String] = []
            var omitted = 0
            for report in reports {
                omitted += Int(report.http?.omitted ?? 0)
                for exchange in report.http?.exchanges ?? [] {
                    let status = exchange.status.map { "\($0)" } ?? "-"
                    ours.append("\(report.source.port) \(exchange.method) \(exchange.host) \(exchange.path) \(status)")
                }
            }
            for row in rows where row.connection.capture == capture {
                let path = (row.uri ?? "").prefix { $0 != "?" }
                let status = row.status.map { "\($0)" } ?? "-"
                let text = "\(row.connection.sourcePort) \(row.method ?? "") \(row.host ?? "") \(path) \(status)"
                if let index = ours.firstIndex(of: text) {
                    ours.remove(at: index)
                    equal += 1
                } else if omitted == 0, Self.explained[capture] == nil {
                    Issue.record("\(capture): \(text) is not among \(ours)")
                }
            }
        }
        print("HTTP in flows: \(equal) of \(rows.count) exchanges are Zeek's")
        #expect(equal >= 60)
    }
}
