import FlowAttribution
import FlowModel
import FlowQuery
import FoundationEssentials
import GRDB

/// The embedded store: attributed flows as column blocks in one SQLite file.
///
/// - What `append` returned from survives `kill -9` and, on a disk that honours `fsync`, a loss of power: the journal
///   is synced at each commit (WAL, `synchronous=FULL`).
/// - One process has a store open at a time. Within it, all methods may be called from any thread; reads see the
///   store as it was when they began and do not wait for writes. Calls block: not for the cooperative pool.
package final class FlowStore: Sendable {
    /// How a store is opened.
    package struct Configuration: Sendable {
        /// How long to wait for another program's lock on the file, in seconds.
        package var busySecondsMax = 5.0
        /// The most pages of the file, 4096 bytes each; `nil` for as many as SQLite can count.
        package var pagesMax: Int?

        /// The usual configuration.
        package init() {}
    }

    /// The order in which a scan hands out reports.
    package enum Order: Sendable, Hashable {
        /// Latest `end` first; of equal ones the one that came last.
        case newestFirst
        /// Earliest `end` first; of equal ones the one that came first.
        case oldestFirst
    }

    /// The file.
    package let path: String
    let pool: DatabasePool
    private let lock: StoreLock
    private let temporaryFolder: TemporaryFolder?

    /// Opens the store at a path; creates it and the folders above it where they are missing.
    package convenience init(path: String, configuration: Configuration = Configuration()) throws(FlowStoreError) {
        try self.init(path: path, configuration: configuration, temporaryFolder: nil)
    }

    /// A store in a folder of its own that is removed with the last reference to it.
    ///
    /// What a killed process leaves behind is removed by the next call.
    package static func temporary(
        configuration: Configuration = Configuration()
    ) throws(FlowStoreError) -> FlowStore {
        let folder = try TemporaryFolder()
        return try FlowStore(path: folder.storePath, configuration: configuration, temporaryFolder: folder)
    }

    private init(
        path: String,
        configuration: Configuration,
        temporaryFolder: TemporaryFolder?
    ) throws(FlowStoreError) {
        self.path = path
        self.temporaryFolder = temporaryFolder
        try FlowStore.createFolder(above: path)
        lock = try StoreLock(path: path + ".lock", storePath: path)
        pool = try FlowStore.translating(path) {
            let pool = try DatabasePool(path: path, configuration: FlowStore.database(configuration, path: path))
            try pool.write { try StoreSchema.migrate($0) }
            try pool.writeWithoutTransaction { db in
                // After the pool has chosen NORMAL, with which a loss of power takes the last commits along.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.execute(sql: "PRAGMA journal_size_limit = 4194304")
            }
            return pool
        }
    }

    // Before the folder of a temporary store goes, so that the last journal is not written into nothing.
    deinit { try? pool.close() }

    private static func createFolder(above path: String) throws(FlowStoreError) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        guard !folder.isEmpty else { return }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw FlowStoreError(code: .cannotOpen, message: "the folder \(folder) cannot be created: \(error)")
        }
    }

    private static func database(_ configuration: Configuration, path: String) -> GRDB.Configuration {
        var database = GRDB.Configuration()
        database.label = "podsight.store"
        database.busyMode = .timeout(configuration.busySecondsMax)
        let pagesMax = configuration.pagesMax
        database.prepareDatabase { db in
            guard !db.configuration.readonly else { return }
            try StoreSchema.check(db, path: path)
            if let pagesMax { try db.execute(sql: "PRAGMA max_page_count = \(pagesMax)") }
        }
        return database
    }

    static func translating<Value>(_ path: String, _ body: () throws -> Value) throws(FlowStoreError) -> Value {
        do {
            return try body()
        } catch {
            throw FlowStoreError(error, path: path)
        }
    }

    /// Stores reports, and settings with them (`nil` removes one); all are durable when this returns, and none of
    /// them is stored when it throws.
    package func append(_ flows: [AttributedFlow], settings: [String: String?] = [:]) throws(FlowStoreError) {
        guard !flows.isEmpty || !settings.isEmpty else { return }
        // Encoding takes longer than writing, so it is done before the transaction.
        let blocks = stride(from: 0, to: flows.count, by: ColumnBlock.rowsMax).map { start in
            StoredBlock(Array(flows[start..<min(flows.count, start + ColumnBlock.rowsMax)]))
        }
        try FlowStore.translating(path) {
            try pool.write { db in
                for block in blocks { try block.insert(db) }
                for (key, value) in settings { try FlowStore.set(key, to: value, db) }
            }
        }
    }

    /// The settings whose keys begin with some text, by key.
    package func settings(beginningWith prefix: String) throws(FlowStoreError) -> [String: String] {
        try FlowStore.translating(path) {
            try pool.read { db in
                let rows = try Row.fetchAll(
                    db,
                    sql: "SELECT key, value FROM setting WHERE substr(key, 1, ?) = ?",
                    arguments: [prefix.unicodeScalars.count, prefix]
                )
                return rows.reduce(into: [:]) { $0[$1["key"]] = $1["value"] }
            }
        }
    }

    /// The value of a setting; `nil` where there is none.
    package func setting(_ key: String) throws(FlowStoreError) -> String? {
        try FlowStore.translating(path) {
            try pool.read { try String.fetchOne($0, sql: "SELECT value FROM setting WHERE key = ?", arguments: [key]) }
        }
    }

    /// Stores a setting; `nil` removes it.
    package func set(_ key: String, to value: String?) throws(FlowStoreError) {
        try FlowStore.translating(path) {
            try pool.write { try FlowStore.set(key, to: value, $0) }
        }
    }

    private static func set(_ key: String, to value: String?, _ db: Database) throws {
        guard let value else { return try db.execute(sql: "DELETE FROM setting WHERE key = ?", arguments: [key]) }
        try db.execute(
            sql: "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            arguments: [key, value]
        )
    }
}
