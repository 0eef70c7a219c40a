import GRDB

/// The tables of a store and how they came about.
///
///     block    id       order of arrival; never used again
///              first    earliest end of its reports, nanoseconds since the epoch
///              last     latest end of its reports
///              rows     number of reports
///              bytes    length of data
///              filter   Bloom filter of its addresses and names
///              data     the column block; last, so that the columns before it are read without it
///     setting  key, value
enum StoreSchema {
    /// The version this program writes, in `user_version`.
    static let version = 2
    /// Tells our databases from those of others, in `application_id`: "PSFT".
    static let applicationID = 0x5053_4654

    /// What takes a store from each version to the next; append only.
    private static let migrations = [
        """
        CREATE TABLE block (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            rows INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            filter BLOB NOT NULL,
            data BLOB NOT NULL
        );
        CREATE INDEX block_last ON block (last);
        CREATE TABLE setting (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
        """,
        // The tables stay as they are, but hold blocks of version 2, which a former program cannot read.
        "PRAGMA user_version = 2",
    ]

    /// Refuses what is not ours before anything is written to it.
    static func check(_ db: Database, path: String) throws {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        if pages == 0 {
            // Only an empty database can be told to give pages back to the file system.
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            return
        }
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let objects = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard application == applicationID || application == 0 && objects == 0 else {
            throw FlowStoreError(
                code: .notAStore,
                message: "\(path) is a database of another program; name another file"
            )
        }
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found <= version else {
            throw FlowStoreError(
                code: .newerVersion,
                message: "\(path) was written by a newer podsight (format \(found), this one knows \(version))"
            )
        }
    }

    /// Brings the store to the current version, all or nothing.
    static func migrate(_ db: Database) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found < version else { return }
        for migration in migrations.dropFirst(max(0, found)) { try db.execute(sql: migration) }
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }
}
