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
    var from: Timestamp
    var until: Timestamp
    /// The evidence that the owner's time began, without the extension into the past.
    var evidence: Timestamp
    /// The latest `until` of this row and all before it.
    var reach = Timestamp.distantPast
    var fromCertain: Bool
    var untilCertain = true
    /// Whether no other owner of this kind can have it at the same time.
    var isExclusive: Bool
}

/// All owners that one address, port or block ever had, by the time they began.
struct OwnerTable: Sendable {
    private(set) var rows: [OwnerRow] = []

    /// Kubernetes writes times in whole seconds; the event was anywhere in the second that follows.
    static let evidenceResolution: Int64 = 1_000_000_000

    /// The rows with `from <= time < until`, by the time they began.
    func rows(at time: Timestamp) -> [OwnerRow] {
        var index = count(startingUntil: time)
        var found: [OwnerRow] = []
        while index > 0, rows[index - 1].reach > time {
            index -= 1
            if rows[index].until > time { found.append(rows[index]) }
        }
        if found.count > 1 { found.reverse() }
        return found
    }

    /// The row that ended last at or before a time; of several that one which began last.
    func lastRow(endedBy time: Timestamp) -> OwnerRow? {
        rows.filter { $0.until <= time && $0.until > $0.from }.max { ($0.until, $0.from) < ($1.until, $1.from) }
    }

    /// The row that begins first after a time.
    func firstRow(after time: Timestamp) -> OwnerRow? {
        rows[count(startingUntil: time)...].first { $0.until > $0.from }
    }

    private func count(startingUntil time: Timestamp) -> Int {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].from <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Begins an owner's time at the earliest moment that its evidence and the other owners allow.
    ///
    /// Another exclusive owner that is still open ends here; one that ended bounds this one, unless the evidence
    /// proves that it had lost the address before its end was reported. The result does not depend on the order
    /// in which owners of one listing are learnt.
    /// - Parameters:
    ///   - owner: Who has it now.
    ///   - evidence: The earliest proof that it has it.
    ///   - backward: How much earlier than the evidence it may have been used, in nanoseconds.
    ///   - end: When its time ended, where that is known at once.
    ///   - time: When this was learnt.
    /// - Returns: How many owners had it taken away while their time was still open.
    mutating func open(
        _ owner: OwnerKey,
        evidence: Timestamp,
        extension backward: Int64,
        endingAt end: Timestamp = .distantFuture,
        learntAt time: Timestamp,
        isCertain: Bool,
        isExclusive: Bool = true
    ) -> Int {
        if rows.contains(where: { $0.owner == owner && $0.until == .distantFuture }) { return 0 }
        let evidence = min(evidence, time)
        let from = evidence.advanced(by: -backward)
        var row = OwnerRow(
            owner: owner,
            from: from,
            until: max(from, end),
            evidence: evidence,
            fromCertain: isCertain,
            untilCertain: end == .distantFuture,
            isExclusive: isExclusive
        )
        var takeovers = 0
        for index in rows.indices {
            let other = rows[index]
            if other.owner == owner {
                row.from = max(row.from, min(other.until, time))
            } else if isExclusive, other.isExclusive, other.owner.kind == owner.kind,
                other.from < row.until, row.from < other.until,
                max(other.evidence, evidence) != .distantPast
            {
                // Two owners from one state that always held stay beside each other: nothing tells them apart.
                if OwnerTable.divide(&row, &rows[index], learntAt: time) { takeovers += 1 }
            }
        }
        row.until = max(row.until, row.from)
        rows.append(row)
        rows.sort { ($0.from, $0.evidence, $0.owner.index) < ($1.from, $1.evidence, $1.owner.index) }
        updateReach(from: 0)
        return takeovers
    }

    /// Divides an overlap of two owners at the newer one's evidence, or where the older one ended if that can
    /// have been before; whether the older one lost time.
    private static func divide(_ row: inout OwnerRow, _ other: inout OwnerRow, learntAt time: Timestamp) -> Bool {
        if other.evidence > row.evidence {
            divide(older: &row, newer: &other, at: other.evidence)
        } else {
            divide(older: &other, newer: &row, at: row.evidence > other.evidence ? row.evidence : time)
        }
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

    /// Ends an owner's open time, if it has one.
    mutating func close(_ owner: OwnerKey, at time: Timestamp, isCertain: Bool) {
        guard let index = rows.lastIndex(where: { $0.owner == owner && $0.until == .distantFuture }) else {
            return
        }
        rows[index].until = max(rows[index].from, time)
        rows[index].untilCertain = isCertain
        updateReach(from: index)
    }

    private mutating func updateReach(from start: Int) {
        var reach = start > 0 ? rows[start - 1].reach : .distantPast
        for index in start..<rows.count {
            reach = max(reach, rows[index].until)
            rows[index].reach = reach
        }
    }
}

/// One owner of an address, with its identity and the time it had it.
package struct AddressOwner: Sendable {
    /// How the owner has the address.
    package enum Kind: UInt8, Sendable, Hashable, CaseIterable {
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
