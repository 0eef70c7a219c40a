import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing

/// The sums of settled flows by node and by pair of nodes, in order.
struct GraphSums {
    private(set) var nodes: [GraphNode]
    private(set) var edges: [GraphEdge]

    private struct NodeSum {
        var node: GraphNode
        var pods: Set<Int> = []
        /// Whether any flow has an end here; all of a node's flows may be counted elsewhere.
        var isUsed = false

        mutating func add(sent: TrafficCount, received: TrafficCount, pod: Int, isCounted: Bool) {
            isUsed = true
            node.sentBytes &+= sent.bytes
            node.receivedBytes &+= received.bytes
            if isCounted { node.flows += 1 }
            if pod != 0 { pods.insert(pod) }
        }

        var result: GraphNode {
            var node = node
            node.pods = pods.count
            return node
        }
    }

    private struct EdgeSum {
        var edge: GraphEdge
        var ports: [UInt32: GraphEdge.Port] = [:]
        var services: Set<ServiceName> = []

        mutating func add(_ flow: LedgerFlow) {
            edge.forward.packets &+= flow.forward.packets
            edge.forward.bytes &+= flow.forward.bytes
            edge.backward.packets &+= flow.backward.packets
            edge.backward.bytes &+= flow.backward.bytes
            if flow.isFirstPart { edge.flows += 1 }
            edge.lastSeen = max(edge.lastSeen, flow.lastSeen)
            let key = UInt32(flow.transport.rawValue) << 16 | UInt32(flow.port)
            ports[key, default: GraphEdge.Port(transport: flow.transport, port: flow.port, bytes: 0)].bytes &+=
                flow.forward.bytes &+ flow.backward.bytes
            if let service = flow.service { services.insert(service) }
        }

        func result(seconds: Double) -> GraphEdge {
            var edge = edge
            edge.bytesPerSecond = seconds > 0 ? Double(edge.bytes) / seconds : 0
            let ranked = ports.sorted {
                $0.value.bytes != $1.value.bytes ? $0.value.bytes > $1.value.bytes : $0.key < $1.key
            }
            edge.ports = ranked.prefix(GraphEdge.portsMax).map(\.value)
            edge.services = services.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
            return edge
        }
    }

    /// Sums flows up.
    ///
    /// - Parameters:
    ///   - flows: Settled flows.
    ///   - groups: Per number of a node in the flows, the place of the shown node in `names`.
    ///   - names: The nodes that are shown.
    ///   - seconds: What rates are per.
    init(_ flows: [LedgerFlow], groups: [Int], names: [GraphNode.Name], seconds: Double) {
        var nodes = names.map { NodeSum(node: GraphNode($0)) }
        var edges: [Int: EdgeSum] = [:]
        for flow in flows {
            let source = groups[flow.sourceNode]
            let destination = groups[flow.destinationNode]
            nodes[source].add(
                sent: flow.forward,
                received: flow.backward,
                pod: flow.sourcePod,
                isCounted: flow.isFirstPart
            )
            // A flow within one node is one flow of it.
            nodes[destination].add(
                sent: flow.backward,
                received: flow.forward,
                pod: flow.destinationPod,
                isCounted: flow.isFirstPart && source != destination
            )
            let pair = source * names.count + destination
            if edges[pair] == nil {
                edges[pair] = EdgeSum(edge: GraphEdge(source: names[source].id, target: names[destination].id))
            }
            edges[pair]?.add(flow)
        }
        self.nodes = GraphSums.sorted(nodes.filter(\.isUsed).map(\.result), bytes: \.bytes, id: \.id)
        self.edges = GraphSums.sorted(edges.values.map { $0.result(seconds: seconds) }, bytes: \.bytes, id: \.id)
    }

    private static func sorted<Element>(
        _ elements: [Element],
        bytes: (Element) -> UInt64,
        id: (Element) -> String
    ) -> [Element] {
        elements.map { (element: $0, bytes: bytes($0), id: id($0)) }
            .sorted { $0.bytes != $1.bytes ? $0.bytes > $1.bytes : $0.id < $1.id }
            .map(\.element)
    }
}
