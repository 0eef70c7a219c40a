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
        var names = ledger.numbering.names
        var groups = Array(names.indices)
        let ends = Set(flows.flatMap { [$0.sourceNode, $0.destinationNode] })
        let externals = ends.filter { names[$0].kind == .external }
        // "Outside" means something only where an inside is known.
        if knowsAnyone, externals.count > FlowGraphBuilder.externalsMax {
            for external in externals { groups[external] = names.count }
            names.append(GraphNode.Name(kind: .external, name: "outside"))
        }
        let full = GraphSums(flows, groups: groups, names: names, seconds: seconds)
        guard full.nodes.count > limit else { return graph(full, totals, FlowGraph.Hidden()) }
        let rest = full.nodes.dropFirst(limit)
        var hidden = FlowGraph.Hidden(nodes: rest.count)
        let restIDs = Set(rest.map(\.id))
        for edge in full.edges where restIDs.contains(edge.source) || restIDs.contains(edge.target) {
            hidden.edges += 1
            hidden.bytes &+= edge.bytes
        }
        let restNames = Set(rest.map(\.identifier))
        for end in ends where restNames.contains(names[groups[end]]) { groups[end] = names.count }
        names.append(GraphNode.Name(kind: .more, name: "+\(rest.count) more"))
        return graph(GraphSums(flows, groups: groups, names: names, seconds: seconds), totals, hidden)
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
