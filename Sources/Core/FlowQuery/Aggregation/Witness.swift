import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing

/// What tells one flow at one point from all others.
struct FlowIdentity: Hashable {
    let key: FlowKey
    let witness: Witness
    let flowStart: Timestamp
    let lower: GraphNode.Name
    let upper: GraphNode.Name
    let lowerPod: String
    let upperPod: String

    init(_ flow: AttributedFlow, scope: GraphScope) {
        let key = FlowKey(
            transport: flow.observation.transport,
            source: flow.source.endpoint,
            destination: flow.destination.endpoint
        )
        let isAscending = key.lower == flow.source.endpoint
        let (first, second) = isAscending ? (flow.source, flow.destination) : (flow.destination, flow.source)
        self.key = key
        witness = Witness(flow, isAscending: isAscending)
        flowStart = flow.observation.flowStart
        lower = GraphNode.Name(first, scope: scope)
        upper = GraphNode.Name(second, scope: scope)
        lowerPod = FlowIdentity.pod(of: first)
        upperPod = FlowIdentity.pod(of: second)
    }

    /// What tells one pod from another of the same name; empty for what is none.
    private static func pod(of end: AttributedEnd) -> String {
        guard let identity = end.identity, identity.kind == .pod else { return "" }
        return identity.uid.isEmpty ? "\(identity.namespace)/\(identity.name)" : identity.uid
    }
}

/// Who saw a conversation: a point, and in which of the forms that translation gives it.
///
/// Not whose interface the point is: that may become known, or the flow be turned round, between two reports.
struct Witness: Hashable {
    let point: String
    let node: String
    let interface: String
    /// The lower and upper end as they stood in the packets.
    let lower: Endpoint
    let upper: Endpoint

    init(_ flow: AttributedFlow, isAscending: Bool) {
        point = flow.point.name
        node = flow.point.node ?? ""
        interface = flow.point.interface ?? ""
        let ends = (flow.observation.source, flow.observation.destination)
        (lower, upper) = isAscending ? ends : (ends.1, ends.0)
    }
}

/// Whose interface a point is, whichever end turns out to be the initiator.
enum WitnessPlace: Hashable {
    case lower
    case upper
    case between

    init(_ side: ObservedSide, isAscending: Bool) {
        self =
            switch side {
            case .between: .between
            case .source: isAscending ? .lower : .upper
            case .destination: isAscending ? .upper : .lower
            }
    }

    func side(isAscending: Bool) -> ObservedSide {
        switch self {
        case .between: .between
        case .lower: isAscending ? .source : .destination
        case .upper: isAscending ? .destination : .source
        }
    }
}

extension LedgerFlow {
    /// Whether this flow's point is the better witness of a conversation that the lower or the upper end began.
    func isBetterWitness(than other: LedgerFlow, isAscending: Bool) -> Bool {
        let (side, otherSide) = (place.side(isAscending: isAscending), other.place.side(isAscending: isAscending))
        if side != otherSide { return side < otherSide }
        let (mine, others) = (identity.witness, other.identity.witness)
        if mine.point != others.point { return mine.point < others.point }
        if mine.node != others.node { return mine.node < others.node }
        if mine.interface != others.interface { return mine.interface < others.interface }
        let (rank, otherRank) = (translationRank(isAscending), other.translationRank(isAscending))
        if rank != otherRank { return rank < otherRank }
        return mine.lower != others.lower ? mine.lower < others.lower : mine.upper < others.upper
    }

    /// Low for packets as the initiator sent them: its own address as source, the service's as destination.
    private func translationRank(_ isAscending: Bool) -> Int {
        let lower = isTranslated(identity.witness.lower, identity.key.lower)
        let upper = isTranslated(identity.witness.upper, identity.key.upper)
        return ((isAscending ? lower : upper) ? 2 : 0) + ((isAscending ? upper : lower) ? 0 : 1)
    }

    private func isTranslated(_ seen: Endpoint, _ actual: Endpoint) -> Bool {
        seen.address != actual.address || transport.hasPorts && seen.port != actual.port
    }
}
