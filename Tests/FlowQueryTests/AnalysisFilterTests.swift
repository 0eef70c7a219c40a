import FlowAttribution
import Testing

@testable import FlowQuery

@Suite struct AnalysisFilterTests {
    /// One case a line: a filter, `|`, and the flows that pass it (of call, which has no analysis, question and order).
    static let cases = """
        tcp.state=reset_by_destination | order
        tcp.state=reset_* | order
        tcp.state~^reset | order
        tcp.state!=closed | call question order
        tcp.state=closed,attempted |
        rtt>10ms | order
        rtt=13ms | order
        rtt>=13001us |
        rtt<1s | order
        rtt!=13ms | call question
        retransmitted>0 | order
        retransmitted=3 | order
        retransmitted=0 |
        retransmitted!=3 | call question
        out_of_order=0 | order
        lost>0 |
        lost=0 | order
        zero_windows>0 | order
        zero_windows=2-9 |
        resets=1 | order
        exchanges=3 | order
        exchanges>3 |
        latency.p50<10ms | order
        latency.p90>100ms | order
        latency.p99>100ms | order
        latency.p99>1s |
        latency.max=250ms | order
        latency.max!=250ms | call question
        dns.name=*.example.com | question
        dns.name=shop.example.com | question
        dns.name=SHOP.example.* | question
        dns.name!=*.cluster.local | call order
        dns.name~"svc\\.cluster" | question
        dns.type=A | question
        dns.type=aaaa | question
        dns.type=MX,TXT |
        dns.code=NXDOMAIN | question
        dns.code=nxdomain,SERVFAIL | question
        dns.code=RCODE13 |
        dns.code!=NOERROR | call order
        dns.answer=93.184.0.0/16 | question
        dns.answer=10.0.0.0/8 |
        http.method=POST | order
        http.method=post | order
        http.method=* | order
        http.method=GET |
        http.method!=GET | call question order
        http.status>=500 | order
        http.status=200-299 | order
        http.status=404 |
        http.status<200 |
        http.path=/api/* | order
        http.path=/API/* |
        http.path~^/api | order
        http.host=shop.example.com | order
        http.host=other |
        tunnel=vxlan | order
        tunnel=* | order
        tunnel=gre,geneve |
        tunnel!=vxlan | call question
        tunnel.id=42 | order
        tunnel.id>42 |
        tunnel.ip=192.168.49.3 | order
        tunnel.ip!=192.168.49.2 | call question
        dst.domain=*.example.com | order
        domain=SHOP.example.com | order
        src.domain=* |
        dst.domain!=* | call question
        basis=dns_answer | order
        kind=External dst.port=80 | order
        shop.example | order
        (tcp.state=rejected,reset_* or lost>0 or dns.code=SERVFAIL,REFUSED or http.status>=500) | order
        """

    @Test(arguments: cases.split(separator: "\n").map(String.init))
    func `passes what it says`(line: String) throws {
        let bar = try #require(line.lastIndex(of: "|"))
        let filter = try Filter.parse(String(line[..<bar]))
        let expected = Set(line[line.index(after: bar)...].split(separator: " ").map(String.init))
        #expect(Set(SampleFlows.analysed.filter { filter.matches($0.value) }.keys) == expected)
        #expect(try Filter.parse(filter.description) == filter, "\(filter)")
        let block = BlockFilter(of: Array(SampleFlows.analysed.values))
        #expect(expected.isEmpty || filter.mayPass(block))
    }

    @Test(arguments: [
        ("dns.nam=x", 1, "unknown field 'dns.nam'", "dns.name"),
        ("tcp.stat=x", 1, "unknown field 'tcp.stat'", "tcp.state"),
        ("http.satus=500", 1, "unknown field 'http.satus'", "http.status"),
        ("retransmited>0", 1, "unknown field 'retransmited'", "retransmitted"),
        ("latency>1s", 1, "unknown field 'latency'", "latency.p99"),
        ("latency.p98>1s", 1, "unknown field 'latency.p98'", "latency.p90"),
        ("dst.domian=x", 1, "unknown field 'dst.domian'", "dst.domain"),
        ("vni=42", 1, "unknown field 'vni'", "tunnel.id"),
        ("rtt>10", 5, "'10' is not a duration such as 250ms or 5s", nil),
        ("http.status=5xx", 13, "'5xx' is not a number", nil),
        ("tunnel=vxlna", 8, "'vxlna' is none of vxlan, geneve, gre, ipip, gtpu", "vxlan"),
    ])
    func `says what a near miss may have meant`(text: String, column: Int, message: String, meant: String?) {
        #expect(throws: FilterError(column: column, message: message, suggestion: meant)) { try Filter.parse(text) }
    }

    @Test func `a misspelt state or code names the right one`() {
        let state = #expect(throws: FilterError.self) { try Filter.parse("tcp.state=reset_by_sorce") }
        #expect(state?.suggestion == "reset_by_source")
        let code = #expect(throws: FilterError.self) { try Filter.parse("dns.code=NXDOMIAN") }
        #expect(code?.suggestion == "NXDOMAIN")
    }
}
