import ClusterHistory
import ClusterModel
import FlowAttribution
import FlowModel
import JSONText
import NetworkAddressing
import Testing

private func end(_ address: String, _ port: UInt16 = 0) throws -> Endpoint {
    Endpoint(try #require(IPAddress(address)), port: port)
}

private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_000_000 + seconds) }

/// A small cluster whose address 10.1.0.8 goes from `old` to `new` at second 100.
private func cluster() throws -> ClusterHistory {
    var history = ClusterHistory()
    func list(_ kind: ObjectKind, _ objects: [String], at time: Timestamp = at(0)) throws {
        let decoded = try objects.map { try ClusterObject.decode(kind: kind, json: JSONValue.parse($0)) }
        history.apply(.listed(kind, objects: decoded, resourceVersion: "1", at: time))
    }
    func pod(_ name: String, _ uid: String, _ address: String, _ extra: String = "", started: String) -> String {
        """
        {"metadata":{"name":"\(name)","namespace":"shop","uid":"\(uid)","labels":{"app":"\(name)"}},
         "spec":{"nodeName":"node-1"\(extra)},
         "status":{"phase":"Running","podIP":"\(address)","podIPs":[{"ip":"\(address)"}],
          "containerStatuses":[{"name":"c","state":{"running":{"startedAt":"\(started)"}}}]}}
        """
    }
    try list(
        .node,
        [
            """
            {"metadata":{"name":"node-1","uid":"n1"},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"]},
             "status":{"addresses":[{"type":"InternalIP","address":"192.168.0.1"}]}}
            """
        ]
    )
    let host = #","hostNetwork":true,"containers":[{"name":"c","ports":[{"containerPort":9100,"protocol":"TCP"}]}]"#
    try list(
        .pod,
        [
            pod("web", "u-web", "10.1.0.7", started: "1970-01-12T13:46:40Z"),
            pod("old", "u-old", "10.1.0.8", started: "1970-01-12T13:46:40Z"),
            pod("exporter", "u-exp", "192.168.0.1", host, started: "1970-01-12T13:46:40Z"),
        ]
    )
    try list(
        .service,
        [
            """
            {"metadata":{"name":"db","namespace":"shop","uid":"s1"},
             "spec":{"clusterIP":"10.96.0.5","clusterIPs":["10.96.0.5"],"selector":{"app":"old"},"type":"NodePort",
              "ports":[{"port":5432,"protocol":"TCP","targetPort":5432,"nodePort":31000}]}}
            """
        ]
    )
    let gone = try ClusterObject.decode(
        kind: .pod,
        json: JSONValue.parse(pod("old", "u-old", "10.1.0.8", started: "1970-01-12T13:46:40Z"))
    )
    history.apply(.deleted(gone, at: at(90)))
    let new = try ClusterObject.decode(
        kind: .pod,
        json: JSONValue.parse(pod("new", "u-new", "10.1.0.8", started: "1970-01-12T13:48:20Z"))
    )
    history.apply(.changed(new, at: at(101)))
    return history
}

struct AttributorTests {
    let attributor: Attributor
    let webPoint = ObservationPoint(name: "web", pod: "web")
    let bridge = ObservationPoint(name: "cni0")

    init() throws {
        let translations = TranslationTable([
            Translation(
                transport: .tcp,
                originalSource: try end("10.1.0.7", 40000),
                originalDestination: try end("10.96.0.5", 5432),
                replySource: try end("10.1.0.8", 5432),
                replyDestination: try end("10.1.0.7", 40000),
                from: at(10),
                until: at(80)
            )
        ])
        attributor = Attributor(history: try cluster(), translations: translations)
    }

    private func flow(
        _ transport: TransportProtocol = .tcp,
        _ source: Endpoint,
        _ destination: Endpoint,
        from: Int64,
        until: Int64? = nil,
        began: Int64? = nil,
        evidence: DirectionEvidence = .tcpHandshake
    ) -> Observation {
        Observation(
            transport: transport,
            source: source,
            destination: destination,
            evidence: evidence,
            forward: TrafficCount(packets: 3, bytes: 300),
            backward: TrafficCount(packets: 2, bytes: 2000),
            flowStart: at(began ?? from),
            start: at(from),
            end: at(until ?? from + 1),
            sequence: 1,
            endReason: .endOfFlow
        )
    }

    @Test func `a call through a service is told by the pod that answered, and the service that was called`() throws {
        let observed = flow(.tcp, try end("10.1.0.7", 40000), try end("10.96.0.5", 5432), from: 11)
        let result = attributor.attribute(observed, at: webPoint)
        #expect(result.side == .source)
        #expect(result.source.identity?.uid == "u-web")
        #expect(result.source.basis == .observationPoint)
        #expect(result.source.original == nil)
        #expect(result.destination.identity?.uid == "u-old")
        #expect(result.destination.basis == .translation)
        #expect(result.destination.endpoint == (try end("10.1.0.8", 5432)))
        #expect(result.destination.original == (try end("10.96.0.5", 5432)))
        #expect(result.destination.service == ServiceName(namespace: "shop", name: "db"))
    }

    @Test func `both ends of a call are told alike, wherever it is seen`() throws {
        let answered = flow(.tcp, try end("10.1.0.7", 40000), try end("10.1.0.8", 5432), from: 11)
        let result = attributor.attribute(answered, at: ObservationPoint(name: "old", pod: "old"))
        #expect(result.side == .destination)
        #expect(result.destination.original == (try end("10.96.0.5", 5432)))
        #expect(result.source.identity?.uid == "u-web")
        #expect(result.destination.identity?.uid == "u-old")
        #expect(result.destination.service == ServiceName(namespace: "shop", name: "db"))
        #expect(attributor.attribute(answered, at: bridge).side == .between)
    }

    @Test func `an address is told by its owner at the flow's time`() throws {
        func owner(_ time: Int64) throws -> AttributedEnd {
            let observed = flow(
                .udp,
                try end("10.1.0.7", 5000),
                try end("10.1.0.8", 53),
                from: time,
                evidence: .ephemeralPort
            )
            return attributor.attribute(observed, at: webPoint).destination
        }
        #expect(try owner(50).identity?.uid == "u-old")
        #expect(try owner(150).identity?.uid == "u-new")
        #expect(try owner(150).basis == .address)
        let between = try owner(93)
        #expect(between.basis == .cidr)
        #expect(between.identity?.kind == .network)
        #expect(between.reason.contains("pod shop/old had it until"))
    }

    @Test func `a TCP connection belongs to whom it was opened with, however long it is held`() throws {
        let held = flow(.tcp, try end("10.1.0.7", 40001), try end("10.1.0.8", 80), from: 110, until: 115, began: 20)
        #expect(attributor.attribute(held, at: webPoint).destination.identity?.uid == "u-old")
    }

    @Test func `datagrams to an address that changed hands within the report are ambiguous, with both named`() throws {
        let long = flow(.udp, try end("10.1.0.7", 5000), try end("10.1.0.8", 53), from: 50, until: 150)
        let destination = attributor.attribute(long, at: webPoint).destination
        #expect(destination.basis == .ambiguous)
        #expect(destination.identity == nil)
        #expect(destination.candidates.map(\.uid) == ["u-old", "u-new"])
    }

    @Test func `a service without a known translation is told as the service`() throws {
        let observed = flow(.tcp, try end("10.1.0.7", 41000), try end("10.96.0.5", 5432), from: 11)
        let destination = attributor.attribute(observed, at: webPoint).destination
        #expect(destination.basis == .service)
        #expect(destination.identity?.kind == .service)
        #expect(destination.identity?.name == "db")
    }

    @Test func `a node's address is told by the port`() throws {
        func destination(_ port: UInt16) throws -> AttributedEnd {
            let observed = flow(.tcp, try end("10.1.0.7", 42000), try end("192.168.0.1", port), from: 11)
            return attributor.attribute(observed, at: webPoint).destination
        }
        #expect(try destination(9100).basis == .hostPort)
        #expect(try destination(9100).identity?.name == "exporter")
        #expect(try destination(31000).basis == .service)
        #expect(try destination(22).basis == .node)
        #expect(try destination(22).identity?.name == "node-1")
    }

    @Test func `what nobody had is unknown, and why is said`() throws {
        let observed = flow(.tcp, try end("10.1.0.7", 42000), try end("93.184.216.34", 443), from: 11)
        let destination = attributor.attribute(observed, at: webPoint).destination
        #expect(destination.basis == .unknown)
        #expect(destination.reason == "not an address of this cluster")
        let empty = Attributor(history: ClusterHistory())
        #expect(empty.attribute(observed, at: bridge).destination.reason == "no cluster is known")
    }

    @Test(arguments: [
        ("127.0.0.1", "loopback"), ("fe80::1", "link-local"), ("ff02::fb", "multicast"),
        ("169.254.169.254", "cloud metadata service"), ("255.255.255.255", "broadcast"),
    ])
    func `well-known addresses are told by their block`(address: String, name: String) throws {
        let observed = flow(.udp, try end("10.1.0.7", 5353), try end(address, 5353), from: 11)
        let destination = attributor.attribute(observed, at: bridge).destination
        #expect(destination.basis == .wellKnown)
        #expect(destination.reason == name)
    }

    @Test func `conntrack and known services turn a flow that was seen from its middle, a handshake is not turned`()
        throws
    {
        let client = try end("10.1.0.7", 40000)
        let service = try end("10.96.0.5", 5432)
        let reversed = flow(.tcp, service, client, from: 12, evidence: .firstPacket)
        let turned = attributor.attribute(reversed, at: webPoint)
        #expect(turned.observation.source == client)
        #expect(turned.observation.evidence == .conntrack)
        #expect(turned.observation.forward == reversed.backward)
        #expect(turned.destination.identity?.uid == "u-old")

        let unknown = flow(.tcp, service, try end("10.1.0.7", 999), from: 12, evidence: .firstPacket)
        let byService = attributor.attribute(unknown, at: webPoint)
        #expect(byService.observation.destination == service)
        #expect(byService.observation.evidence == .servicePort)

        let handshake = flow(.tcp, service, client, from: 12)
        let kept = attributor.attribute(handshake, at: webPoint)
        #expect(kept.observation.source == service)
        #expect(kept.source.identity?.uid == "u-old")
        #expect(kept.destination.identity?.uid == "u-web")
    }

    @Test func `the machine we run on is told by its own addresses`() throws {
        let host = Identity(kind: .host, name: "laptop")
        let mine = try end("198.51.100.7", 50000)
        let point = ObservationPoint(name: "eth0", interface: "eth0", addresses: [mine.address])
        let attributor = Attributor(history: ClusterHistory(), hosts: [mine.address: host])
        let result = attributor.attribute(flow(.tcp, mine, try end("203.0.113.9", 443), from: 1), at: point)
        #expect(result.side == .source)
        #expect(result.source.identity === host)
    }
}
