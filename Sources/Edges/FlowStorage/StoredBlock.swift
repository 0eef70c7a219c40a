import FlowAttribution
import FlowModel
import FlowQuery
import FoundationEssentials
import GRDB

/// A column block with what is stored beside it.
struct StoredBlock {
    let block: ColumnBlock
    let filter: BlockFilter

    init(_ flows: [AttributedFlow]) {
        block = ColumnBlock(flows)
        filter = BlockFilter(of: flows)
    }

    func insert(_ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO block (first, last, rows, bytes, filter, data) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: arguments
        )
    }

    /// Takes the place, and so the order of arrival, of a block.
    func replace(id: Int64, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE block SET first = ?, last = ?, rows = ?, bytes = ?, filter = ?, data = ? WHERE id = ?",
            arguments: arguments + [id]
        )
    }

    private var arguments: StatementArguments {
        [
            block.first.nanoseconds, block.last.nanoseconds, block.rows, block.bytes.count, Data(filter.bytes),
            Data(block.bytes),
        ]
    }

    /// The reports of the block with an id; `nil` when it is damaged.
    static func flows(id: Int64, _ db: Database) throws -> [AttributedFlow]? {
        guard let data = try Data.fetchOne(db, sql: "SELECT data FROM block WHERE id = ?", arguments: [id]) else {
            return nil
        }
        return try? ColumnBlock(bytes: Array(data)).flows()
    }
}
