import FlowModel

/// What can own an address or a port.
struct OwnerKey: Hashable, Sendable {
    let kind: AddressOwner.Kind
    /// The place in the store of that kind.
    let index: Int
}

/// One owner of one address from a time until a time.
struct OwnerRow: Sendable {
    let owner: OwnerKey
    /// When its time begins; no two exclusive owners of a kind have the same moment.
    var from: Timestamp
    var until: Timestamp
    var fromCertain: Bool
    var untilCertain = true
    var bounds: OwnerBounds

    init(_ opening: OwnerOpening) {
        owner = opening.owner
        let evidence = min(opening.evidence, opening.learntAt)
        from = evidence.advanced(by: -opening.backward)
        until = max(from, opening.end)
        fromCertain = opening.isCertain
        untilCertain = opening.end == .distantFuture
        bounds = OwnerBounds(
            evidence: evidence,
            possibleFrom: from,
            possibleUntil: until,
            sureFrom: max(evidence, min(opening.sure, opening.learntAt)),
            sureUntil: opening.end == .distantFuture ? .distantFuture : opening.lastSure,
            learntAt: opening.learntAt,
            isExclusive: opening.isExclusive
        )
    }

    init(_ span: OwnerIndex.Span, _ bounds: OwnerBounds) {
        owner = OwnerKey(kind: span.kind, index: Int(span.index))
        from = span.from
        until = span.until
        fromCertain = span.isCertainFrom
        untilCertain = span.isCertainUntil
        self.bounds = bounds
    }
}

extension OwnerIndex.Span {
    init(_ row: OwnerRow, isAlone: Bool) {
        self.init(
            from: row.from,
            until: row.until,
            index: UInt32(truncatingIfNeeded: row.owner.index),
            kind: row.owner.kind,
            isAlone: isAlone,
            isCertainFrom: row.fromCertain,
            isCertainUntil: row.untilCertain
        )
    }
}

/// What is known of an owner's time by its own evidence, whoever else had the address.
struct OwnerBounds: BitwiseCopyable, Sendable {
    /// The evidence that it began, without the extension into the past.
    var evidence: Timestamp
    /// The earliest moment at which it can have had the address.
    var possibleFrom: Timestamp
    /// When it can have had it no more, exclusive.
    var possibleUntil: Timestamp
    /// When it had it for sure.
    var sureFrom: Timestamp
    /// Until when it had it for sure; `distantFuture` while it goes on, as far as its object shows.
    var sureUntil: Timestamp
    /// When it was learnt that it has it.
    var learntAt: Timestamp
    /// Whether no other owner of this kind can have it at the same time.
    var isExclusive: Bool
    /// Until when it need not be compared with others, once it surely has the address; kept by the index.
    var aloneUntil = Timestamp.distantPast

    /// Whether this owner got the address after another: it was learnt later, or in the same list and cannot have
    /// had it when the other surely did, whatever the clocks.
    func isNewer(than other: OwnerBounds, clockTolerance: Int64) -> Bool {
        guard learntAt == other.learntAt else { return learntAt > other.learntAt }
        return possibleFrom > other.sureFrom.advanced(by: clockTolerance)
    }
}

/// What is known of an owner when it is learnt that it has an address.
struct OwnerOpening {
    let owner: OwnerKey
    /// The earliest proof that it has the address.
    let evidence: Timestamp
    /// When it had it for sure.
    let sure: Timestamp
    /// How much earlier than the evidence it may have been used, in nanoseconds.
    var backward: Int64 = 0
    /// When its time ended, where that is known at once.
    var end = Timestamp.distantFuture
    /// Until when it had it for sure, where it ended.
    var lastSure = Timestamp.distantPast
    /// When this was learnt.
    let learntAt: Timestamp
    let isCertain: Bool
    var isExclusive = true
}

/// All owners that one address, port or block ever had, by the time they began.
struct OwnerTable: Sendable {
    private(set) var rows: [OwnerRow]

    /// Kubernetes writes times in whole seconds; the event was anywhere in the second that follows.
    static let evidenceResolution: Int64 = 1_000_000_000

    /// The row that ended last at or before a time; of several that one which began last.
    func lastRow(endedBy time: Timestamp) -> OwnerRow? {
        rows.filter { $0.until <= time && $0.until > $0.from }.max { ($0.until, $0.from) < ($1.until, $1.from) }
    }

    /// The row that begins first after a time.
    func firstRow(after time: Timestamp) -> OwnerRow? { rows.first { $0.from > time && $0.until > $0.from } }

    /// Begins an owner's time at the earliest moment that its evidence and the other owners allow.
    ///
    /// Another exclusive owner that is still open ends here; one that ended bounds this one, unless the evidence
    /// proves that it had lost the address before its end was reported. The result does not depend on the order
    /// in which owners of one listing are learnt.
    /// - Returns: How many owners had it taken away while their time was still open.
    mutating func open(_ opening: OwnerOpening) -> Int {
        if rows.contains(where: { $0.owner == opening.owner && $0.until == .distantFuture }) { return 0 }
        let time = opening.learntAt
        var row = OwnerRow(opening)
        var takeovers = 0
        for index in rows.indices {
            let other = rows[index]
            if other.owner == opening.owner {
                row.from = max(row.from, min(other.until, time))
                row.bounds.possibleFrom = max(row.bounds.possibleFrom, min(other.bounds.possibleUntil, time))
            } else if opening.isExclusive, other.bounds.isExclusive, other.owner.kind == opening.owner.kind,
                other.from < row.until, row.from < other.until,
                max(other.bounds.evidence, row.bounds.evidence) != .distantPast
            {
                // Two owners from one state that always held stay beside each other: nothing tells them apart.
                if OwnerTable.divide(&row, &rows[index], learntAt: time) { takeovers += 1 }
            }
        }
        row.until = max(row.until, row.from)
        rows.append(row)
        rows.sort {
            ($0.from, $0.bounds.evidence, $0.owner.index) < ($1.from, $1.bounds.evidence, $1.owner.index)
        }
        return takeovers
    }

    /// Divides an overlap of two owners at the newer one's evidence, or where the older one ended if that can
    /// have been before; whether the older one lost time.
    private static func divide(_ row: inout OwnerRow, _ other: inout OwnerRow, learntAt time: Timestamp) -> Bool {
        let (evidence, formerly) = (row.bounds.evidence, other.bounds.evidence)
        let hasEnded = (row.until != .distantFuture, other.until != .distantFuture)
        if row.bounds.learntAt == other.bounds.learntAt, hasEnded.0 != hasEnded.1 {
            // Of one list, who has it still got it last.
            return hasEnded.0
                ? divide(older: &row, newer: &other, at: formerly > evidence ? formerly : row.until)
                : divide(older: &other, newer: &row, at: evidence > formerly ? evidence : other.until)
        }
        if evidence > formerly { return divide(older: &other, newer: &row, at: evidence) }
        // What the clocks of two nodes say of the order, the order of learning corrects, unless it is one list or
        // an owner that is learnt when it has ended.
        let wasLearntLater = row.bounds.learntAt > other.bounds.learntAt && row.until == .distantFuture
        if evidence == formerly || wasLearntLater {
            return divide(older: &other, newer: &row, at: min(other.until, time))
        }
        return divide(older: &row, newer: &other, at: formerly)
    }

    private static func divide(older: inout OwnerRow, newer: inout OwnerRow, at time: Timestamp) -> Bool {
        let isTakeover = time.advanced(by: evidenceResolution) <= older.until
        if isTakeover {
            older.until = max(older.from, time)
            older.untilCertain = false
        }
        newer.from = max(newer.from, older.until)
        newer.until = max(newer.until, newer.from)
        return isTakeover
    }

    /// Ends an owner's open time, if it has one, and what was possible and sure of it whether or not another has
    /// taken the address since.
    mutating func close(_ owner: OwnerKey, _ closing: OwnerClosing) {
        guard
            let index = rows.lastIndex(where: { $0.owner == owner && $0.bounds.sureUntil == .distantFuture })
        else { return }
        if rows[index].until == .distantFuture {
            rows[index].until = max(rows[index].from, closing.time)
            rows[index].untilCertain = closing.isCertain
        }
        rows[index].bounds.possibleUntil = max(rows[index].bounds.possibleFrom, closing.possibleUntil)
        rows[index].bounds.sureUntil = min(closing.lastSure, rows[index].bounds.possibleUntil)
    }
}

/// What is known of an owner when it loses an address.
struct OwnerClosing {
    /// When its time ends.
    let time: Timestamp
    /// When it can have had the address no more; not before `time`.
    let possibleUntil: Timestamp
    /// Until when it had it for sure.
    let lastSure: Timestamp
    let isCertain: Bool

    /// An end of which no more is known than when it was reported.
    init(at time: Timestamp, possibleUntil: Timestamp? = nil, lastSure: Timestamp? = nil, isCertain: Bool) {
        self.time = time
        self.possibleUntil = possibleUntil ?? time
        self.lastSure = lastSure ?? time
        self.isCertain = isCertain
    }
}

/// One owner of an address, with its identity and the time it had it.
package struct AddressOwner: Sendable {
    /// How the owner has the address.
    package enum Kind: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
        /// A pod in its own network namespace.
        case pod
        /// A service: a cluster, external or load balancer address.
        case service
        /// A node.
        case node
    }

    /// How the owner has the address.
    package let kind: Kind
    /// The owner as of the time asked for.
    package let identity: Identity
    /// When its time begins.
    package let from: Timestamp
    /// When its time ends, exclusive; `distantFuture` while it goes on.
    package let until: Timestamp
    /// Whether the beginning was seen as it happened, not inferred from a list.
    package let fromCertain: Bool
    /// Whether the end was seen as it happened; an end that has not come is certain.
    package let untilCertain: Bool
}
