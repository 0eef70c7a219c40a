import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing

/// The sums of settled flows by node and by pair of nodes, in order.
struct GraphSums {
    private(set) var nodes: [GraphNode]
    private(set) var edges: [GraphEdge]

    private struct Pair: Hashable {
        let source: GraphNode.Name
        let destination: GraphNode.Name
    }

    private struct NodeSum {
        var node: GraphNode
        var pods: Set<String> = []

        mutating func add(sent: TrafficCount, received: TrafficCount, pod: String, isCounted: Bool) {
            node.sentBytes &+= sent.bytes
            node.receivedBytes &+= received.bytes
            if isCounted { node.flows += 1 }
            if !pod.isEmpty { pods.insert(pod) }
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

    init(_ flows: [LedgerFlow], renaming: [GraphNode.Name: GraphNode.Name], seconds: Double) {
        var nodes: [GraphNode.Name: NodeSum] = [:]
        var edges: [Pair: EdgeSum] = [:]
        for flow in flows {
            let source = renaming[flow.source] ?? flow.source
            let destination = renaming[flow.destination] ?? flow.destination
            nodes[source, default: NodeSum(node: GraphNode(source))].add(
                sent: flow.forward,
                received: flow.backward,
                pod: flow.sourcePod,
                isCounted: flow.isFirstPart
            )
            // A flow within one node is one flow of it.
            nodes[destination, default: NodeSum(node: GraphNode(destination))].add(
                sent: flow.backward,
                received: flow.forward,
                pod: flow.destinationPod,
                isCounted: flow.isFirstPart && source != destination
            )
            edges[
                Pair(source: source, destination: destination),
                default: EdgeSum(edge: GraphEdge(source: source.id, target: destination.id))
            ].add(flow)
        }
        self.nodes = GraphSums.sorted(nodes.values.map(\.result), bytes: \.bytes, id: \.id)
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
