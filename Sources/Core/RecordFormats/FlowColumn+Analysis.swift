import FlowAttribution
import FlowModel
import NetworkAddressing

/// Columns of what analysis finds; empty where it found nothing.
extension FlowColumn {
    static let wideAnalysis = [
        FlowColumn("STATE", 12) { flow, _ in dash(flow.observation.tcp?.state.name) },
        FlowColumn("RTT", 7, isNumber: true) { flow, _ in duration(flow.observation.tcp?.handshakeRTT) },
        FlowColumn("RESENT→", isNumber: true) { flow, _ in dash(count(flow, \.forward.retransmitted)) },
        FlowColumn("RESENT←", isNumber: true) { flow, _ in dash(count(flow, \.backward.retransmitted)) },
        FlowColumn("LOST→", isNumber: true) { flow, _ in dash(count(flow, \.forward.lost)) },
        FlowColumn("LOST←", isNumber: true) { flow, _ in dash(count(flow, \.backward.lost)) },
        FlowColumn("P50", 7, isNumber: true) { flow, _ in duration(flow.observation.exchanges?.quantile(0.5)) },
        FlowColumn("P99", 7, isNumber: true) { flow, _ in duration(flow.observation.exchanges?.quantile(0.99)) },
        FlowColumn("DNS", 24) { flow, _ in
            dash(joined(dns(flow) { "\($0.name) \($0.code.map(DNSNames.code) ?? "?")" }, separator: ", "))
        },
        FlowColumn("HTTP", 24) { flow, _ in
            dash(joined(http(flow) { "\($0.method) \($0.path) \($0.status.map(String.init) ?? "?")" }, separator: ", "))
        },
        FlowColumn("TUNNEL", 12) { flow, _ in
            dash(flow.observation.tunnel.map { "\($0.kind.name) \($0.identifier)" })
        },
    ]

    static let csvAnalysis =
        [
            FlowColumn("destination_domain") { flow, _ in flow.destination.domain ?? "" },
            FlowColumn("tcp_state") { flow, _ in flow.observation.tcp?.state.name ?? "" },
            FlowColumn("handshake_rtt_ns", isNumber: true) { flow, _ in
                nanoseconds(flow.observation.tcp?.handshakeRTT)
            },
        ]
        + counts("source", \.forward) + counts("destination", \.backward) + [
            FlowColumn("exchanges", isNumber: true) { flow, _ in
                flow.observation.exchanges.map { "\($0.count)" } ?? ""
            },
            FlowColumn("latency_p50_ns", isNumber: true) { flow, _ in
                nanoseconds(flow.observation.exchanges?.quantile(0.5))
            },
            FlowColumn("latency_p99_ns", isNumber: true) { flow, _ in
                nanoseconds(flow.observation.exchanges?.quantile(0.99))
            },
            FlowColumn("dns_names") { flow, _ in joined(dns(flow, \.name)) },
            FlowColumn("dns_types") { flow, _ in joined(dns(flow) { DNSNames.type($0.type) }) },
            FlowColumn("dns_codes") { flow, _ in joined(dns(flow) { $0.code.map(DNSNames.code) ?? "" }) },
            FlowColumn("http_methods") { flow, _ in joined(http(flow, \.method)) },
            FlowColumn("http_hosts") { flow, _ in joined(http(flow, \.host)) },
            FlowColumn("http_paths") { flow, _ in joined(http(flow, \.path)) },
            FlowColumn("http_statuses") { flow, _ in joined(http(flow) { $0.status.map(String.init) ?? "" }) },
            FlowColumn("tunnel") { flow, _ in flow.observation.tunnel?.kind.name ?? "" },
            FlowColumn("tunnel_id", isNumber: true) { flow, _ in
                flow.observation.tunnel.map { "\($0.identifier)" } ?? ""
            },
            FlowColumn("super_packets", isNumber: true) { flow, _ in "\(flow.observation.superPackets)" },
        ]

    private static func counts(
        _ name: String,
        _ end: any KeyPath<TCPReport, TCPCounts> & Sendable
    ) -> [FlowColumn] {
        let named: [(String, any KeyPath<TCPCounts, UInt32> & Sendable)] = [
            ("retransmitted", \.retransmitted), ("out_of_order", \.outOfOrder), ("lost", \.lost),
            ("zero_windows", \.zeroWindows), ("resets", \.resets),
        ]
        let payload = FlowColumn("\(name)_payload_bytes", isNumber: true) { flow, _ in
            flow.observation.tcp.map { "\($0[keyPath: end].payloadBytes)" } ?? ""
        }
        return [payload]
            + named.map { title, count in
                FlowColumn("\(name)_\(title)", isNumber: true) { flow, _ in
                    flow.observation.tcp.map { "\($0[keyPath: end][keyPath: count])" } ?? ""
                }
            }
    }

    private static func count(_ flow: AttributedFlow, _ count: KeyPath<TCPReport, UInt32>) -> String? {
        flow.observation.tcp.map { "\($0[keyPath: count])" }
    }

    private static func duration(_ nanoseconds: Int64?) -> String {
        nanoseconds.map(HumanUnits.duration) ?? "-"
    }

    private static func nanoseconds(_ time: Int64?) -> String { time.map { "\(max(0, $0))" } ?? "" }

    private static func dns(_ flow: AttributedFlow, _ text: (DNSExchange) -> String) -> [String] {
        flow.observation.dns?.exchanges.map(text) ?? []
    }

    private static func http(_ flow: AttributedFlow, _ text: (HTTPExchange) -> String) -> [String] {
        flow.observation.http?.exchanges.map(text) ?? []
    }

    /// Each text that says something once, in the order in which they first come.
    private static func joined(_ texts: [String], separator: String = " ") -> String {
        var seen: Set<String> = []
        return texts.filter { !$0.isEmpty && seen.insert($0).inserted }.joined(separator: separator)
    }
}
