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
///
///     cluster           id, name: the clusters whose history is here
///     cluster_object    id, cluster, kind, uid, version, body: an object in one state, as JSON without its version
///     cluster_event     id       order of arrival; never used again
///                       cluster, time, kind
///                       type     0 listed, 1 changed, 2 deleted, 3 gap
///                       object   of a change or deletion
///                       data     of a list its version and objects, of a gap its beginning and reason
///     cluster_followed  cluster, kind, until: when each kind was last known to be followed
enum StoreSchema {
    /// The version this program writes, in `user_version`.
    static let version = 3
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
        """
        CREATE TABLE IF NOT EXISTS cluster (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS cluster_object (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            cluster INTEGER NOT NULL,
            kind TEXT NOT NULL,
            uid TEXT NOT NULL,
            version TEXT NOT NULL,
            body BLOB NOT NULL
        );
        CREATE TABLE IF NOT EXISTS cluster_event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            cluster INTEGER NOT NULL,
            time INTEGER NOT NULL,
            kind TEXT NOT NULL,
            type INTEGER NOT NULL,
            object INTEGER,
            data BLOB
        );
        CREATE TABLE IF NOT EXISTS cluster_followed (
            cluster INTEGER NOT NULL,
            kind TEXT NOT NULL,
            until INTEGER NOT NULL,
            PRIMARY KEY (cluster, kind)
        ) WITHOUT ROWID;
        """,
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
