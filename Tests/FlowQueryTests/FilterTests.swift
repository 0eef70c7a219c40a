import FlowAttribution
import Testing

@testable import FlowQuery

@Suite struct FilterTests {
    /// One case a line: a filter, `|`, and the flows that pass it (of call, query, lookup and ping).
    static let cases = """
        | call query lookup ping
        src.ns=robot-shop | call query ping
        ns=data | query
        ns!=data | call lookup ping
        dst.ns!=data | call lookup ping
        ns=robot-*,dat? | call query ping
        pod=web-6d7b-x | call ping
        pod=robot-shop/web-* | call ping
        pod=data/web-* |
        pod~"^(web|mongo)" | call query ping
        pod!~"^web" | query lookup
        pod~^mongodb-\\d+$ | query
        workload=web or workload=mongodb | call query ping
        workload=Deployment/web | call ping
        workload=robot-shop/Deployment/catalogue | call query
        workload=robot-shop/catalogue | call query
        src.workload=catalogue | query
        kind=statefulset | query
        kind=StatefulSet,node | query lookup
        src.kind=node | lookup
        kind=External | lookup
        kind=WellKnown | ping
        kind=pod | call query ping
        service=catalogue | call query
        service=catalogue-canary | call query
        dst.service=robot-shop/catalogue | call
        node=minikube | call lookup ping
        zone=zone-a | call ping
        uid=33333333-cccc | query
        name=mongodb | query
        name=minikube | call lookup ping
        name~"^cat" | call query
        label.app=web | call ping
        label.app=* | call query ping
        label.app!=web | query lookup
        label.app.kubernetes.io/name="web front" | call ping
        src.label.app=catalogue | query
        basis=unknown | lookup
        dst.basis=translation,address | call query
        src.basis!=address | call lookup
        ip=172.17.0.4 | call query
        ip=172.17.0.0/16 | call query
        ip!=172.17.0.0/16 | lookup ping
        dst.ip=172.17.0.5-172.17.0.9 | query
        dst.ip=8.8.8.8,ff02::/16 | lookup ping
        dst.ip!=0.0.0.0/0 | ping
        ip=::/0 | ping
        orig.ip=10.104.246.80 | call
        orig.ip=10.96.0.0/12 | call
        orig.port=8080 | call
        port=8080 | call
        port=53,27017 | query lookup
        dst.port=8000-8999 | call
        dst.port<1024 | lookup
        src.port>=50000 | call
        port=128 |
        proto=tcp | call query
        proto=udp,58 | lookup ping
        proto!=6 | lookup ping
        proto=icmpv6 | ping
        bytes>=1MB | call
        bytes>1MiB | call
        bytes=300 | query
        bytes=0-1KB | query lookup ping
        bytes < 1.5KB bytes >= 0.3KB | query
        packets>2 | call
        packets!=2 | call
        duration=250ms | call query lookup ping
        duration>0.25s |
        duration<=1m | call query lookup ping
        observer=docker0 | query
        observer~0 | query lookup ping
        side=between | query
        side=source,destination | call lookup ping
        evidence=tcp_handshake | call query
        reason=active_timeout | query
        sequence=1 | call query lookup ping
        sequence>1 |
        direction=egress | call lookup
        direction=internal | query
        direction=ingress | ping
        community_id=1:nonsense= |
        web | call ping
        WEB | call ping
        shop | call query ping
        "shop" | call query ping
        172.17 | call query
        10.104 | call
        8.8 | lookup
        deployment | call query ping
        mong*0 | query
        minikube | call lookup ping
        not web | query lookup
        !web | query lookup
        !(web or mongodb) | lookup
        not not web | call ping
        web catalogue | call
        web and catalogue | call
        WEB AND Catalogue | call
        web or mongodb and data | call query ping
        (web or mongodb) and data | query
        web or lookup or data | call query ping
        ns=robot-shop not dst.ip=172.17.0.4 (bytes<1KB or kind=Pod) | query ping
        src.ns=robot-shop dst.port=8080 not dst.ip=10.0.0.0/8 bytes>=1MB (workload=web* or pod~"^api-") | call
        ns = data , robot-shop | call query ping
        not(ns=data) | call lookup ping
        (((ns=data))) | query
        """

    @Test(arguments: cases.split(separator: "\n").map(String.init))
    func `passes what it says`(line: String) throws {
        let bar = try #require(line.lastIndex(of: "|"))
        let filter = try Filter.parse(String(line[..<bar]))
        let expected = Set(line[line.index(after: bar)...].split(separator: " ").map(String.init))
        let passed = Set(SampleFlows.named.filter { filter.matches($0.value) }.keys)
        #expect(passed == expected)
        #expect(try Filter.parse(filter.description) == filter, "\(filter)")
    }

    @Test func `finds a flow by either of its Community IDs`() throws {
        // The reference implementation's answers for the true and for the called tuple.
        for id in ["1:DK198SL4HS3hXmgtE/+GzcVAu1M=", "1:Wr6WmM1Dw0Ul27Q0VzLT3lOoE7o="] {
            let filter = try Filter.parse("community_id=\(id)")
            #expect(filter.matches(SampleFlows.call))
            #expect(!filter.matches(SampleFlows.query))
        }
    }

    /// One case a line: a text, `@` its fault's column, the message, and after `?` what may have been meant.
    static let faults = """
        sr.ns=web @1 unknown field 'sr.ns' ?src.ns
        web and namespace=x @9 unknown field 'namespace' ?ns
        src.namespace=x @1 unknown field 'src.namespace' ?src.ns
        destination.ip=1.2.3.4 @1 unknown field 'destination.ip' ?dst.ip
        wrokload=a @1 unknown field 'wrokload' ?workload
        DST.NS=a @1 unknown field 'DST.NS' ?dst.ns
        qqqqqqqqq=a @1 unknown field 'qqqqqqqqq'
        label=a @1 unknown field 'label' ?label.KEY
        ns= @4 expected a value after 'ns='
        ns=a, @6 expected a value after 'ns='
        ns==web @4 '==' is not an operator ?=
        ns>3 @3 'ns' cannot be compared with '>', only with = != ~ !~
        bytes~3 @6 'bytes' cannot be compared with '~', only with = != > >= < <=
        ip=10.0.0.256 @4 '10.0.0.256' is not an address, a CIDR block or a range of addresses
        ip=10.0.0.0/33 @4 '10.0.0.0/33' is not an address, a CIDR block or a range of addresses
        ip=10.0.0.9-10.0.0.1 @4 '10.0.0.9-10.0.0.1' is not a range: its first address comes after its last
        port=70000 @6 '70000' is not a port (0 to 65535)
        port=https @6 'https' is not a port (0 to 65535)
        port=90-80 @6 '90-80' is not a range: its first number is above its last
        bytes>=10XB @8 '10XB' is not a size such as 10MB
        bytes>=99999999999999999999 @8 '99999999999999999999' is not a size such as 10MB
        bytes>=99999999999999999TB @8 '99999999999999999TB' is not a size such as 10MB
        bytes>1-2 @7 '>' needs one number, not a range
        bytes>1,2 @8 '>' needs one number, not a list
        duration>5 @10 '5' is not a duration such as 250ms or 5s
        proto=tpc @7 'tpc' is not a protocol ?tcp
        side=sorce @6 'sorce' is none of source, destination, between ?source
        basis=nobody @7 'nobody' is none of observation_point, translation, address, node, host_port, service, cidr, dns_answer, well_known, ambiguous, unknown
        (ns=a @1 '(' is never closed
        ns=a) @5 ')' without '('
        () @1 nothing between the parentheses
        ns="a @4 the quote is never closed
        "" @1 the quotes are empty
        and ns=a @1 expected a term before 'and'
        ns=a or @8 expected a term, found the end
        ns=a or or b @9 expected a term before 'or'
        not @4 expected a term, found the end
        =a @1 expected a term, found '='
        a,b @1 a list needs a field and '=' in front of it
        "ns"=a @1 quotes belong around a value, not around a field
        pod~"a(b" @7 in the regular expression: '(' is never closed
        pod~a(b) @5 put a regular expression with parentheses in quotes
        pod~"(?=a)" @6 in the regular expression: only (?:…) groups are known
        pod~"\\1" @6 in the regular expression: '\\1' is not known
        pod~"a{2000}" @7 in the regular expression: repetition is {m}, {m,} or {m,n} up to 1000
        """

    @Test(arguments: faults.split(separator: "\n").map(String.init))
    func `says where and what is wrong`(line: String) throws {
        let at = try #require(line.firstRange(of: " @"))
        let rest = line[at.upperBound...]
        let space = try #require(rest.firstIndex(of: " "))
        let parts = rest[space...].dropFirst().split(separator: " ?", maxSplits: 1)
        let expected = FilterError(
            column: try #require(Int(rest[..<space])),
            message: String(parts[0]),
            suggestion: parts.count == 2 ? String(parts[1]) : nil
        )
        #expect(throws: expected) { try Filter.parse(String(line[..<at.lowerBound])) }
    }

    @Test func `is bounded in length and depth`() {
        let deep = String(repeating: "(", count: 8000)
        #expect(throws: FilterError.self) { try Filter.parse(deep) }
        #expect(throws: FilterError.self) { try Filter.parse(String(repeating: "!", count: 16000) + "a") }
        #expect(throws: FilterError.self) { try Filter.parse(String(repeating: "a ", count: 9000)) }
        #expect(throws: FilterError.self) { try Filter.parse("pod~\"\(deep)\"") }
        #expect(throws: FilterError.self) { try Filter.parse("pod~\"((a{1000}){1000}){1000}\"") }
    }

    @Test func `never traps on random text, and prints what it understood`() throws {
        var random = SeededGenerator(seed: 7)
        let pieces = [
            "ns", "src.", "dst.", "pod", "=", "!=", "~", "!~", ">", ">=", "<", "(", ")", "\"", "\\", ",", " ", "and ",
            " or ", "not ", "!", "*", "?", "ip", "10.0.0.0", "/8", "-", "::1", "bytes", "1", "MB", ".", "label.a/b",
            "\u{301}", "é", "\t", "port", "80", "duration", "5s", "[", "]", "{2}", "|", "^", "$", "proto", "tcp",
        ]
        var understood = 0
        for _ in 0..<20000 {
            let text = (0..<Int.random(in: 1...9, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            guard let filter = try? Filter.parse(text) else { continue }
            understood += 1
            #expect(try Filter.parse(filter.description) == filter, "\(text) → \(filter)")
            _ = filter.matches(SampleFlows.call)
        }
        #expect(understood > 1000)
    }

    @Test func `joins filters with and`() throws {
        let first = try Filter.parse("ns=a or ns=b")
        let both = first.and(try Filter.parse("port=80 bytes>1000"))
        #expect(both.description == "(ns=a or ns=b) port=80 bytes>1KB")
        #expect(Filter.all.and(first) == first)
        #expect(first.and(.all) == first)
        #expect(Filter.all.isAll && !first.isAll)
    }
}
