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

    private(set) var numbering: EndNumbering
    private var flows: [LedgerFlow] = []
    private var indexes: [FlowIdentity: Int] = [:]
    /// Per conversation, the flow that was added last; each leads to the one before.
    private var latest: [FlowKey: Int] = [:]

    init(scope: GraphScope) { numbering = EndNumbering(scope: scope) }

    /// Adds one report.
    mutating func add(_ flow: AttributedFlow) {
        let observation = flow.observation
        let key = FlowKey(
            transport: observation.transport,
            source: flow.source.endpoint,
            destination: flow.destination.endpoint
        )
        let isAscending = key.lower == flow.source.endpoint
        let source = numbering.number(of: flow.source)
        let destination = numbering.number(of: flow.destination)
        let identity = FlowIdentity(
            key: key,
            witness: Witness(
                point: numbering.number(of: flow.point),
                lower: isAscending ? observation.source : observation.destination,
                upper: isAscending ? observation.destination : observation.source
            ),
            flowStart: observation.flowStart,
            lowerNode: isAscending ? source.node : destination.node,
            upperNode: isAscending ? destination.node : source.node,
            lowerPod: isAscending ? source.pod : destination.pod,
            upperPod: isAscending ? destination.pod : source.pod
        )
        let index = indexes[identity] ?? flows.count
        if index == flows.count {
            indexes[identity] = index
            flows.append(LedgerFlow(identity, previous: latest.updateValue(index, forKey: key)))
        }
        flows[index].add(flow, isAscending: isAscending)
    }

    /// The flows that count, each once and with its direction settled, and the totals.
    func settled() -> (flows: [LedgerFlow], totals: FlowTotals) {
        var totals = FlowTotals()
        var counted: [LedgerFlow] = []
        for index in latest.values {
            for episode in episodes(conversation(endingWith: index)) {
                settle(episode, &counted, &totals)
            }
        }
        return (counted, totals)
    }

    private func settle(_ episode: [LedgerFlow], _ counted: inout [LedgerFlow], _ totals: inout FlowTotals) {
        let points = numbering.points
        let isAscending = direction(of: episode)
        let best = episode.min { $0.isBetterWitness(than: $1, isAscending: isAscending, points) }
        // A flow whose end changed its owner on the way is two entries and one flow.
        var lastStart: Timestamp?
        for var flow in episode {
            guard flow.identity.witness == best?.identity.witness else {
                totals.countedTwiceAvoided += flow.reports
                continue
            }
            flow.isAscending = isAscending
            flow.isFirstPart = flow.identity.flowStart != lastStart
            lastStart = flow.identity.flowStart
            if flow.isFirstPart { totals.flows += 1 }
            totals.add(flow)
            counted.append(flow)
        }
    }

    private func conversation(endingWith index: Int) -> [LedgerFlow] {
        var result = [flows[index]]
        while let previous = result[result.count - 1].previous { result.append(flows[previous]) }
        return result
    }

    /// Divides a conversation's flows, by their beginnings, where a time passed in which none of them was alive.
    private func episodes(_ flows: [LedgerFlow]) -> [[LedgerFlow]] {
        guard flows.count > 1 else { return [flows] }
        var result: [[LedgerFlow]] = []
        var end = Timestamp.distantPast
        for flow in flows.sorted(by: { isBefore($0, $1) }) {
            if result.isEmpty || flow.identity.flowStart > end.advanced(by: ConversationLedger.clockTolerance) {
                result.append([])
            }
            result[result.count - 1].append(flow)
            end = max(end, flow.lastSeen)
        }
        return result
    }

    /// An order that does not depend on the order of adding.
    private func isBefore(_ left: LedgerFlow, _ right: LedgerFlow) -> Bool {
        let (mine, others) = (left.identity, right.identity)
        if mine.flowStart != others.flowStart { return mine.flowStart < others.flowStart }
        if mine.lowerNode != others.lowerNode {
            return numbering.names[mine.lowerNode].id < numbering.names[others.lowerNode].id
        }
        if mine.upperNode != others.upperNode {
            return numbering.names[mine.upperNode].id < numbering.names[others.upperNode].id
        }
        return false
    }

    /// Whether the lower endpoint is the initiator: on the strongest evidence, of equals the earliest flow's.
    private func direction(of flows: [LedgerFlow]) -> Bool {
        guard flows.count > 1 else { return flows[0].isAscending }
        let strongest = flows.min { left, right in
            if left.evidence != right.evidence { return left.evidence > right.evidence }
            if left.identity.flowStart != right.identity.flowStart {
                return left.identity.flowStart < right.identity.flowStart
            }
            return left.isBetterWitness(than: right, isAscending: true, numbering.points)
        }
        return strongest?.isAscending ?? true
    }
}
