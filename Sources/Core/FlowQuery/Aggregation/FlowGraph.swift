import FlowAttribution
import FlowModel
import NetworkAddressing

/// Who talked to whom in a time range, with every flow counted once.
package struct FlowGraph: Sendable, Hashable {
    /// The beginning of the time range.
    package let from: Timestamp
    /// The end of the time range.
    package let to: Timestamp
    /// What one node stands for.
    package let scope: GraphScope
    /// The sums of all flows, hidden ones included.
    package let totals: FlowTotals
    /// By bytes sent and received, most first, then by id; the node of all the rest comes last.
    package let nodes: [GraphNode]
    /// By bytes, most first, then by id.
    package let edges: [GraphEdge]
    /// What was merged into the node of all the rest.
    package let hidden: Hidden

    /// What a graph does not show one by one.
    package struct Hidden: Sendable, Hashable {
        /// Nodes merged into the node of all the rest.
        package var nodes = 0
        /// Edges that had one of these nodes at either end, before they were merged.
        package var edges = 0
        /// The bytes of these edges.
        package var bytes: UInt64 = 0
    }

    /// The length of the time range in seconds; 0 for one that is empty or turned round.
    package var seconds: Double { Double(max(0, to.since(from))) / 1e9 }
}

/// One node of a flow graph.
package struct GraphNode: Sendable, Hashable {
    /// Which thing it is.
    package let identifier: Name
    /// IP bytes it sent.
    package var sentBytes: UInt64 = 0
    /// IP bytes it received.
    package var receivedBytes: UInt64 = 0
    /// Distinct flows with this node at an end.
    package var flows = 0
    /// Distinct pods of it that were seen.
    package var pods = 0

    /// A node without traffic yet.
    package init(_ identifier: Name) { self.identifier = identifier }

    /// `namespace/Kind/name`, or `Kind/name` without a namespace.
    package var id: String { identifier.id }
    /// The namespace; empty for what is outside Kubernetes and for machines.
    package var namespace: String { identifier.namespace }
    /// The word of its kind.
    package var kind: String { identifier.kind.rawValue }
    /// Its name.
    package var name: String { identifier.name }
    /// Bytes sent and received.
    package var bytes: UInt64 { sentBytes &+ receivedBytes }
}

/// All flows that one node began to another.
package struct GraphEdge: Sendable, Hashable {
    /// The initiator's node id.
    package let source: String
    /// The responder's node id.
    package let target: String
    /// What the initiator sent.
    package var forward = TrafficCount()
    /// What the responder sent.
    package var backward = TrafficCount()
    /// Distinct flows.
    package var flows = 0
    /// Bytes of both directions per second of the graph's time range; 0 for an empty range.
    package var bytesPerSecond = 0.0
    /// The ports that were called, by bytes, most first; at most `portsMax`.
    package var ports: [Port] = []
    /// The services that were called, sorted by namespace and name.
    package var services: [ServiceName] = []
    /// The time of the last packet.
    package var lastSeen = Timestamp.distantPast

    /// How many ports an edge lists; the rest of a port scan is in its sums only.
    package static let portsMax = 20

    /// An edge without traffic yet.
    package init(source: String, target: String) {
        self.source = source
        self.target = target
    }

    /// `source→target`.
    package var id: String { "\(source)→\(target)" }
    /// Bytes of both directions.
    package var bytes: UInt64 { forward.bytes &+ backward.bytes }

    /// The traffic to one port.
    package struct Port: Sendable, Hashable {
        /// The transport protocol.
        package let transport: TransportProtocol
        /// The responder's port; 0 for protocols without ports.
        package let port: UInt16
        /// IP bytes of both directions.
        package var bytes: UInt64
    }
}
