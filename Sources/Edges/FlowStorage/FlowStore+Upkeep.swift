import FlowAttribution
import FlowModel
import FlowQuery
import FoundationEssentials
import GRDB

/// How much a store holds.
package struct FlowStoreStatistics: Sendable, Hashable {
    /// Column blocks.
    package var blocks = 0
    /// Flow reports.
    package var flows = 0
    /// Bytes on disk: the file and its journal.
    package var bytes = 0
    /// The earliest `end` of a report; `nil` in an empty store.
    package var oldest: Timestamp?
    /// The latest `end` of a report; `nil` in an empty store.
    package var newest: Timestamp?
}

/// What retention took away, or merging put together.
package struct FlowStoreUpkeep: Sendable, Hashable {
    /// Blocks that are there no longer.
    package var blocksRemoved = 0
    /// Flow reports that are there no longer; none after merging.
    package var flowsRemoved = 0
}

extension FlowStore {
    /// The longest time that merged blocks span, in nanoseconds: retention by age lets go of whole blocks.
    static let mergedSpanMax: Int64 = 3_600_000_000_000

    /// How much the store holds now.
    package func statistics() throws(FlowStoreError) -> FlowStoreStatistics {
        var statistics = try FlowStore.translating(path) {
            try pool.read { db in
                var statistics = FlowStoreStatistics()
                let sql = "SELECT count(*), coalesce(sum(rows), 0), min(first), max(last) FROM block"
                if let row = try Row.fetchOne(db, sql: sql) {
                    statistics.blocks = row[0]
                    statistics.flows = row[1]
                    statistics.oldest = (row[2] as Int64?).map { Timestamp(nanoseconds: $0) }
                    statistics.newest = (row[3] as Int64?).map { Timestamp(nanoseconds: $0) }
                }
                return statistics
            }
        }
        statistics.bytes = FlowStore.size(of: path) + FlowStore.size(of: path + "-wal")
        return statistics
    }

    private static func size(of path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? UInt64).map { Int(clamping: $0) } ?? 0
    }

    /// Removes blocks whose newest report is too old, then the oldest ones until the file is small enough.
    ///
    /// The freed space goes back to the file system. Between two calls the file may outgrow the bound by what is
    /// stored meanwhile, and the journal adds a few megabytes while it is in use.
    ///
    /// - Parameters:
    ///   - age: The most age of a block's newest report in nanoseconds; `nil` for any.
    ///   - bytesMax: The most bytes of the file; `nil` for any.
    ///   - now: The time that ages are counted from.
    @discardableResult
    package func enforceRetention(
        age: Int64?,
        bytesMax: Int?,
        now: Timestamp
    ) throws(FlowStoreError) -> FlowStoreUpkeep {
        try FlowStore.translating(path) {
            var result = FlowStoreUpkeep()
            if let age {
                let limit = now.advanced(by: age == .min ? .max : -age)
                try pool.write { db in
                    try FlowStore.remove(
                        db,
                        where: "last < ?",
                        arguments: [limit.nanoseconds],
                        counting: &result
                    )
                }
            }
            if let bytesMax {
                while try removeOldest(beyond: bytesMax, counting: &result) {}
            }
            try giveBack(bytesMax: bytesMax)
            return result
        }
    }

    private static func remove(
        _ db: Database,
        where condition: String,
        arguments: StatementArguments,
        counting result: inout FlowStoreUpkeep
    ) throws {
        let sql = "SELECT coalesce(sum(rows), 0) FROM block WHERE \(condition)"
        result.flowsRemoved += try Int.fetchOne(db, sql: sql, arguments: arguments) ?? 0
        try db.execute(sql: "DELETE FROM block WHERE \(condition)", arguments: arguments)
        result.blocksRemoved += db.changesCount
    }

    /// Removes as many of the oldest blocks as should suffice; returns whether it removed any.
    private func removeOldest(beyond bytesMax: Int, counting result: inout FlowStoreUpkeep) throws -> Bool {
        try pool.write { db in
            var excess = try FlowStore.usedBytes(db) - bytesMax
            guard excess > 0 else { return false }
            var ids: [Int64] = []
            let oldest = try Row.fetchCursor(
                db,
                sql: "SELECT id, bytes + length(filter) FROM block ORDER BY last, id"
            )
            while excess > 0, let row = try oldest.next() {
                ids.append(row[0])
                excess -= row[1] as Int
            }
            for id in ids { try FlowStore.remove(db, where: "id = ?", arguments: [id], counting: &result) }
            return !ids.isEmpty
        }
    }

    private static func usedBytes(_ db: Database) throws -> Int {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        return (pages - free) * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096)
    }

    /// Shortens the file where it is over its bound or a quarter of it is free; else free pages are soon used again.
    private func giveBack(bytesMax: Int?) throws {
        try pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            let bytes = pages * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096)
            guard free > 0, free * 4 > pages || bytes > bytesMax ?? .max else { return }
            try db.execute(sql: "PRAGMA incremental_vacuum")
            // A reader may still need the journal; then the file shrinks the next time.
            _ = try? db.checkpoint(.truncate)
        }
    }

    /// Merges neighbouring small blocks into blocks of up to 65,536 reports; the reports stay in order and the same.
    ///
    /// Each merged block is a transaction of its own: a scan sees its parts or the whole, never both. Damaged blocks
    /// are left as they are.
    @discardableResult
    package func compact() throws(FlowStoreError) -> FlowStoreUpkeep {
        try FlowStore.translating(path) {
            var result = FlowStoreUpkeep()
            let parts = try pool.read { db in
                try Row.fetchAll(db, sql: "SELECT id, rows, first, last FROM block ORDER BY id").map(MergePart.init)
            }
            for group in MergePart.groups(parts) {
                result.blocksRemoved += try pool.write { try FlowStore.merge(group, $0) }
            }
            return result
        }
    }

    /// Merges a group into its first block, and returns how many blocks there are fewer.
    private static func merge(_ group: [MergePart], _ db: Database) throws -> Int {
        var merged: [AttributedFlow] = []
        var ids: [Int64] = []
        for part in group {
            guard let flows = try StoredBlock.flows(id: part.id, db) else {
                // Merging across it would change the order of arrival.
                if ids.count > 1 { break }
                (merged, ids) = ([], [])
                continue
            }
            merged += flows
            ids.append(part.id)
        }
        guard ids.count > 1, merged.count <= ColumnBlock.rowsMax else { return 0 }
        try StoredBlock(merged).replace(id: ids[0], db)
        for id in ids.dropFirst() { try db.execute(sql: "DELETE FROM block WHERE id = ?", arguments: [id]) }
        return ids.count - 1
    }
}

/// A block that may be merged with its neighbours.
private struct MergePart {
    let id: Int64
    let rows: Int
    let first: Timestamp
    let last: Timestamp

    init(_ row: Row) {
        id = row[0]
        rows = row[1]
        first = Timestamp(nanoseconds: row[2])
        last = Timestamp(nanoseconds: row[3])
    }

    /// Neighbours that fit into one block and one span of time, two or more at a time.
    static func groups(_ parts: [MergePart]) -> [[MergePart]] {
        var groups: [[MergePart]] = []
        var group: [MergePart] = []
        var rows = 0
        var (first, last) = (Timestamp.distantFuture, Timestamp.distantPast)
        for part in parts {
            let span = max(last, part.last).since(min(first, part.first))
            if !group.isEmpty, rows + part.rows > ColumnBlock.rowsMax || span > FlowStore.mergedSpanMax {
                if group.count > 1 { groups.append(group) }
                (group, rows, first, last) = ([], 0, .distantFuture, .distantPast)
            }
            group.append(part)
            rows += part.rows
            (first, last) = (min(first, part.first), max(last, part.last))
        }
        if group.count > 1 { groups.append(group) }
        return groups
    }
}
