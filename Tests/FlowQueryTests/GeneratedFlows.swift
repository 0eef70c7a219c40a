import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing

/// Makes up flows of every shape the types allow, the same for the same seed.
struct GeneratedFlows {
    private var random: SeededGenerator
    private var identities: [Identity] = []
    private var points: [ObservationPoint] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        for index in 0..<12 { identities.append(identity(index)) }
        for index in 0..<4 {
            points.append(
                ObservationPoint(
                    name: "eth\(index % 3)",
                    interface: index == 0 ? nil : "veth\(index)",
                    node: index == 1 ? nil : "node-\(index)",
                    pod: index == 2 ? "shop/pod-\(index)" : nil,
                    addresses: index == 3 ? [address(), address()] : []
                )
            )
        }
    }

    mutating func flows(_ count: Int) -> [AttributedFlow] { (0..<count).map { _ in flow() } }

    private mutating func flow() -> AttributedFlow {
        let extremes: [Int64] = [.min, .max, 0, -1]
        let flowStart = Bool.random(using: &random) ? time() : extremes.randomElement(using: &random) ?? 0
        var observation = Observation(
            transport: TransportProtocol(rawValue: [1, 6, 6, 17, 58, 132, 255].randomElement(using: &random) ?? 6),
            source: endpoint(),
            destination: endpoint(),
            evidence: DirectionEvidence.allCases.randomElement(using: &random) ?? .firstPacket,
            forward: TrafficCount(packets: number(), bytes: number()),
            backward: TrafficCount(packets: number(), bytes: number()),
            forwardFlags: .random(in: 0...255, using: &random),
            backwardFlags: .random(in: 0...255, using: &random),
            flowStart: Timestamp(nanoseconds: flowStart),
            start: Timestamp(nanoseconds: time()),
            end: Timestamp(nanoseconds: time()),
            sequence: .random(in: 1...UInt32.max, using: &random),
            endReason: FlowEndReason.allCases.randomElement(using: &random) ?? .endOfFlow
        )
        addDetails(to: &observation)
        return AttributedFlow(
            observation: observation,
            point: points.randomElement(using: &random) ?? points[0],
            side: ObservedSide.allCases.randomElement(using: &random) ?? .between,
            source: end(observation.source),
            destination: end(observation.destination)
        )
    }

    private mutating func end(_ seen: Endpoint) -> AttributedEnd {
        let original: [Endpoint?] = [nil, nil, seen, endpoint()]
        let candidates =
            Int.random(in: 0..<4, using: &random) == 0 ? Array(identities.shuffled(using: &random).prefix(3)) : []
        return AttributedEnd(
            endpoint: Bool.random(using: &random) ? seen : endpoint(),
            original: original.randomElement(using: &random) ?? nil,
            identity: Int.random(in: 0..<4, using: &random) == 0 ? nil : identities.randomElement(using: &random),
            basis: Basis.allCases.randomElement(using: &random) ?? .unknown,
            reason: ["", "no owner at this time", "größer als \u{1F600}"].randomElement(using: &random) ?? "",
            candidates: candidates,
            service: Bool.random(using: &random) ? nil : ServiceName(namespace: "shop", name: "web"),
            domain: Bool.random(using: &random) ? nil : text()
        )
    }

    private mutating func identity(_ index: Int) -> Identity {
        Identity(
            kind: Identity.Kind.allCases[index % 5],
            namespace: index % 3 == 0 ? "" : "ns-\(index % 3)",
            name: "name-\(index)",
            uid: index % 4 == 0 ? "" : "uid-\(index)",
            node: index % 2 == 0 ? "" : "node-\(index % 3)",
            zone: index % 5 == 0 ? "zone" : "",
            workload: index % 5 == 0 ? Identity.Workload(kind: "Deployment", name: "name") : nil,
            services: (0..<index % 3).map { "service-\($0)" },
            labels: (0..<index % 4).map { Identity.Label(key: "k\($0)", value: "v\(index)") },
            addresses: (0..<index % 3).map { _ in address() }
        )
    }

    private mutating func number() -> UInt64 {
        [0, 1, 60, 1500, .random(in: 0...1 << 40, using: &random), .max].randomElement(using: &random) ?? 0
    }

    private mutating func time() -> Int64 {
        .random(in: 1_700_000_000_000_000_000...1_800_000_000_000_000_000, using: &random)
    }

    private mutating func endpoint() -> Endpoint { Endpoint(address(), port: .random(in: 0...65535, using: &random)) }

    private mutating func address() -> IPAddress {
        Int.random(in: 0..<3, using: &random) == 0
            ? IPAddress(v6: 0xfd00_0000_0000_0000, .random(in: 0...40, using: &random))
            : IPAddress(v4: 0x0a00_0000 + .random(in: 0...40, using: &random))
    }
}

extension GeneratedFlows {
    /// Each of the details in half of the flows that have any.
    private mutating func addDetails(to observation: inout Observation) {
        guard Int.random(in: 0..<3, using: &random) > 0 else { return }
        if Bool.random(using: &random) { observation.superPackets = count() }
        if Bool.random(using: &random) {
            observation.tunnel = Tunnel(
                kind: TunnelKind.allCases.randomElement(using: &random) ?? .vxlan,
                source: address(),
                destination: address(),
                identifier: count()
            )
        }
        if Bool.random(using: &random) {
            observation.tcp = TCPReport(
                state: TCPState.allCases.randomElement(using: &random) ?? .closed,
                forward: tcpCounts(),
                backward: tcpCounts(),
                handshakeToDestination: latency(),
                handshakeToSource: latency()
            )
        }
        if Bool.random(using: &random) {
            var histogram = LatencyHistogram()
            for _ in 0..<Int.random(in: 0...5, using: &random) { histogram.record(latency() ?? 1) }
            observation.exchanges = histogram
        }
        if Bool.random(using: &random) { observation.dns = dnsReport() }
        if Bool.random(using: &random) { observation.http = httpReport() }
    }

    private mutating func tcpCounts() -> TCPCounts {
        var counts = TCPCounts()
        counts.payloadBytes = number()
        guard Bool.random(using: &random) else { return counts }
        counts.retransmitted = count()
        counts.outOfOrder = count()
        counts.lost = count()
        counts.zeroWindows = count()
        counts.resets = count()
        return counts
    }

    private mutating func dnsReport() -> DNSReport {
        var report = DNSReport()
        report.queries = count()
        report.responses = count()
        report.failures = count()
        report.omitted = count()
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            report.exchanges.append(
                DNSExchange(
                    time: Timestamp(nanoseconds: time()),
                    name: text(),
                    type: .random(in: 0...UInt16.max, using: &random),
                    code: Bool.random(using: &random) ? nil : .random(in: 0...255, using: &random),
                    latency: latency(),
                    answers: (0..<Int.random(in: 0...8, using: &random)).map { _ in address() }
                )
            )
        }
        return report
    }

    private mutating func httpReport() -> HTTPReport {
        var report = HTTPReport()
        report.requests = count()
        report.responses.success = count()
        report.responses.redirection = count()
        report.responses.clientError = count()
        report.responses.serverError = count()
        report.omitted = count()
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            report.exchanges.append(
                HTTPExchange(
                    time: Timestamp(nanoseconds: time()),
                    method: text(),
                    host: text(),
                    path: text(),
                    status: Bool.random(using: &random) ? nil : .random(in: 0...999, using: &random),
                    latency: latency()
                )
            )
        }
        return report
    }

    private mutating func count() -> UInt32 {
        [0, 1, 200, .random(in: 0...UInt32.max, using: &random), .max].randomElement(using: &random) ?? 0
    }

    private mutating func latency() -> Int64? {
        [nil, 0, -1, .min, .max, .random(in: 0...10_000_000_000, using: &random)].randomElement(using: &random) ?? nil
    }

    private mutating func text() -> String {
        ["", ".", "GET", "/api/cart", "example.com", "größe\u{0}\n", "\u{1F600}"].randomElement(using: &random) ?? ""
    }
}

/// Whether two flows are equal in everything; their observation points by contents.
func areEqual(_ left: AttributedFlow, _ right: AttributedFlow) -> Bool {
    left.observation == right.observation && left.side == right.side && left.source == right.source
        && left.destination == right.destination && left.point.name == right.point.name
        && left.point.interface == right.point.interface && left.point.node == right.point.node
        && left.point.pod == right.point.pod && left.point.addresses == right.point.addresses
}
