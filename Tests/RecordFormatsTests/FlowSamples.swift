import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing

/// Flows of every kind that a document can show.
enum FlowSamples {
    static func address(_ text: String) -> IPAddress { IPAddress(text) ?? IPAddress(v4: 0) }

    static func end(_ address: String, _ port: UInt16) -> Endpoint { Endpoint(self.address(address), port: port) }

    static let cart = Identity(
        kind: .pod,
        namespace: "robot-shop",
        name: "cart-54fc554bc8-stw4z",
        uid: "98696fb2-686a-4894-ab09-676a397d8946",
        node: "minikube",
        zone: "eu-1a",
        workload: Identity.Workload(kind: "Deployment", name: "cart"),
        services: ["cart"],
        labels: [
            Identity.Label(key: "app", value: "cart"),
            Identity.Label(key: "app.kubernetes.io/name", value: "ca\"rt\u{1b}[31m"),
            Identity.Label(key: "app_kubernetes_io/name", value: "shadowed"),
        ],
        addresses: [address("172.17.0.8")]
    )
    static let catalogue = Identity(
        kind: .pod,
        namespace: "robot-shop",
        name: "catalogue-6bd4b9698f-bqcfd",
        workload: Identity.Workload(kind: "Deployment", name: "catalogue"),
        services: ["catalogue", "catalogue-headless"],
        addresses: [address("172.17.0.4"), address("fd00::4")]
    )
    static let point = ObservationPoint(name: "cart-54fc554bc8-stw4z", interface: "eth0", pod: "robot-shop/cart")

    static func observation(
        _ transport: TransportProtocol = .tcp,
        _ source: Endpoint = end("172.17.0.8", 58002),
        _ destination: Endpoint = end("10.104.246.80", 8080),
        sequence: UInt32 = 1,
        endReason: FlowEndReason = .endOfFlow
    ) -> Observation {
        Observation(
            transport: transport,
            source: source,
            destination: destination,
            evidence: transport == .tcp ? .tcpHandshake : .firstPacket,
            forward: TrafficCount(packets: 6, bytes: 512),
            backward: TrafficCount(packets: 5, bytes: 700),
            forwardFlags: transport == .tcp ? 0b0001_1011 : 0,
            backwardFlags: transport == .tcp ? 0b0001_1010 : 0,
            flowStart: Timestamp(nanoseconds: 1_795_224_921_702_000_000),
            start: Timestamp(nanoseconds: 1_795_224_921_702_000_000),
            end: Timestamp(nanoseconds: 1_795_224_921_704_954_000),
            sequence: sequence,
            endReason: endReason
        )
    }

    static let translated = AttributedFlow(
        observation: observation(),
        point: point,
        side: .source,
        source: AttributedEnd(endpoint: end("172.17.0.8", 58002), identity: cart, basis: .observationPoint),
        destination: AttributedEnd(
            endpoint: end("172.17.0.4", 8080),
            original: end("10.104.246.80", 8080),
            identity: catalogue,
            basis: .translation,
            service: ServiceName(namespace: "robot-shop", name: "catalogue")
        )
    )

    static let service = Identity(
        kind: .service,
        namespace: "robot-shop",
        name: "web",
        addresses: [address("10.96.0.9")]
    )
    static let node = Identity(kind: .node, name: "minikube", node: "minikube", zone: "eu-1a")
    static let host = Identity(kind: .host, name: "laptop")
    static let network = Identity(kind: .network, name: "pods 172.17.0.0/16")

    /// A connection with everything that analysis can find.
    static let analysed: AttributedFlow = {
        var flow = translated
        flow.destination = AttributedEnd(
            endpoint: end("93.184.216.34", 80),
            basis: .dnsAnswer,
            reason: "not an address of this cluster",
            domain: "example.com"
        )
        flow.observation.tcp = quality
        var exchanges = LatencyHistogram()
        for milliseconds: Int64 in [2, 2, 250] { exchanges.record(milliseconds * 1_000_000) }
        flow.observation.exchanges = exchanges
        var http = HTTPReport()
        http.requests = 3
        http.responses.success = 1
        http.responses.serverError = 1
        http.omitted = 1
        http.exchanges = [
            HTTPExchange(
                time: flow.observation.start,
                method: "POST",
                host: "example.com:80",
                path: "/api/\u{1b}\"orders",
                status: 503,
                latency: 250_000_000
            ),
            HTTPExchange(time: flow.observation.end, method: "GET", host: "", path: "/", status: 200, latency: nil),
        ]
        flow.observation.http = http
        flow.observation.tunnel = Tunnel(
            kind: .vxlan,
            source: address("192.168.49.2"),
            destination: address("192.168.49.3"),
            identifier: 42
        )
        flow.observation.superPackets = 7
        return flow
    }()

    private static let quality: TCPReport = {
        var report = TCPReport(
            state: .resetByDestination,
            handshakeToDestination: 12_000_000,
            handshakeToSource: 1_000_000
        )
        report.forward.payloadBytes = 300
        report.forward.retransmitted = 2
        report.forward.lost = 1
        report.backward.payloadBytes = 500
        report.backward.outOfOrder = 1
        report.backward.zeroWindows = 3
        report.backward.resets = 1
        return report
    }()

    /// A name asked for in vain and with success, and one without a response.
    static let lookup: AttributedFlow = {
        var flow = AttributedFlow(
            observation: observation(.udp, end("172.17.0.8", 40000), end("10.96.0.10", 53)),
            point: point,
            side: .source,
            source: AttributedEnd(endpoint: end("172.17.0.8", 40000), identity: cart, basis: .observationPoint),
            destination: AttributedEnd(endpoint: end("10.96.0.10", 53), identity: service, basis: .service)
        )
        var report = DNSReport()
        report.queries = 3
        report.responses = 2
        report.failures = 1
        let start = flow.observation.start
        report.exchanges = [
            DNSExchange(time: start, name: "example.com.svc", type: 1, code: 3, latency: 400_000, answers: []),
            DNSExchange(
                time: start,
                name: "example.com",
                type: 1,
                code: 0,
                latency: 20_000_000,
                answers: [address("93.184.216.34"), address("93.184.216.35")]
            ),
            DNSExchange(time: start, name: "example.com", type: 65, code: nil, latency: nil, answers: []),
        ]
        flow.observation.dns = report
        return flow
    }()

    /// One flow of each kind: every branch of the encoders.
    static let all: [AttributedFlow] = [
        translated,
        AttributedFlow(
            observation: observation(.tcp, sequence: 2, endReason: .activeTimeout),
            point: ObservationPoint(name: "docker0"),
            side: .destination,
            source: AttributedEnd(endpoint: end("192.168.49.2", 40000), identity: node, basis: .node),
            destination: AttributedEnd(endpoint: end("10.96.0.9", 80), identity: service, basis: .service)
        ),
        AttributedFlow(
            observation: observation(.icmp, end("10.0.0.1", 8), end("8.8.8.8", 0)),
            point: point,
            side: .between,
            source: AttributedEnd(endpoint: end("10.0.0.1", 8), identity: host, basis: .address),
            destination: AttributedEnd(
                endpoint: end("8.8.8.8", 0),
                original: end("8.8.4.4", 0),
                basis: .unknown,
                reason: "not an address of this cluster"
            )
        ),
        AttributedFlow(
            observation: observation(.icmpv6, end("fe80::1", 1), end("fe80::2", 4)),
            point: point,
            side: .between,
            source: AttributedEnd(endpoint: end("fe80::1", 1), identity: network, basis: .cidr),
            destination: AttributedEnd(endpoint: end("fe80::2", 4), identity: cart, basis: .address)
        ),
        AttributedFlow(
            observation: observation(.udp, end("fd00::1", 53), end("fd00::2", 53)),
            point: ObservationPoint(name: "uplink", interface: "eth1"),
            side: .destination,
            source: AttributedEnd(
                endpoint: end("fd00::1", 53),
                basis: .ambiguous,
                reason: "the address changed hands within the report",
                candidates: [cart, catalogue]
            ),
            destination: AttributedEnd(endpoint: end("fd00::2", 53), identity: catalogue, basis: .address)
        ),
        AttributedFlow(
            observation: observation(TransportProtocol(rawValue: 47), end("1.2.3.4", 0), end("127.0.0.1", 0)),
            point: point,
            side: .source,
            source: AttributedEnd(endpoint: end("1.2.3.4", 0), basis: .wellKnown, reason: "loopback"),
            destination: AttributedEnd(endpoint: end("127.0.0.1", 0), basis: .wellKnown, reason: "loopback")
        ),
        analysed,
        lookup,
    ]
}
