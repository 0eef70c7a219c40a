import FlowAttribution
import FlowModel

/// Sums over a set of reports in which every flow counts once, however many points saw it.
package struct FlowTotals: Sendable, Hashable {
    /// IP bytes of both directions.
    package var bytes: UInt64 = 0
    /// Packets of both directions.
    package var packets: UInt64 = 0
    /// Distinct flows, not reports.
    package var flows = 0
    /// Reports that the sums are made of.
    package var reports = 0
    /// Reports left out because another point's reports of the same flow are counted.
    package var countedTwiceAvoided = 0

    /// Nothing yet.
    package init() {}

    /// The sums over the given reports.
    package init(_ flows: some Sequence<AttributedFlow>) {
        var ledger = ConversationLedger(scope: .pod)
        for flow in flows { ledger.add(flow) }
        self = ledger.settled().totals
    }

    /// Adds the traffic and reports of a flow that counts.
    mutating func add(_ flow: LedgerFlow) {
        bytes &+= flow.forward.bytes &+ flow.backward.bytes
        packets &+= flow.forward.packets &+ flow.backward.packets
        reports += flow.reports
    }
}
