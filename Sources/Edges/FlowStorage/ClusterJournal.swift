import ClusterModel
import FlowModel
import FoundationEssentials
import GRDB
import JSONText
import Synchronization

/// What a cluster's API said, kept in a store: read again, it makes the same history.
///
/// An object is stored once for each state it was seen in, with what is read of it and nothing else; changes that
/// change nothing of that are not stored. All methods block, and may be called from any thread.
package final class ClusterJournal: Sendable {
    /// An object as it was last stored.
    struct Known: Sendable {
        /// Of everything but its version.
        var digest: Int
        var row: Int64
    }

    /// The kind and id of an object.
    struct Key: Hashable, Sendable {
        let kind: ObjectKind
        let id: String
    }

    let store: FlowStore
    /// The number of the cluster in the store.
    let cluster: Int64
    let known = Mutex<[Key: Known]>([:])

    /// The journal of a cluster, told from others by a name such as its URL.
    package init(_ store: FlowStore, cluster name: String) throws(FlowStoreError) {
        self.store = store
        cluster = try FlowStore.translating(store.path) {
            try store.pool.write { db in
                try db.execute(sql: "INSERT OR IGNORE INTO cluster (name) VALUES (?)", arguments: [name])
                return try Int64.fetchOne(db, sql: "SELECT id FROM cluster WHERE name = ?", arguments: [name]) ?? 0
            }
        }
    }

    /// What was read.
    package struct Contents: Sendable, Equatable {
        /// Events that were handed over.
        package var events = 0
        /// Events and objects that could not be read and were passed over.
        package var unreadable = 0
        /// Until when each kind is known to have been followed; of all kinds that there are events of.
        package var followed: [ObjectKind: Timestamp] = [:]
    }

    /// Hands over all events in the order in which they were stored; to be called once, before `append`.
    package func read(_ body: (ClusterEvent) -> Void) throws(FlowStoreError) -> Contents {
        try FlowStore.translating(store.path) {
            try store.pool.read { db in
                var contents = Contents()
                var states: [Key: Known] = [:]
                let rows = try Row.fetchCursor(
                    db,
                    sql: "SELECT type, kind, time, object, data FROM cluster_event WHERE cluster = ? ORDER BY id",
                    arguments: [cluster]
                )
                while let row = try rows.next() {
                    guard let event = try event(row, db, &states, &contents) else {
                        contents.unreadable += 1
                        continue
                    }
                    contents.events += 1
                    let former = contents.followed[event.kind] ?? .distantPast
                    contents.followed[event.kind] = max(former, event.time)
                    body(event)
                }
                let followed = try Row.fetchAll(
                    db,
                    sql: "SELECT kind, until FROM cluster_followed WHERE cluster = ?",
                    arguments: [cluster]
                )
                for row in followed {
                    guard let kind = ObjectKind(rawValue: row[0]) else { continue }
                    let until = Timestamp(nanoseconds: row[1])
                    contents.followed[kind] = max(contents.followed[kind] ?? until, until)
                }
                known.withLock { $0 = states }
                return contents
            }
        }
    }

    /// Stores events in their order, and until when kinds were followed; all of it is durable when this returns, and
    /// none of it is stored when it throws.
    package func append(
        _ events: [ClusterEvent],
        followed: [ObjectKind: Timestamp] = [:]
    ) throws(FlowStoreError) {
        guard !events.isEmpty || !followed.isEmpty else { return }
        try FlowStore.translating(store.path) {
            // Taken out, so that nothing of it is copied; each change can be undone.
            var states = ObjectStates(known.withLock { exchange(&$0, with: [:]) })
            defer { known.withLock { $0 = states.rows } }
            do {
                try store.pool.write { db in
                    for event in events { try insert(event, &states, db) }
                    for (kind, time) in followed {
                        try db.execute(
                            sql: """
                                INSERT INTO cluster_followed VALUES (?, ?, ?)
                                ON CONFLICT DO UPDATE SET until = excluded.until
                                """,
                            arguments: [cluster, kind.rawValue, time.nanoseconds]
                        )
                    }
                }
            } catch {
                states.undo()
                throw error
            }
        }
    }

    private func insert(_ event: ClusterEvent, _ states: inout ObjectStates, _ db: Database) throws {
        var row: Int64?
        var data: Data?
        let type: StoredClusterEvent.Kind
        switch event {
        case .listed(let kind, let objects, let version, _):
            type = .listed
            var rows: [Int64] = []
            var present: Set<Key> = []
            for object in objects {
                rows.append(try self.row(of: object, &states, db).row)
                present.insert(Key(kind: kind, id: object.id))
            }
            for key in states.rows.keys where key.kind == kind && !present.contains(key) { states[key] = nil }
            data = Data(StoredClusterEvent.list(rows, version: version))
        case .changed(let object, _):
            type = .changed
            let stored = try self.row(of: object, &states, db)
            // Most of what the API tells of a pod says nothing that is read.
            guard stored.isNew else { return }
            row = stored.row
        case .deleted(let object, _):
            type = .deleted
            row = try self.row(of: object, &states, db).row
            states[Key(kind: object.kind, id: object.id)] = nil
        case .gap(_, let from, _, let reason):
            type = .gap
            data = Data(StoredClusterEvent.gap(from: from, reason: reason))
        }
        try db.execute(
            sql: "INSERT INTO cluster_event (cluster, time, kind, type, object, data) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [cluster, event.time.nanoseconds, event.kind.rawValue, type.rawValue, row, data]
        )
    }

    /// The row of an object in its present state, stored now if it is not.
    private func row(
        of object: ClusterObject,
        _ states: inout ObjectStates,
        _ db: Database
    ) throws -> (row: Int64, isNew: Bool) {
        let key = Key(kind: object.kind, id: object.id)
        var writer = JSONWriter()
        object.with(resourceVersion: "").write(to: &writer)
        let body = writer.bytes
        let digest = body.hashValue
        if let former = states[key], former.digest == digest { return (former.row, false) }
        try db.execute(
            sql: "INSERT INTO cluster_object (cluster, kind, uid, version, body) VALUES (?, ?, ?, ?, ?)",
            arguments: [cluster, object.kind.rawValue, object.id, object.metadata.resourceVersion, Data(body)]
        )
        states[key] = Known(digest: digest, row: db.lastInsertedRowID)
        return (db.lastInsertedRowID, true)
    }

    // MARK: Reading

    private func event(
        _ row: Row,
        _ db: Database,
        _ states: inout [Key: Known],
        _ contents: inout Contents
    ) throws -> ClusterEvent? {
        guard let type = StoredClusterEvent.Kind(rawValue: row[0]), let kind = ObjectKind(rawValue: row[1])
        else { return nil }
        let time = Timestamp(nanoseconds: row[2])
        let data = (row[4] as Data?).map { Array($0) } ?? []
        switch type {
        case .listed:
            guard let (rows, version) = StoredClusterEvent.list(data) else { return nil }
            for key in states.keys where key.kind == kind { states[key] = nil }
            var objects: [ClusterObject] = []
            for row in rows {
                if let object = try object(row, kind, db, &states) {
                    objects.append(object)
                } else {
                    contents.unreadable += 1
                }
            }
            return .listed(kind, objects: objects, resourceVersion: version, at: time)
        case .changed, .deleted:
            guard let number = row[3] as Int64?, let object = try object(number, kind, db, &states) else { return nil }
            guard type == .deleted else { return .changed(object, at: time) }
            states[Key(kind: kind, id: object.id)] = nil
            return .deleted(object, at: time)
        case .gap:
            guard let (from, reason) = StoredClusterEvent.gap(data) else { return nil }
            return .gap(kind, from: from, until: time, reason: reason)
        }
    }

    private func object(
        _ row: Int64,
        _ kind: ObjectKind,
        _ db: Database,
        _ states: inout [Key: Known]
    ) throws -> ClusterObject? {
        let statement = try db.cachedStatement(sql: "SELECT body, version FROM cluster_object WHERE id = ?")
        guard let found = try Row.fetchOne(statement, arguments: [row]) else { return nil }
        let body = Array(found[0] as Data)
        guard let json = try? JSONValue.parse(body[...]), let object = try? ClusterObject.decode(kind: kind, json: json)
        else { return nil }
        states[Key(kind: kind, id: object.id)] = Known(digest: body.hashValue, row: row)
        return object.with(resourceVersion: found[1])
    }
}

/// The states of objects during a transaction.
private struct ObjectStates {
    private(set) var rows: [ClusterJournal.Key: ClusterJournal.Known]
    private var former: [(ClusterJournal.Key, ClusterJournal.Known?)] = []

    init(_ rows: [ClusterJournal.Key: ClusterJournal.Known]) { self.rows = rows }

    subscript(key: ClusterJournal.Key) -> ClusterJournal.Known? {
        get { rows[key] }
        set {
            former.append((key, rows[key]))
            rows[key] = newValue
        }
    }

    /// Makes all changes undone.
    mutating func undo() {
        for (key, state) in former.reversed() { rows[key] = state }
        former = []
    }
}

private func exchange<Value>(_ value: inout Value, with other: Value) -> Value {
    defer { value = other }
    return value
}
