import FlowAttribution
import FlowModel
import NetworkAddressing

/// Makes a flow graph of reports; its memory grows with the number of flows, not of reports.
package struct FlowGraphBuilder {
    /// Up to this many addresses outside the cluster are nodes of their own.
    package static let externalsMax = 12

    private let from: Timestamp
    private let to: Timestamp
    private let scope: GraphScope
    private let limit: Int
    private var ledger: ConversationLedger
    private var knowsAnyone = false

    /// A builder for the reports of a time range.
    ///
    /// - Parameters:
    ///   - scope: What one node stands for.
    ///   - from: The beginning of the range; rates are per second of it, and reports are not checked against it.
    ///   - to: The end of the range.
    ///   - limit: How many nodes to show; the smaller ones become one node of all the rest.
    package init(scope: GraphScope, from: Timestamp, to: Timestamp, limit: Int = 400) {
        self.scope = scope
        self.from = from
        self.to = to
        self.limit = max(1, limit)
        ledger = ConversationLedger(scope: scope)
    }

    /// Adds one report.
    package mutating func add(_ flow: AttributedFlow) {
        ledger.add(flow)
        if flow.source.identity != nil || flow.destination.identity != nil { knowsAnyone = true }
    }

    /// Adds reports.
    package mutating func add(_ flows: some Sequence<AttributedFlow>) {
        for flow in flows { add(flow) }
    }

    /// The graph of all that was added; the same for any order of adding.
    package func graph() -> FlowGraph {
        let (flows, totals) = ledger.settled()
        var renaming: [GraphNode.Name: GraphNode.Name] = [:]
        let externals = Set(flows.flatMap { [$0.source, $0.destination] }.filter { $0.kind == .external })
        // "Outside" means something only where an inside is known.
        if knowsAnyone, externals.count > FlowGraphBuilder.externalsMax {
            for name in externals { renaming[name] = GraphNode.Name(kind: .external, name: "outside") }
        }
        let full = GraphSums(flows, renaming: renaming, seconds: 0)
        guard full.nodes.count > limit else {
            return graph(GraphSums(flows, renaming: renaming, seconds: seconds), totals, FlowGraph.Hidden())
        }
        let rest = full.nodes.dropFirst(limit)
        let more = GraphNode.Name(kind: .more, name: "+\(rest.count) more")
        var hidden = FlowGraph.Hidden(nodes: rest.count)
        let restIDs = Set(rest.map(\.id))
        for edge in full.edges where restIDs.contains(edge.source) || restIDs.contains(edge.target) {
            hidden.edges += 1
            hidden.bytes &+= edge.bytes
        }
        for (name, other) in renaming where restIDs.contains(other.id) { renaming[name] = more }
        for node in rest { renaming[node.identifier] = more }
        return graph(GraphSums(flows, renaming: renaming, seconds: seconds), totals, hidden)
    }

    private var seconds: Double { Double(max(0, to.since(from))) / 1e9 }

    private func graph(_ sums: GraphSums, _ totals: FlowTotals, _ hidden: FlowGraph.Hidden) -> FlowGraph {
        FlowGraph(
            from: from,
            to: to,
            scope: scope,
            totals: totals,
            nodes: sums.nodes.filter { $0.identifier.kind != .more }
                + sums.nodes.filter { $0.identifier.kind == .more },
            edges: sums.edges,
            hidden: hidden
        )
    }
}
