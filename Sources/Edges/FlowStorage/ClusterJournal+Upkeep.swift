import ClusterModel
import FlowModel
import FoundationEssentials
import GRDB
import Synchronization

extension ClusterJournal {
    /// With fewer old events than this, or this part of all, there is nothing worth doing.
    private static let oldEventsMin = (count: 32, part: 8)

    /// How many bytes the events of all clusters and their objects take, as far as they are counted.
    package func byteCount() throws(FlowStoreError) -> Int {
        try FlowStore.translating(store.path) {
            try store.pool.read { db in
                let objects = try Int.fetchOne(
                    db,
                    sql: "SELECT coalesce(sum(length(body) + 64), 0) FROM cluster_object"
                )
                let events = try Int.fetchOne(
                    db,
                    sql: "SELECT coalesce(sum(coalesce(length(data), 0) + 32), 0) FROM cluster_event"
                )
                return (objects ?? 0) + (events ?? 0)
            }
        }
    }

    /// The time of the oldest event; `nil` where there is none.
    package func oldest() throws(FlowStoreError) -> Timestamp? {
        try FlowStore.translating(store.path) {
            try store.pool.read { db in
                let sql = "SELECT time FROM cluster_event WHERE cluster = ? ORDER BY id LIMIT 1"
                return try Int64.fetchOne(db, sql: sql, arguments: [cluster]).map { Timestamp(nanoseconds: $0) }
            }
        }
    }

    /// Lets go of what came before a time: of each kind, what there was then is kept as a list.
    ///
    /// - Returns: How many events there are fewer.
    @discardableResult
    package func prune(before time: Timestamp) throws(FlowStoreError) -> Int {
        try FlowStore.translating(store.path) {
            try store.pool.write { db in
                // Up to the first that is not old, so that what remains begins at one moment.
                let first = try Int64.fetchOne(
                    db,
                    sql: "SELECT min(id) FROM cluster_event WHERE cluster = ? AND time >= ?",
                    arguments: [cluster, time.nanoseconds]
                )
                let end = first ?? .max
                let counts = try Row.fetchOne(
                    db,
                    sql: "SELECT count(*) FILTER (WHERE id < ?), count(*) FROM cluster_event WHERE cluster = ?",
                    arguments: [end, cluster]
                )
                let (old, all): (Int, Int) = (counts?[0] ?? 0, counts?[1] ?? 0)
                let least = ClusterJournal.oldEventsMin
                guard old >= max(least.count, all / least.part) else { return 0 }
                let kept = try checkpoint(before: end, db)
                try db.execute(
                    sql: "DELETE FROM cluster_event WHERE cluster = ? AND id < ? AND id NOT IN (\(kept))",
                    arguments: [cluster, end]
                )
                let removed = db.changesCount
                try removeUnused(db)
                return removed
            }
        }
    }

    /// Makes a list of what there was of each kind out of its last event before an id; returns the ids that stay.
    private func checkpoint(before end: Int64, _ db: Database) throws -> String {
        var kinds: [String: KindState] = [:]
        let ids = try objectIDs(db)
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT id, type, kind, object, data FROM cluster_event WHERE cluster = ? AND id < ? ORDER BY id",
            arguments: [cluster, end]
        )
        while let row = try rows.next() {
            kinds[row[2], default: KindState()].take(row, ids)
        }
        var kept: [String] = []
        for state in kinds.values {
            if let gap = state.gap { kept.append("\(gap)") }
            guard let event = state.event else { continue }
            kept.append("\(event)")
            let data = Data(StoredClusterEvent.list(state.rows.values.sorted(), version: state.version))
            try db.execute(
                sql: "UPDATE cluster_event SET type = 0, object = NULL, data = ? WHERE id = ?",
                arguments: [data, event]
            )
        }
        return kept.joined(separator: ",")
    }

    private func objectIDs(_ db: Database) throws -> [Int64: String] {
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT id, uid FROM cluster_object WHERE cluster = ?",
            arguments: [cluster]
        )
        var ids: [Int64: String] = [:]
        while let row = try rows.next() { ids[row[0]] = row[1] }
        return ids
    }

    /// Removes objects that no event names.
    private func removeUnused(_ db: Database) throws {
        var used: Set<Int64> = []
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT object, type, data FROM cluster_event WHERE cluster = ?",
            arguments: [cluster]
        )
        while let row = try rows.next() {
            if let object = row[0] as Int64? { used.insert(object) }
            if row[1] as Int64 == StoredClusterEvent.Kind.listed.rawValue, let data = row[2] as Data? {
                used.formUnion(StoredClusterEvent.list(Array(data))?.rows ?? [])
            }
        }
        // What is there now is told from what comes by it.
        used.formUnion(known.withLock { $0.values.map(\.row) })
        let all = try Int64.fetchAll(db, sql: "SELECT id FROM cluster_object WHERE cluster = ?", arguments: [cluster])
        let delete = try db.cachedStatement(sql: "DELETE FROM cluster_object WHERE id = ?")
        for id in all where !used.contains(id) { try delete.execute(arguments: [id]) }
    }
}

/// What there is of a kind, and its last events.
private struct KindState {
    var rows: [String: Int64] = [:]
    var version = ""
    /// The last event that is no gap.
    var event: Int64?
    /// The gap behind it.
    var gap: Int64?

    mutating func take(_ row: Row, _ ids: [Int64: String]) {
        guard let type = StoredClusterEvent.Kind(rawValue: row[1]) else { return }
        guard type != .gap else {
            gap = row[0]
            return
        }
        (event, gap) = (row[0], nil)
        switch type {
        case .listed:
            guard let data = row[4] as Data?, let list = StoredClusterEvent.list(Array(data)) else { return }
            version = list.version
            rows = [:]
            for number in list.rows { if let id = ids[number] { rows[id] = number } }
        case .changed, .deleted:
            guard let number = row[3] as Int64?, let id = ids[number] else { return }
            rows[id] = type == .changed ? number : nil
        case .gap: break
        }
    }
}
