import FlowAttribution
import FlowModel
import NetworkAddressing

/// Collects reports by flow and decides, per conversation, whose reports count.
///
/// Several points see one conversation: the two pods, a bridge before and after translation, the node's uplink. The
/// reports of exactly one of them make up the totals. A conversation is a protocol and two true endpoints, as long
/// as it lasts: when the same ports are used anew later, that is another one with a choice of its own, so that a
/// flow only one point saw is never lost to a better witness of an earlier flow.
struct ConversationLedger {
    /// How far apart the flows of one conversation may lie at two points, in nanoseconds: their clocks' difference.
    static let clockTolerance: Int64 = 1_000_000_000

    let scope: GraphScope
    private var flows: [LedgerFlow] = []
    private var indexes: [FlowIdentity: Int] = [:]
    private var conversations: [FlowKey: [Int]] = [:]

    init(scope: GraphScope) { self.scope = scope }

    /// Adds one report.
    mutating func add(_ flow: AttributedFlow) {
        let identity = FlowIdentity(flow, scope: scope)
        let isAscending = identity.key.lower == flow.source.endpoint
        if let index = indexes[identity] {
            flows[index].add(flow, isAscending: isAscending)
            return
        }
        var entry = LedgerFlow(identity)
        entry.add(flow, isAscending: isAscending)
        indexes[identity] = flows.count
        conversations[identity.key, default: []].append(flows.count)
        flows.append(entry)
    }

    /// The flows that count, each once and with its direction settled, and the totals.
    func settled() -> (flows: [LedgerFlow], totals: FlowTotals) {
        var totals = FlowTotals()
        var counted: [LedgerFlow] = []
        for indexes in conversations.values {
            for episode in episodes(indexes.map { flows[$0] }) {
                let isAscending = ConversationLedger.direction(of: episode)
                let witness = episode.min { $0.isBetterWitness(than: $1, isAscending: isAscending) }?.identity.witness
                // A flow whose end changed its owner on the way is two entries and one flow.
                var starts: Set<Timestamp> = []
                for var flow in episode {
                    guard flow.identity.witness == witness else {
                        totals.countedTwiceAvoided += flow.reports
                        continue
                    }
                    flow.isAscending = isAscending
                    flow.isFirstPart = starts.insert(flow.identity.flowStart).inserted
                    totals.add(flow)
                    counted.append(flow)
                }
                totals.flows += starts.count
            }
        }
        return (counted, totals)
    }

    /// Divides a conversation's flows where a time passed in which none of them was alive.
    private func episodes(_ flows: [LedgerFlow]) -> [[LedgerFlow]] {
        var result: [[LedgerFlow]] = []
        var end = Timestamp.distantPast
        for flow in flows.sorted(by: { $0.identity.flowStart < $1.identity.flowStart }) {
            if result.isEmpty || flow.identity.flowStart > end.advanced(by: ConversationLedger.clockTolerance) {
                result.append([])
            }
            result[result.count - 1].append(flow)
            end = max(end, flow.lastSeen)
        }
        return result
    }

    /// Whether the lower endpoint is the initiator: on the strongest evidence, of equals the earliest flow's.
    private static func direction(of flows: [LedgerFlow]) -> Bool {
        let strongest = flows.min { left, right in
            if left.evidence != right.evidence { return left.evidence > right.evidence }
            if left.identity.flowStart != right.identity.flowStart {
                return left.identity.flowStart < right.identity.flowStart
            }
            return left.isBetterWitness(than: right, isAscending: true)
        }
        return strongest?.isAscending ?? true
    }
}
