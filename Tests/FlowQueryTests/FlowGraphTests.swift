import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing
import Testing

@testable import FlowQuery

@Suite struct FlowGraphTests {
    static let range = (from: Timestamp(seconds: 0), to: Timestamp(seconds: 10))

    static func graph(
        _ flows: [AttributedFlow],
        scope: GraphScope = .workload,
        limit: Int = 400
    ) -> FlowGraph {
        var builder = FlowGraphBuilder(scope: scope, from: range.from, to: range.to, limit: limit)
        builder.add(flows)
        return builder.graph()
    }

    /// The call from web to catalogue as another point saw it.
    static func call(
        at point: String,
        side: ObservedSide,
        isTranslated: Bool = true,
        bytes: UInt64 = 900,
        flowStart: Int64 = 1_000_000_000,
        sequence: UInt32 = 1,
        evidence: DirectionEvidence = .tcpHandshake
    ) -> AttributedFlow {
        SampleFlows.flow(
            from: SampleFlows.end("172.17.0.8", 58002, SampleFlows.web, .address),
            to: SampleFlows.end(
                "172.17.0.4",
                8080,
                SampleFlows.catalogue,
                .translation,
                original: isTranslated ? "10.104.246.80" : nil,
                service: ServiceName(namespace: "robot-shop", name: "catalogue")
            ),
            side: side,
            at: ObservationPoint(name: point),
            bytes: (bytes, 100),
            packets: (2, 1),
            evidence: evidence,
            flowStart: flowStart,
            sequence: sequence
        )
    }

    @Test func `counts a conversation once, by the source's own reports`() throws {
        let flows = [
            FlowGraphTests.call(at: "catalogue", side: .destination, isTranslated: false, bytes: 901),
            FlowGraphTests.call(at: "bridge", side: .between, bytes: 902),
            FlowGraphTests.call(at: "web", side: .source, bytes: 903),
            FlowGraphTests.call(at: "web", side: .source, bytes: 40, sequence: 2),
        ]
        for order in [flows, flows.reversed()] {
            let graph = FlowGraphTests.graph(order)
            #expect(graph.totals.bytes == 903 + 40 + 200)
            #expect(graph.totals.packets == 6)
            #expect(graph.totals.flows == 1)
            #expect(graph.totals.reports == 2)
            #expect(graph.totals.countedTwiceAvoided == 2)
            #expect(FlowTotals(order) == graph.totals)
            #expect(graph.nodes.map(\.id) == ["robot-shop/Deployment/catalogue", "robot-shop/Deployment/web"])
            let edge = try #require(graph.edges.first)
            #expect(graph.edges.count == 1)
            #expect(edge.id == "robot-shop/Deployment/web→robot-shop/Deployment/catalogue")
            #expect(edge.forward == TrafficCount(packets: 4, bytes: 943))
            #expect(edge.backward == TrafficCount(packets: 2, bytes: 200))
            #expect(edge.bytesPerSecond == 114.3)
            #expect(edge.ports == [GraphEdge.Port(transport: .tcp, port: 8080, bytes: 1143)])
            #expect(edge.services == [ServiceName(namespace: "robot-shop", name: "catalogue")])
            #expect(edge.lastSeen == Timestamp(nanoseconds: 1_250_000_000))
            #expect(graph.nodes[1].sentBytes == 943 && graph.nodes[1].receivedBytes == 200)
            #expect(graph.nodes[1].pods == 1 && graph.nodes[1].flows == 1)
        }
    }

    @Test func `counts once what one bridge sees before and after translation, as the initiator sent it`() {
        let before = FlowGraphTests.call(at: "bridge", side: .between, bytes: 11)
        let after = FlowGraphTests.call(at: "bridge", side: .between, isTranslated: false, bytes: 22)
        for order in [[before, after], [after, before]] {
            let totals = FlowTotals(order)
            #expect(totals.bytes == 111)
            #expect(totals.flows == 1 && totals.reports == 1 && totals.countedTwiceAvoided == 1)
        }
    }

    @Test func `prefers the destination's reports to a bridge's, and of two bridges the first by name`() {
        let ends = [
            FlowGraphTests.call(at: "a-bridge", side: .between, bytes: 1),
            FlowGraphTests.call(at: "z-pod", side: .destination, isTranslated: false, bytes: 2),
        ]
        #expect(FlowTotals(ends).bytes == 102)
        let bridges = ["b", "a"].map { FlowGraphTests.call(at: $0, side: .between, bytes: $0 == "a" ? 5 : 6) }
        #expect(FlowTotals(bridges).bytes == 105)
    }

    @Test func `keeps a flow that only the lesser witness saw when its ports are used again later`() {
        let late: Int64 = 100_000_000_000
        let flows = [
            FlowGraphTests.call(at: "web", side: .source, bytes: 10),
            FlowGraphTests.call(at: "catalogue", side: .destination, bytes: 11),
            FlowGraphTests.call(at: "catalogue", side: .destination, bytes: 12, flowStart: late),
        ]
        let totals = FlowTotals(flows)
        #expect(totals.bytes == 10 + 12 + 200)
        #expect(totals.flows == 2 && totals.reports == 2 && totals.countedTwiceAvoided == 1)
    }

    @Test func `takes the direction of the strongest evidence, also for reports made before it was known`() throws {
        var early = FlowGraphTests.call(at: "web", side: .source, bytes: 10, evidence: .firstPacket)
        // The answer was seen first: turned round, and the point is the destination's then.
        early.observation = early.observation.turned(evidence: .firstPacket)
        swap(&early.source, &early.destination)
        early.side = .destination
        let later = FlowGraphTests.call(at: "web", side: .source, bytes: 20, sequence: 2)
        let graph = FlowGraphTests.graph([early, later])
        #expect(graph.totals.reports == 2 && graph.totals.flows == 1 && graph.totals.countedTwiceAvoided == 0)
        let edge = try #require(graph.edges.first)
        #expect(graph.edges.count == 1)
        #expect(edge.source == "robot-shop/Deployment/web")
        #expect(edge.forward.bytes == 30 && edge.backward.bytes == 200)
    }

    @Test func `does not lose reports made before the cluster was known`() {
        var early = FlowGraphTests.call(at: "web", side: .between, bytes: 10)
        early.source.identity = nil
        early.source.basis = .unknown
        let later = FlowGraphTests.call(at: "web", side: .source, bytes: 20, sequence: 2)
        let totals = FlowTotals([early, later])
        #expect(totals.bytes == 230 && totals.flows == 1 && totals.reports == 2)
    }

    @Test func `names nodes by scope`() {
        let all = [SampleFlows.call, SampleFlows.query, SampleFlows.lookup, SampleFlows.ping]
        func ids(_ scope: GraphScope) -> Set<String> {
            Set(FlowGraphTests.graph(all, scope: scope).nodes.map(\.id))
        }
        let outside: Set = ["Node/minikube", "External/8.8.8.8", "WellKnown/multicast"]
        #expect(
            ids(.workload)
                == outside.union([
                    "robot-shop/Deployment/web", "robot-shop/Deployment/catalogue", "data/StatefulSet/mongodb",
                ])
        )
        #expect(ids(.namespace) == outside.union(["Namespace/robot-shop", "Namespace/data"]))
        #expect(
            ids(.pod)
                == outside.union([
                    "robot-shop/Pod/web-6d7b-x", "robot-shop/Pod/catalogue-5b-y", "data/Pod/mongodb-0",
                ])
        )
        // The caller catalogue is behind two services: which of them, nobody can say.
        #expect(
            ids(.service)
                == outside.union([
                    "robot-shop/Service/web", "robot-shop/Service/catalogue", "robot-shop/Deployment/catalogue",
                    "data/Service/mongodb",
                ])
        )
        #expect(ids(.node) == outside.union(["Node/minikube", "Node/worker-2"]))
    }

    @Test func `an ambiguous end is a workload's where all candidates are`() {
        var flow = SampleFlows.call
        flow.source.identity = nil
        flow.source.basis = .ambiguous
        flow.source.candidates = [SampleFlows.web, SampleFlows.web]
        #expect(GraphNode.Name(flow.source, scope: .workload).id == "robot-shop/Deployment/web")
        flow.source.candidates = [SampleFlows.web, SampleFlows.database]
        #expect(GraphNode.Name(flow.source, scope: .workload).id == "Unknown/ambiguous")
        var named = SampleFlows.lookup.destination
        named.basis = .dnsAnswer
        named.domain = "dns.google"
        for scope in GraphScope.allCases { #expect(GraphNode.Name(named, scope: scope).id == "External/dns.google") }
    }

    static func outbound(_ count: Int, from identity: Identity? = SampleFlows.web) -> [AttributedFlow] {
        (0..<count).map { index in
            SampleFlows.flow(
                from: SampleFlows.end("172.17.0.8", UInt16(30000 + index), identity, .address),
                to: SampleFlows.end(
                    "93.184.\(index / 250).\(index % 250)",
                    443,
                    nil,
                    .unknown,
                    reason: "not an address of this cluster"
                ),
                side: .source,
                at: ObservationPoint(name: "web"),
                bytes: (UInt64(1000 + index), 0),
                packets: (1, 0)
            )
        }
    }

    @Test func `puts many outside addresses into one node, few into their own`() {
        #expect(FlowGraphTests.graph(FlowGraphTests.outbound(12)).nodes.count == 13)
        let many = FlowGraphTests.graph(FlowGraphTests.outbound(13))
        #expect(many.nodes.map(\.id) == ["External/outside", "robot-shop/Deployment/web"])
        #expect(many.edges.count == 1 && many.edges[0].flows == 13)
        // Without any cluster there is no outside either.
        #expect(FlowGraphTests.graph(FlowGraphTests.outbound(20, from: nil)).nodes.count == 21)
    }

    @Test func `totals still add up beyond the limit`() throws {
        let flows = FlowGraphTests.outbound(12)
        let graph = FlowGraphTests.graph(flows, limit: 5)
        #expect(graph.nodes.count == 6)
        let more = try #require(graph.nodes.last)
        #expect(more.id == "More/+8 more" && more.name == "+8 more" && more.kind == "More")
        #expect(graph.hidden.nodes == 8 && graph.hidden.edges == 8)
        #expect(graph.edges.count == 5)
        #expect(graph.edges.reduce(0) { $0 + $1.bytes } == graph.totals.bytes)
        #expect(graph.edges.reduce(0) { $0 + $1.flows } == graph.totals.flows)
        #expect(graph.nodes.reduce(0) { $0 + $1.bytes } == 2 * graph.totals.bytes)
        #expect(graph.hidden.bytes == more.bytes)
        let ordered = graph.nodes.dropLast().map(\.bytes)
        #expect(ordered == ordered.sorted(by: >))
    }

    @Test func `is the same for any order of the reports, and its parts add up`() {
        for seed in UInt64(1)...10 {
            var generator = GeneratedFlows(seed: seed)
            var random = SeededGenerator(seed: seed)
            let flows = generator.flows(300)
            for scope in GraphScope.allCases {
                let graph = FlowGraphTests.graph(flows, scope: scope, limit: 8)
                #expect(FlowGraphTests.graph(flows.shuffled(using: &random), scope: scope, limit: 8) == graph)
                #expect(graph.edges.reduce(0) { $0 &+ $1.bytes } == graph.totals.bytes)
                #expect(graph.edges.reduce(0) { $0 + $1.flows } == graph.totals.flows)
                #expect(graph.totals.reports + graph.totals.countedTwiceAvoided == flows.count)
                let ids = Set(graph.nodes.map(\.id))
                #expect(graph.edges.allSatisfy { ids.contains($0.source) && ids.contains($0.target) })
            }
        }
    }

    @Test func `an empty set of reports makes an empty graph`() {
        let graph = FlowGraphTests.graph([])
        #expect(graph.nodes.isEmpty && graph.edges.isEmpty && graph.totals == FlowTotals())
        #expect(graph.seconds == 10)
    }
}
