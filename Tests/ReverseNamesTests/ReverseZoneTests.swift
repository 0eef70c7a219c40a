import ClusterHistory
import ClusterModel
import FlowModel
import NetworkAddressing
import PacketParsing
import ReverseNames
import Testing

private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_795_000_000 + seconds) }
private func address(_ text: String) -> IPAddress { IPAddress(text) ?? IPAddress(v4: 0) }

/// A service with a cluster address, a headless one with endpoints that come and go, and addresses nobody gave them.
private func history() -> ClusterHistory {
    var history = ClusterHistory()
    func see(_ object: ClusterObject, _ seconds: Int64) { history.apply(.changed(object, at: at(seconds))) }
    func metadata(_ name: String) -> ObjectMetadata { ObjectMetadata(name: name, namespace: "shop", uid: name) }
    func pod(_ name: String, _ text: String, node: String? = nil) -> Pod {
        var pod = Pod(metadata: metadata(name))
        pod.addresses = [address(text)]
        pod.hostAddresses = [address("192.168.0.1")]
        pod.usesHostNetwork = node != nil
        pod.node = "n1"
        pod.phase = .running
        return pod
    }
    var node = Node(metadata: ObjectMetadata(name: "n1", uid: "n1"))
    node.addresses = [address("192.168.0.1")]
    see(.node(node), 0)
    var web = Service(metadata: metadata("web"))
    web.clusterAddresses = [address("10.96.0.5"), address("fd00::5")]
    web.externalAddresses = [address("8.8.8.8")]
    see(.service(web), 0)
    see(.service(Service(metadata: metadata("db"))), 0)
    for (name, text) in [("db-0", "10.1.0.7"), ("db-1", "10.1.0.8"), ("six", "fd00:1::9")] {
        see(.pod(pod(name, text)), 10)
    }
    see(.pod(pod("host", "192.168.0.1", node: "n1")), 10)
    see(.pod(pod("alone", "10.1.0.9")), 10)
    func slice(_ name: String, of service: String, _ members: [EndpointSlice.Member], _ seconds: Int64) {
        var slice = EndpointSlice(metadata: metadata(name))
        slice.service = service
        slice.members = members
        see(.endpointSlice(slice), seconds)
    }
    func member(_ pod: String, _ text: String, ready: Bool = true, _ hostname: String = "") -> EndpointSlice.Member {
        .init(addresses: [address(text)], isReady: ready, podUID: pod, podName: pod, hostname: hostname)
    }
    let six = member("six", "fd00:1::9")
    slice("db-x", of: "db", [member("db-0", "10.1.0.7", "db-0"), member("db-1", "10.1.0.8", ready: false), six], 20)
    slice("all-x", of: "all", [member("db-0", "10.1.0.7"), member("host", "192.168.0.1")], 20)
    // An endpoint made by hand, at an address that is nobody's.
    slice("hand-x", of: "hand", [.init(addresses: [address("9.9.9.9")])], 20)
    slice("db-x", of: "db", [member("db-0", "10.1.0.7", "db-0"), member("db-1", "10.1.0.8", "db-1"), six], 30)
    history.apply(.deleted(.pod(pod("db-0", "10.1.0.7")), at: at(100)))
    see(.pod(pod("thief", "10.1.0.7")), 101)
    return history
}

struct ReverseZoneTests {
    let zone: ReverseZone
    let cluster = history()

    init() throws { zone = try #require(ReverseZone("cluster.local")) }

    private func names(_ text: String, _ seconds: Int64) -> [String] {
        zone.names(of: address(text), in: cluster, at: at(seconds)).map { "\($0)" }
    }

    @Test func `a cluster address has its service's name`() {
        #expect(names("10.96.0.5", 5) == ["web.shop.svc.cluster.local"])
        #expect(names("fd00::5", 5) == ["web.shop.svc.cluster.local"])
    }

    @Test func `a ready endpoint has a name in each of its services, its own or its address with dashes`() {
        #expect(names("10.1.0.7", 50) == ["10-1-0-7.all.shop.svc.cluster.local", "db-0.db.shop.svc.cluster.local"])
        #expect(names("fd00:1::9", 50) == ["fd00-1--9.db.shop.svc.cluster.local"])
        #expect(names("192.168.0.1", 50) == ["192-168-0-1.all.shop.svc.cluster.local"])
    }

    @Test func `an endpoint has a name only while it is ready, and its pod only while it has the address`() {
        #expect(names("10.1.0.8", 15) == [])
        #expect(names("10.1.0.8", 25) == [])
        #expect(names("10.1.0.8", 35) == ["db-1.db.shop.svc.cluster.local"])
        // The slice still lists the endpoint, but another pod has its address.
        #expect(names("10.1.0.7", 99) != [])
        #expect(names("10.1.0.7", 100) == [])
        #expect(names("10.1.0.7", 150) == [])
    }

    @Test(arguments: ["8.8.8.8", "9.9.9.9", "10.1.0.9", "127.0.0.1", "10.96.0.6", "::1"])
    func `what no pod or service was given by the cluster has no name`(text: String) {
        #expect(names(text, 50) == [])
    }

    @Test func `labels alone decide while no slice is known`() throws {
        var history = ClusterHistory()
        var pod = Pod(metadata: ObjectMetadata(name: "a", namespace: "shop", uid: "a", labels: ["app": "a"]))
        pod.addresses = [address("10.1.0.7")]
        pod.phase = .running
        history.apply(.changed(.pod(pod), at: at(0)))
        var service = Service(metadata: ObjectMetadata(name: "s", namespace: "shop", uid: "s"))
        service.selector = ["app": "a"]
        history.apply(.changed(.service(service), at: at(0)))
        let found = zone.names(of: address("10.1.0.7"), in: history, at: at(5))
        #expect(found.map { "\($0)" } == ["10-1-0-7.s.shop.svc.cluster.local"])
    }

    @Test(arguments: ["bad name", "a.b", "x/y", "é", "", String(repeating: "a", count: 64)])
    func `a name that an object cannot have is not sent`(name: String) {
        var history = ClusterHistory()
        var service = Service(metadata: ObjectMetadata(name: name, namespace: "shop", uid: "s"))
        service.clusterAddresses = [address("10.96.0.9")]
        history.apply(.changed(.service(service), at: at(0)))
        #expect(zone.names(of: address("10.96.0.9"), in: history, at: at(5)) == [])
    }

    @Test(arguments: ["", ".", "a..b", "-", "clu ster", "ü.local", String(repeating: "a", count: 64)])
    func `a zone is a name`(text: String) { #expect((ReverseZone(text) == nil) == (text != "-")) }
}

/// Messages as bytes.
struct ReverseAnswerTests {
    let zone: ReverseZone
    let cluster = history()

    init() throws { zone = try #require(ReverseZone("cluster.local.")) }

    /// A query as `dig` sends it.
    private func query(
        _ name: String,
        type: UInt8 = 12,
        class: UInt8 = 1,
        flags: UInt8 = 1,
        counts: [UInt8] = [1, 0, 0, 0],
        tail: [UInt8] = []
    ) -> [UInt8] {
        var bytes: [UInt8] = [0xab, 0xcd, flags, 0] + counts.flatMap { [0, $0] }
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + label.utf8 }
        return bytes + [0, 0, type, 0, `class`] + tail
    }

    private func edns(_ size: UInt16, version: UInt8 = 0) -> [UInt8] {
        [0, 0, 41, UInt8(size >> 8), UInt8(size & 255), 0, version, 0, 0, 0, 0]
    }

    private func ask(_ message: [UInt8], overTCP: Bool = false, now: Int64 = 50) -> [UInt8]? {
        zone.answer(message, overTCP: overTCP, history: cluster, now: at(now))
    }

    private func code(_ reply: [UInt8]?) -> Int? { reply.map { Int($0[3] & 15) } }
    private func answers(_ reply: [UInt8]?) -> Int? { reply.map { Int($0[6]) << 8 | Int($0[7]) } }

    @Test func `an answer repeats the question and has every name`() throws {
        let reply = try #require(ask(query("7.0.1.10.IN-ADDR.arpa")))
        #expect(Array(reply[..<12]) == [0xab, 0xcd, 0x85, 0, 0, 1, 0, 2, 0, 0, 0, 0])
        #expect(Array(reply[12..<39]) == Array(query("7.0.1.10.IN-ADDR.arpa")[12...]))
        #expect(code(reply) == 0 && answers(reply) == 2)
        let message = reply.withUnsafeBytes { DNSMessage(RawSpan(_unsafeBytes: $0)) }
        #expect(message?.isResponse == true)
        #expect(reply[39..<51].elementsEqual([0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 5, 0, 37]))
    }

    @Test(arguments: [
        ("7.0.1.10.t1795000050000.at.cluster.local", 0, 2), ("7.0.1.10.t1795000150000.at.cluster.local", 3, 0),
        ("7.0.1.10.in-addr.arpa.t1795000050000.at.cluster.local", 0, 2),
        ("5.0.96.10.t1795000050000.AT.Cluster.LOCAL", 0, 1), ("8.0.1.10.t1795000025000.at.cluster.local", 3, 0),
        ("7.0.1.10.t.at.cluster.local", 3, 0), ("7.0.1.10.t17950000500000000000.at.cluster.local", 3, 0),
        ("7.0.1.10.x5.at.cluster.local", 3, 0), ("7.0.1.10.at.cluster.local", 3, 0), ("at.cluster.local", 0, 0),
        ("t5.at.cluster.local", 0, 0), ("10.t1795000050000.at.cluster.local", 0, 0),
    ])
    func `a name may have a time`(name: String, rcode: Int, count: Int) {
        let reply = ask(query(name), now: 9_999)
        #expect(code(reply) == rcode)
        #expect(answers(reply) == count)
    }

    @Test func `an IPv6 address is 32 nibbles`() {
        let nibbles = "9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f"
        #expect(answers(ask(query("\(nibbles).ip6.arpa"))) == 1)
        #expect(answers(ask(query("\(nibbles).t1795000050000.at.cluster.local"))) == 1)
        #expect(code(ask(query("\(nibbles.dropLast(2)).ip6.arpa"))) == 0)
        #expect(code(ask(query("1.\(nibbles).ip6.arpa"))) == 3)
        #expect(code(ask(query("g.\(nibbles.dropFirst(2)).ip6.arpa"))) == 3)
    }

    @Test(arguments: [
        ("6.0.96.10.in-addr.arpa", 3), ("8.8.8.8.in-addr.arpa", 3), ("256.0.1.10.in-addr.arpa", 3),
        ("07.0.1.10.in-addr.arpa", 3), ("a.0.1.10.in-addr.arpa", 3), ("1.7.0.1.10.in-addr.arpa", 3),
        ("0.1.10.in-addr.arpa", 0), ("in-addr.arpa", 0), ("ip6.arpa", 0), ("example.com", 5), ("cluster.local", 5),
        ("arpa", 5), ("", 5), ("xin-addr.arpa", 5),
    ])
    func `no is told with the authority that says so, and strangers are refused`(name: String, rcode: Int) throws {
        let reply = try #require(ask(query(name)))
        #expect(code(reply) == rcode)
        #expect(answers(reply) == 0)
        #expect(reply[9] == (rcode == 5 ? 0 : 1))
    }

    @Test(arguments: [(1, 0, 0), (16, 0, 0), (255, 0, 2), (252, 5, 0), (251, 5, 0), (12, 0, 2)])
    func `only names are there to be asked for`(type: UInt8, rcode: Int, count: Int) {
        let reply = ask(query("7.0.1.10.in-addr.arpa", type: type))
        #expect(code(reply) == rcode && answers(reply) == count)
    }

    @Test func `other classes and kinds of question are not served`() {
        #expect(code(ask(query("7.0.1.10.in-addr.arpa", class: 3))) == 5)
        for opcode: UInt8 in 1..<16 {
            let reply = ask(query("7.0.1.10.in-addr.arpa", flags: opcode << 3))
            #expect(code(reply) == 4 && reply?.count == 12)
        }
        #expect(ask(query("7.0.1.10.in-addr.arpa", flags: 0x80)) == nil)
    }

    @Test(
        arguments: [
            [0, 0, 0, 0], [2, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1], [255, 255, 255, 255],
        ] as [[UInt8]]
    )
    func `counts that do not fit are an error of twelve bytes`(counts: [UInt8]) {
        let reply = ask(query("7.0.1.10.in-addr.arpa", counts: counts))
        #expect(code(reply) == 1 && reply?.count == 12)
    }

    @Test func `a message cut anywhere, or with more behind it, is an error of twelve bytes or nothing`() {
        let whole = query("7.0.1.10.in-addr.arpa", counts: [1, 0, 0, 1], tail: edns(4096))
        for length in 0..<whole.count {
            let reply = ask(Array(whole[..<length]))
            if length < 12 { #expect(reply == nil) } else { #expect(code(reply) == 1 && reply?.count == 12) }
        }
        #expect(code(ask(whole + [0])) == 1)
        #expect(code(ask(query("", tail: [0xc0, 12]))) == 1)
        let pointer: [UInt8] = [0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 12, 0, 1]
        #expect(code(ask(pointer)) == 1)
        let long = Array(repeating: String(repeating: "a", count: 63), count: 4).joined(separator: ".")
        #expect(code(ask(query(long))) == 1)
    }

    @Test func `EDNS is understood in version 0, once`() throws {
        let reply = try #require(ask(query("7.0.1.10.in-addr.arpa", counts: [1, 0, 0, 1], tail: edns(4096))))
        #expect(answers(reply) == 2)
        #expect(Array(reply.suffix(11)) == [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0])
        let later = try #require(ask(query("a", counts: [1, 0, 0, 1], tail: edns(4096, version: 1))))
        #expect(code(later) == 0 && later.count == 23 && later[17] == 1)
        #expect(code(ask(query("a", counts: [1, 0, 0, 2], tail: edns(512) + edns(512)))) == 1)
    }

    @Test func `what does not fit a datagram is cut whole, and told by TCP`() throws {
        var history = ClusterHistory()
        var pod = Pod(metadata: ObjectMetadata(name: "p", namespace: "shop", uid: "p"))
        pod.addresses = [address("10.1.0.7")]
        pod.phase = .running
        history.apply(.changed(.pod(pod), at: at(0)))
        for index in 0..<200 {
            var slice = EndpointSlice(metadata: ObjectMetadata(name: "s\(index)", namespace: "shop", uid: "s\(index)"))
            slice.service = "service-\(index)"
            slice.members = [.init(addresses: pod.addresses, podUID: "p", podName: "p")]
            history.apply(.changed(.endpointSlice(slice), at: at(1)))
        }
        let message = query("7.0.1.10.in-addr.arpa", counts: [1, 0, 0, 1], tail: edns(65_535))
        let datagram = try #require(zone.answer(message, overTCP: false, history: history, now: at(5)))
        #expect(datagram.count < 100 && datagram[2] & 2 == 2 && answers(datagram) == 0)
        let stream = try #require(zone.answer(message, overTCP: true, history: history, now: at(5)))
        #expect(stream[2] & 2 == 0 && answers(stream) == 128)
    }

    @Test func `no bytes trap, and no error is longer than what asked for it`() {
        var random = SystemRandomNumberGenerator()
        let seeds = [
            query("7.0.1.10.in-addr.arpa", counts: [1, 0, 0, 1], tail: edns(1232)),
            query("7.0.1.10.t1795000050000.at.cluster.local"), query("at.cluster.local", type: 6),
        ]
        for round in 0..<20_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            let reply = ask(bytes, overTCP: Bool.random(using: &random))
            if let reply, let code = code(reply), code == 1 || code == 4 { #expect(reply.count == 12) }
            if let reply { #expect(reply.count < 512 && reply[2] & 0x80 != 0) }
        }
    }
}
