import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing
import Testing

/// A few flows of a small shop, by name.
enum SampleFlows {
    static let web = Identity(
        kind: .pod,
        namespace: "robot-shop",
        name: "web-6d7b-x",
        uid: "11111111-aaaa",
        node: "minikube",
        zone: "zone-a",
        workload: Identity.Workload(kind: "Deployment", name: "web"),
        services: ["web"],
        labels: [
            Identity.Label(key: "app", value: "web"),
            Identity.Label(key: "app.kubernetes.io/name", value: "web front"),
        ],
        addresses: address("172.17.0.8").map { [$0] } ?? []
    )
    static let catalogue = Identity(
        kind: .pod,
        namespace: "robot-shop",
        name: "catalogue-5b-y",
        uid: "22222222-bbbb",
        node: "worker-2",
        workload: Identity.Workload(kind: "Deployment", name: "catalogue"),
        services: ["catalogue", "catalogue-canary"],
        labels: [Identity.Label(key: "app", value: "catalogue")]
    )
    static let database = Identity(
        kind: .pod,
        namespace: "data",
        name: "mongodb-0",
        uid: "33333333-cccc",
        node: "worker-2",
        workload: Identity.Workload(kind: "StatefulSet", name: "mongodb"),
        services: ["mongodb"]
    )
    static let machine = Identity(kind: .node, name: "minikube", node: "minikube")

    /// web calls catalogue through its service.
    static let call = flow(
        from: end("172.17.0.8", 58002, web, .observationPoint),
        to: end(
            "172.17.0.4",
            8080,
            catalogue,
            .translation,
            original: "10.104.246.80",
            service: ServiceName(namespace: "robot-shop", name: "catalogue")
        ),
        side: .source,
        at: ObservationPoint(name: "web-6d7b-x", node: "minikube", pod: "robot-shop/web-6d7b-x"),
        bytes: (512, 1_500_000),
        packets: (6, 1100)
    )
    /// catalogue asks its database; seen on a bridge, half known.
    static let query = flow(
        from: end("172.17.0.4", 40100, catalogue, .address),
        to: end("172.17.0.9", 27017, database, .address),
        side: .between,
        at: ObservationPoint(name: "docker0"),
        bytes: (100, 200),
        packets: (1, 1),
        reason: .activeTimeout
    )
    /// The machine asks a name server outside by UDP.
    static let lookup = flow(
        from: end("192.168.49.2", 43000, machine, .node),
        to: end("8.8.8.8", 53, nil, .unknown, reason: "not an address of this cluster"),
        transport: .udp,
        side: .source,
        at: ObservationPoint(name: "eth0", node: "minikube"),
        bytes: (60, 120),
        packets: (1, 1),
        evidence: .ephemeralPort
    )
    /// A ping over IPv6.
    static let ping = flow(
        from: end("fd00::8", 128, web, .address),
        to: end("ff02::1", 129, nil, .wellKnown, reason: "multicast"),
        transport: .icmpv6,
        side: .destination,
        at: ObservationPoint(name: "eth0"),
        bytes: (104, 104),
        packets: (1, 1),
        evidence: .icmpType
    )

    /// web asks the name server in the cluster, in vain and with success.
    static let question: AttributedFlow = {
        var flow = lookup
        var report = DNSReport()
        report.queries = 2
        report.responses = 2
        report.failures = 1
        report.exchanges = [
            DNSExchange(
                time: Timestamp(seconds: 1),
                name: "shop.example.com.default.svc.cluster.local",
                type: 28,
                code: 3,
                latency: 400_000,
                answers: []
            ),
            DNSExchange(
                time: Timestamp(seconds: 1),
                name: "shop.example.com",
                type: 1,
                code: 0,
                latency: 20_000_000,
                answers: ["93.184.216.34"].compactMap { address($0) }
            ),
        ]
        flow.observation.dns = report
        return flow
    }()
    /// web then posts to it over a bad line and is refused; seen inside a tunnel.
    static let order: AttributedFlow = {
        var order = SampleFlows.flow(
            from: end("172.17.0.8", 58100, web, .address),
            to: end("93.184.216.34", 80, nil, .dnsAnswer, reason: "not an address of this cluster"),
            side: .source,
            at: ObservationPoint(name: "vxlan0"),
            bytes: (900, 2000),
            packets: (4, 4)
        )
        order.destination.domain = "shop.example.com"
        var tcp = TCPReport(
            state: .resetByDestination,
            handshakeToDestination: 12_000_000,
            handshakeToSource: 1_000_000
        )
        tcp.forward.payloadBytes = 700
        tcp.forward.retransmitted = 2
        tcp.backward.retransmitted = 1
        tcp.backward.zeroWindows = 1
        tcp.backward.resets = 1
        order.observation.tcp = tcp
        var exchanges = LatencyHistogram()
        for milliseconds in [2, 3, 250] { exchanges.record(Int64(milliseconds) * 1_000_000) }
        order.observation.exchanges = exchanges
        var http = HTTPReport()
        http.requests = 2
        http.exchanges = [
            HTTPExchange(
                time: Timestamp(seconds: 1),
                method: "POST",
                host: "Shop.example.com",
                path: "/api/orders",
                status: 503,
                latency: 250_000_000
            ),
            HTTPExchange(time: Timestamp(seconds: 2), method: "", host: "", path: "", status: 200, latency: nil),
        ]
        order.observation.http = http
        order.observation.tunnel = Tunnel(
            kind: .vxlan,
            source: address("192.168.49.2") ?? IPAddress(v4: 0),
            destination: address("192.168.49.3") ?? IPAddress(v4: 0),
            identifier: 42
        )
        return order
    }()

    /// Flows that analysis found something in, by name.
    static let analysed: [String: AttributedFlow] = ["question": question, "order": order, "call": call]

    static let named: [String: AttributedFlow] = ["call": call, "query": query, "lookup": lookup, "ping": ping]

    static func address(_ text: String) -> IPAddress? { IPAddress(text) }

    static func end(
        _ address: String,
        _ port: UInt16,
        _ identity: Identity?,
        _ basis: Basis,
        original: String? = nil,
        reason: String = "",
        service: ServiceName? = nil
    ) -> AttributedEnd {
        AttributedEnd(
            endpoint: Endpoint(IPAddress(address) ?? IPAddress(v4: 0), port: port),
            original: original.flatMap { IPAddress($0) }.map { Endpoint($0, port: port) },
            identity: identity,
            basis: basis,
            reason: reason,
            service: service
        )
    }

    static func flow(
        from source: AttributedEnd,
        to destination: AttributedEnd,
        transport: TransportProtocol = .tcp,
        side: ObservedSide,
        at point: ObservationPoint,
        bytes: (UInt64, UInt64),
        packets: (UInt64, UInt64),
        evidence: DirectionEvidence = .tcpHandshake,
        flowStart: Int64 = 1_000_000_000,
        duration: Int64 = 250_000_000,
        sequence: UInt32 = 1,
        reason: FlowEndReason = .endOfFlow
    ) -> AttributedFlow {
        AttributedFlow(
            observation: Observation(
                transport: transport,
                source: source.original ?? source.endpoint,
                destination: destination.original ?? destination.endpoint,
                evidence: evidence,
                forward: TrafficCount(packets: packets.0, bytes: bytes.0),
                backward: TrafficCount(packets: packets.1, bytes: bytes.1),
                flowStart: Timestamp(nanoseconds: flowStart),
                start: Timestamp(nanoseconds: flowStart),
                end: Timestamp(nanoseconds: flowStart + duration),
                sequence: sequence,
                endReason: reason
            ),
            point: point,
            side: side,
            source: source,
            destination: destination
        )
    }
}

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
