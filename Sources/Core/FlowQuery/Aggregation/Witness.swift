import FlowAttribution
import FlowModel
import NetworkAddressing

/// What tells one flow at one point from all others.
struct FlowIdentity: Hashable {
    let key: FlowKey
    let witness: Witness
    let flowStart: Timestamp
    /// The numbers of the nodes and pods that the lower and the upper endpoint belong to.
    let lowerNode: Int
    let upperNode: Int
    let lowerPod: Int
    let upperPod: Int
}

/// Who saw a conversation: a point, and in which of the forms that translation gives it.
///
/// Not whose interface the point is: that may become known, or the flow be turned round, between two reports.
struct Witness: Hashable {
    /// The number of the observation point.
    let point: Int
    /// The lower and upper end as they stood in the packets.
    let lower: Endpoint
    let upper: Endpoint
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
    func isBetterWitness(than other: LedgerFlow, isAscending: Bool, _ points: [EndNumbering.Point]) -> Bool {
        let side = place.side(isAscending: isAscending)
        let otherSide = other.place.side(isAscending: isAscending)
        if side != otherSide { return side < otherSide }
        let (mine, others) = (identity.witness, other.identity.witness)
        if mine.point != others.point { return points[mine.point] < points[others.point] }
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
