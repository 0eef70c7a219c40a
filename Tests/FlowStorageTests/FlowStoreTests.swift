import FlowAttribution
import FlowModel
import FlowQuery
import Foundation
import GRDB
import Testing

@testable import FlowStorage

@Suite struct FlowStoreTests {
    @Test func `gives back what was appended, also after opening anew`() throws {
        let folder = try StoreFolder()
        let flows = StoredFlows.flows(1..<101)
        do {
            let store = try FlowStore(path: folder.store)
            try store.append(Array(flows[..<40]))
            try store.append(Array(flows[40...]))
            try store.append([])
        }
        let store = try FlowStore(path: folder.store)
        var read: [AttributedFlow] = []
        let scan = try store.scan(order: .oldestFirst) { batch in
            read += batch
            return true
        }
        #expect(scan == FlowStoreScan(blocksRead: 2, flowsRead: 100, flowsMatched: 100))
        #expect(read.map(\.observation) == flows.map(\.observation))
        #expect(read.map(\.destination) == flows.map(\.destination))
        let statistics = try store.statistics()
        #expect(statistics.blocks == 2 && statistics.flows == 100)
        #expect(statistics.oldest == Timestamp(seconds: 1) && statistics.newest == Timestamp(seconds: 100))
        #expect(statistics.bytes > 8192)
    }

    @Test func `stores flows and settings together or neither`() throws {
        let folder = try StoreFolder()
        let store = try FlowStore(path: folder.store)
        try store.append(StoredFlows.flows(1..<3), settings: ["exporter/a": "1", "exporter/b": "2", "other": "3"])
        try store.append([], settings: ["exporter/a": "4", "exporter/b": String?.none])
        #expect(try store.settings(beginningWith: "exporter/") == ["exporter/a": "4"])
        #expect(try store.setting("other") == "3")
        try store.pool.write { db in
            try db.execute(
                sql: "CREATE TRIGGER refuse BEFORE INSERT ON setting BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        }
        #expect(throws: FlowStoreError.self) {
            try store.append(StoredFlows.flows(3..<5), settings: ["exporter/c": "1"])
        }
        #expect(try store.statistics().flows == 2)
    }

    @Test func `creates the folders above it`() throws {
        let folder = try StoreFolder()
        let store = try FlowStore(path: "\(folder.path)/a/b/flows.db")
        #expect(try store.statistics() == FlowStoreStatistics(bytes: try store.statistics().bytes))
    }

    @Test func `answers for a range of time, both bounds included`() throws {
        let store = try FlowStore.temporary()
        for start in stride(from: 0, to: 100, by: 10) { try store.append(StoredFlows.flows(start..<start + 10)) }
        #expect(try store.numbers(from: 15, to: 32) == Array(15...32))
        #expect(try store.numbers(from: 15, to: 32, order: .newestFirst) == Array(15...32).reversed())
        #expect(try store.numbers(from: 200, to: 300).isEmpty)
        #expect(try store.numbers(from: 50, to: 40).isEmpty)
    }

    @Test func `reads only the blocks that can hold what is asked for`() throws {
        let store = try FlowStore.temporary()
        for service in 0..<5 {
            try store.append((0..<10).map { StoredFlows.flow($0 + service * 10, endingAt: $0, service: service) })
        }
        var found = 0
        let scan = try store.scan(filter: .parse("ns=shop-3 bytes>=0")) {
            found += $0.count
            return true
        }
        #expect(found == 10)
        #expect(scan.blocksRead + scan.blocksSkipped == 5 && scan.blocksRead <= 2)
        #expect(try store.numbers(filter: "dst.workload=app-1") == Array(10..<20))
    }

    @Test func `keeps exact order although blocks overlap in time`() throws {
        var random = SeededGenerator(seed: 5)
        let store = try FlowStore.temporary()
        var expected: [(time: Int, number: Int)] = []
        for block in 0..<20 {
            let numbers = Array(block * 30..<block * 30 + 30)
            let flows = numbers.map { number in
                let time = Int.random(in: block * 5...block * 5 + 40, using: &random)
                expected.append((time, number))
                return StoredFlows.flow(number, endingAt: time)
            }
            try store.append(flows)
        }
        // Of equal times, the order of arrival; numbers are in that order.
        let oldest = expected.sorted { ($0.time, $0.number) < ($1.time, $1.number) }.map(\.number)
        #expect(try store.numbers() == oldest)
        #expect(try store.numbers(order: .newestFirst) == oldest.reversed())
        try store.compact()
        #expect(try store.numbers() == oldest)
        #expect(try store.numbers(order: .newestFirst) == oldest.reversed())
    }

    @Test func `stops when the body has enough`() throws {
        let store = try FlowStore.temporary()
        for start in stride(from: 0, to: 100, by: 10) { try store.append(StoredFlows.flows(start..<start + 10)) }
        var batches = 0
        let scan = try store.scan { _ in
            batches += 1
            return false
        }
        #expect(batches == 1 && scan.blocksRead == 1)
    }

    @Test func `lets the body of a scan use the store`() throws {
        let store = try FlowStore.temporary()
        try store.append(StoredFlows.flows(0..<10))
        try store.append(StoredFlows.flows(10..<20))
        var seen = 0
        try store.scan { flows in
            seen += flows.count
            return (try? store.append(StoredFlows.flows(100..<110))) != nil
                && (try? store.compact()) != nil && (try? store.statistics()) != nil
        }
        #expect(seen == 20)
        #expect(try store.statistics().flows >= 30)
    }

    @Test func `divides a large append into blocks`() throws {
        let store = try FlowStore.temporary()
        let flow = StoredFlows.flow(1, endingAt: 1)
        try store.append([AttributedFlow](repeating: flow, count: ColumnBlock.rowsMax + 1))
        #expect(try store.statistics().blocks == 2)
        #expect(try store.statistics().flows == ColumnBlock.rowsMax + 1)
    }

    @Test func `keeps settings`() throws {
        let folder = try StoreFolder()
        do {
            let store = try FlowStore(path: folder.store)
            #expect(try store.setting("cursor") == nil)
            try store.set("cursor", to: "7")
            try store.set("cursor", to: "8")
            try store.set("other", to: "x")
            try store.set("other", to: nil)
        }
        let store = try FlowStore(path: folder.store)
        #expect(try store.setting("cursor") == "8")
        #expect(try store.setting("other") == nil)
    }

    @Test func `a temporary store leaves nothing behind`() throws {
        var path = ""
        do {
            let store = try FlowStore.temporary()
            path = store.path
            try store.append(StoredFlows.flows(0..<10))
            #expect(FileManager.default.fileExists(atPath: path))
        }
        #expect(!FileManager.default.fileExists(atPath: URL(filePath: path).deletingLastPathComponent().path))
    }

    @Test func `a temporary store of a killed process is removed by the next, one in use is not`() throws {
        let inUse = try FlowStore.temporary()
        let parent = FileManager.default.temporaryDirectory
        let abandoned = parent.appending(path: "podsight-store-\(UUID().uuidString)")
        let fresh = parent.appending(path: "podsight-store-\(UUID().uuidString)")
        let anHourAgo = Date(timeIntervalSinceNow: -3600)
        for (folder, date) in [(abandoned, anHourAgo), (fresh, Date())] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            let lock = folder.appending(path: "flows.db.lock").path
            try Data().write(to: URL(filePath: lock))
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: lock)
        }
        try FileManager.default.setAttributes([.modificationDate: anHourAgo], ofItemAtPath: inUse.path + ".lock")
        _ = try FlowStore.temporary()
        #expect(!FileManager.default.fileExists(atPath: abandoned.path))
        #expect(FileManager.default.fileExists(atPath: fresh.path))
        #expect(FileManager.default.fileExists(atPath: inUse.path))
        try FileManager.default.removeItem(at: fresh)
    }

    @Test func `is read while it is written, and each read sees whole appends`() async throws {
        let store = try FlowStore.temporary()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for start in stride(from: 0, to: 2000, by: 10) {
                    try store.append(StoredFlows.flows(start..<start + 10))
                    if start % 200 == 0 { try store.compact() }
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    var last = 0
                    repeat {
                        let numbers = try store.numbers()
                        #expect(numbers == Array(0..<numbers.count) && numbers.count % 10 == 0)
                        #expect(numbers.count >= last)
                        last = numbers.count
                    } while last < 2000 && !Task.isCancelled
                }
            }
            // Leaving by an error cancels the others.
            for try await _ in group {}
        }
        #expect(try store.numbers() == Array(0..<2000))
    }

    @Test func `syncs each commit and can shrink`() throws {
        let store = try FlowStore.temporary()
        let values = try store.pool.writeWithoutTransaction { db in
            try ["synchronous", "journal_mode", "auto_vacuum"].map {
                try String.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(values == ["2", "wal", "2"])
    }
}
