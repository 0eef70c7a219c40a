import FlowAttribution
import FlowModel
import JSONText
import Testing

@testable import RecordFormats

/// What analysis finds, in documents and in text.
@Suite struct AnalysisRecordTests {
    private func document(_ flow: AttributedFlow) throws -> JSONValue {
        var encoder = ECSFlowEncoder()
        var output: [UInt8] = []
        encoder.encode(flow, into: &output)
        return try JSONValue.parse(output)
    }

    private func value(_ document: JSONValue, _ path: String) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(document)) { $0?[String($1)] }
    }

    @Test func `a document has the TCP report with both directions apart`() throws {
        let tcp = try #require(value(try document(FlowSamples.analysed), "podsight.tcp"))
        #expect(tcp["source_flags"]?.text == "FSPA")
        #expect(tcp["state"]?.text == "reset_by_destination")
        #expect(tcp["orderly"] == .bool(false))
        #expect(tcp["handshake_rtt"]?.int == 13_000_000)
        let source = tcp["source"]?.fields.mapValues(\.int)
        #expect(
            source == [
                "payload_bytes": 300, "retransmitted": 2, "out_of_order": 0, "lost": 1, "zero_windows": 0, "resets": 0,
                "handshake_rtt": 1_000_000,
            ]
        )
        #expect(tcp["destination"]?["handshake_rtt"]?.int == 12_000_000)
        #expect(tcp["destination"]?["zero_windows"]?.int == 3)
    }

    @Test func `latencies are quantiles and a histogram that Elasticsearch takes`() throws {
        let exchanges = try #require(value(try document(FlowSamples.analysed), "podsight.exchanges"))
        #expect(exchanges["count"]?.int == 3)
        let latency = try #require(exchanges["latency"])
        #expect(latency["mean"]?.int == 84_666_666)
        #expect(latency["max"]?.int == 250_000_000)
        let median = try #require(latency["p50"]?.int)
        #expect(abs(median - 2_000_000) <= 2_000_000 / 16)
        #expect(latency["p99"]?.int == 250_000_000 || (latency["p99"]?.int ?? 0) > 230_000_000)
        let values = latency["histogram"]?["values"]?.items.compactMap(\.int) ?? []
        #expect(values.count == 2 && values == values.sorted() && values[0] == median)
        #expect(latency["histogram"]?["counts"]?.items.compactMap(\.int) == [2, 1])
        var empty = FlowSamples.analysed
        empty.observation.exchanges = LatencyHistogram()
        #expect(value(try document(empty), "podsight.exchanges") == .object(["count": .integer(0)]))
    }

    @Test func `DNS is in the fields of ECS, each value once, and by exchange`() throws {
        let document = try document(FlowSamples.lookup)
        #expect(value(document, "network.protocol")?.text == "dns")
        #expect(value(document, "dns.question.name")?.items.compactMap(\.text) == ["example.com.svc", "example.com"])
        #expect(value(document, "dns.question.type")?.items.compactMap(\.text) == ["A", "HTTPS"])
        #expect(value(document, "dns.response_code")?.items.compactMap(\.text) == ["NXDOMAIN", "NOERROR"])
        #expect(value(document, "dns.resolved_ip")?.items.compactMap(\.text) == ["93.184.216.34", "93.184.216.35"])
        #expect(value(document, "podsight.dns.failures")?.int == 1)
        let exchanges = value(document, "podsight.dns.exchanges")?.items ?? []
        #expect(exchanges.count == 3)
        #expect(Set(exchanges[0].fields.keys) == ["time", "name", "type", "code", "latency"])
        #expect(exchanges[1]["answers"]?.items.count == 2)
        #expect(Set(exchanges[2].fields.keys) == ["time", "name", "type"])
    }

    @Test func `HTTP is in the fields of ECS, each value once, and by exchange`() throws {
        let document = try document(FlowSamples.analysed)
        #expect(value(document, "network.protocol")?.text == "http")
        #expect(value(document, "http.request.method")?.items.compactMap(\.text) == ["POST", "GET"])
        #expect(value(document, "http.response.status_code")?.items.compactMap(\.int) == [503, 200])
        #expect(value(document, "url.domain")?.text == "example.com")
        #expect(value(document, "url.path")?.items.compactMap(\.text) == ["/api/\u{1b}\"orders", "/"])
        #expect(value(document, "podsight.http.responses")?.fields["5xx"]?.int == 1)
        let exchanges = value(document, "podsight.http.exchanges")?.items ?? []
        #expect(exchanges.count == 2 && exchanges[0]["host"]?.text == "example.com:80")
        #expect(Set(exchanges[1].fields.keys) == ["time", "method", "path", "status"])
    }

    @Test func `a name outside, a tunnel and super-packets have their fields`() throws {
        let document = try document(FlowSamples.analysed)
        #expect(value(document, "destination.domain")?.text == "example.com")
        #expect(value(document, "podsight.attribution.destination.basis")?.text == "dns_answer")
        #expect(value(document, "podsight.tunnel.kind")?.text == "vxlan")
        #expect(value(document, "podsight.tunnel.destination")?.text == "192.168.49.3")
        #expect(value(document, "podsight.tunnel.id")?.int == 42)
        #expect(value(document, "podsight.super_packets")?.int == 7)
    }

    @Test func `text from the network and numbers without sense leave a valid document`() throws {
        var flow = FlowSamples.analysed
        let evil = "a\",\"x\":{\n\u{0}\\ \u{202e}\u{fffd}"
        let http = HTTPExchange(time: .distantPast, method: evil, host: evil, path: evil, status: .max, latency: .min)
        flow.observation.http?.exchanges = [http]
        var dns = DNSReport()
        dns.exchanges = [
            DNSExchange(time: .distantFuture, name: evil, type: .max, code: 255, latency: -1, answers: [])
        ]
        flow.observation.dns = dns
        flow.destination.domain = evil
        flow.observation.tcp?.handshakeToSource = .min
        flow.observation.tcp?.forward.payloadBytes = .max
        flow.observation.exchanges?.longest = .min
        flow.observation.exchanges?.sum = .min
        flow.observation.exchanges?.add(LatencyHistogram.Entry(bucket: 255, count: .max))
        let document = try document(flow)
        for path in ["http.request.method", "url.path", "url.domain", "dns.question.name", "destination.domain"] {
            #expect(value(document, path)?.text == evil, "\(path)")
        }
        #expect(value(document, "dns.question.type")?.text == "TYPE65535")
        #expect(value(document, "dns.response_code")?.text == "RCODE255")
        #expect(value(document, "podsight.tcp.source.payload_bytes")?.int == .max)
        #expect(value(document, "podsight.exchanges.latency.max")?.int == 0)
    }

    private func rows(_ format: FlowTextFormat) -> [[String]] {
        var encoder = FlowTextEncoder(format)
        let text = String(decoding: encoder.encode([FlowSamples.analysed, FlowSamples.lookup]), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).map { line in
            format == .csv
                ? line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                : line.split(separator: "  ").map { $0.trimmingPrefix(" ") }.filter { !$0.isEmpty }.map(String.init)
        }
    }

    @Test func `the table names the destination and its trouble in a few words`() {
        let rows = rows(.table)
        #expect(rows[0].last == "TROUBLE")
        #expect(rows[1].contains("example.com (catalogue)") == false && rows[1].contains("example.com"))
        #expect(rows[1].last == "reset_by_destination 2×resent 1×lost 3×zero-window 1×5xx")
        #expect(rows[2].last == "NXDOMAIN")
    }

    @Test func `the wide table has state, times, names and the tunnel`() {
        let rows = rows(.wide)
        #expect(Set(rows.map(\.count)).count == 1)
        let first = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[1]))
        #expect(first["STATE"] == "reset_by_destination" && first["RTT"] == "13.0 ms")
        #expect(first["RESENT→"] == "2" && first["RESENT←"] == "0" && first["LOST→"] == "1")
        #expect(first["HTTP"] == "POST /api/\u{fffd}\"orders 503, GET / 200" && first["TUNNEL"] == "vxlan 42")
        let second = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[2]))
        #expect(second["DNS"] == "example.com.svc NXDOMAIN, example.com NOERROR, example.com ?")
        #expect(second["STATE"] == "-" && second["RTT"] == "-" && second["P99"] == "-")
    }

    @Test func `CSV has raw numbers, and words side by side`() {
        let rows = rows(.csv)
        let first = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[1]))
        #expect(first["destination_domain"] == "example.com" && first["tcp_state"] == "reset_by_destination")
        #expect(first["handshake_rtt_ns"] == "13000000" && first["exchanges"] == "3")
        #expect(first["source_payload_bytes"] == "300" && first["destination_zero_windows"] == "3")
        #expect(first["http_methods"] == "POST GET" && first["http_statuses"] == "503 200")
        #expect(first["tunnel"] == "vxlan" && first["tunnel_id"] == "42" && first["super_packets"] == "7")
        let second = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[2]))
        #expect(second["dns_names"] == "example.com.svc example.com" && second["dns_types"] == "A HTTPS")
        #expect(second["dns_codes"] == "NXDOMAIN NOERROR" && second["tcp_state"] == "")
        #expect(second["source_lost"] == "" && second["latency_p99_ns"] == "")
    }

    @Test(arguments: [
        ("example.com", "example.com"), ("example.com:8080", "example.com"), ("example.com:", "example.com"),
        ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("fe80::1", "fe80::1"), ("a:b", "a:b"), ("", ""), (":80", ""),
    ])
    func `the domain is the host without its port`(host: String, domain: String) {
        #expect(HostHeader.domain(of: host) == domain)
    }
}
