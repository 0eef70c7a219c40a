import FlowAttribution
import FlowModel
import FlowQuery
import FoundationEssentials
import GRDB

/// What a scan had to do.
package struct FlowStoreScan: Sendable, Hashable {
    /// Blocks that were read.
    package var blocksRead = 0
    /// Blocks of the time range that were left out because they cannot hold what was asked for.
    package var blocksSkipped = 0
    /// Blocks that are damaged; their reports are missing from the answer.
    package var blocksUnreadable = 0
    /// Reports in the blocks that were read.
    package var flowsRead = 0
    /// Reports that were handed out.
    package var flowsMatched = 0
}

extension FlowStore {
    /// Hands out the reports whose `end` lies in a time range and that a filter passes, in exact order of time.
    ///
    /// The answer is of the moment of the call; what is stored, merged or removed meanwhile does not change it. The
    /// body may use the store. A body that takes long keeps the journal from shrinking.
    ///
    /// - Parameters:
    ///   - start: The earliest time of the range.
    ///   - end: The latest time of the range, which belongs to it.
    ///   - filter: Which flows; `nil` for all.
    ///   - order: Whether the newest or the oldest come first.
    ///   - body: Takes the next reports, as many as a block holds or fewer, never none; `false` ends the scan.
    @discardableResult
    package func scan(
        from start: Timestamp = .distantPast,
        to end: Timestamp = .distantFuture,
        filter: Filter? = nil,
        order: Order = .newestFirst,
        _ body: ([AttributedFlow]) -> Bool
    ) throws(FlowStoreError) -> FlowStoreScan {
        try FlowStore.translating(path) {
            let snapshot = try pool.makeSnapshot()
            let filter = filter ?? .all
            var result = FlowStoreScan()
            var runs = SortedRuns(order: order)
            for header in try snapshot.read({ try BlockHeader.fetch($0, from: start, to: end, order: order) }) {
                guard filter.mayPass(header.filter) else {
                    result.blocksSkipped += 1
                    continue
                }
                let due = runs.take(before: order == .newestFirst ? header.last : header.first)
                result.flowsMatched += due.count
                if !due.isEmpty, !body(due) { return result }
                guard let flows = try snapshot.read({ try StoredBlock.flows(id: header.id, $0) }) else {
                    result.blocksUnreadable += 1
                    continue
                }
                result.blocksRead += 1
                result.flowsRead += flows.count
                runs.add(flows, block: header.id) { flow in
                    flow.observation.end >= start && flow.observation.end <= end && filter.matches(flow)
                }
            }
            let rest = runs.takeAll()
            result.flowsMatched += rest.count
            if !rest.isEmpty { _ = body(rest) }
            return result
        }
    }
}

/// What is known of a block without reading it.
private struct BlockHeader {
    let id: Int64
    let first: Timestamp
    let last: Timestamp
    let filter: BlockFilter

    static func fetch(
        _ db: Database,
        from start: Timestamp,
        to end: Timestamp,
        order: FlowStore.Order
    ) throws -> [BlockHeader] {
        let ordering = order == .newestFirst ? "last DESC, id DESC" : "first, id"
        return try Row.fetchAll(
            db,
            sql: "SELECT id, first, last, filter FROM block WHERE last >= ? AND first <= ? ORDER BY \(ordering)",
            arguments: [start.nanoseconds, end.nanoseconds]
        ).map { row in
            BlockHeader(
                id: row[0],
                first: Timestamp(nanoseconds: row[1]),
                last: Timestamp(nanoseconds: row[2]),
                filter: BlockFilter(bytes: Array(row[3] as Data))
            )
        }
    }
}

/// Reports of blocks whose times overlap, each block sorted, from which those that are due are taken in order.
private struct SortedRuns {
    private struct Entry {
        let flow: AttributedFlow
        let time: Timestamp
        let block: Int64
        let row: Int
    }

    private struct Run {
        let entries: [Entry]
        var next = 0
    }

    private let order: FlowStore.Order
    private var runs: [Run] = []

    init(order: FlowStore.Order) { self.order = order }

    mutating func add(_ flows: [AttributedFlow], block: Int64, where passes: (AttributedFlow) -> Bool) {
        var entries: [Entry] = []
        for (row, flow) in flows.enumerated() where passes(flow) {
            entries.append(Entry(flow: flow, time: flow.observation.end, block: block, row: row))
        }
        if !entries.isEmpty { runs.append(Run(entries: sorted(entries))) }
    }

    /// Those that come before everything at a time; the next block cannot hold an earlier one.
    mutating func take(before time: Timestamp) -> [AttributedFlow] {
        let isNewestFirst = order == .newestFirst
        return take { isNewestFirst ? $0.time > time : $0.time < time }
    }

    mutating func takeAll() -> [AttributedFlow] { take { _ in true } }

    private mutating func take(while isDue: (Entry) -> Bool) -> [AttributedFlow] {
        var due: [Entry] = []
        for index in runs.indices {
            let rest = runs[index].entries[runs[index].next...].prefix(while: isDue)
            runs[index].next += rest.count
            due += rest
        }
        runs = runs.filter { $0.next < $0.entries.count }
        return sorted(due).map(\.flow)
    }

    private func sorted(_ entries: [Entry]) -> [Entry] {
        switch order {
        case .newestFirst: entries.sorted { ($0.time, $0.block, $0.row) > ($1.time, $1.block, $1.row) }
        case .oldestFirst: entries.sorted { ($0.time, $0.block, $0.row) < ($1.time, $1.block, $1.row) }
        }
    }
}
