import FlowAttribution
import FlowModel
import FlowQuery
import Foundation
import GRDB
import Testing

@testable import FlowStorage

@Suite struct FlowStoreUpkeepTests {
    @Test func `removes blocks by age`() throws {
        let store = try FlowStore.temporary()
        for start in stride(from: 0, to: 100, by: 10) { try store.append(StoredFlows.flows(start..<start + 10)) }
        let removed = try store.enforceRetention(
            age: 60_000_000_000,
            bytesMax: nil,
            now: Timestamp(seconds: 100)
        )
        // The block of 40 to 49 ended within the last minute; that of 30 to 39 did not.
        #expect(removed == FlowStoreUpkeep(blocksRemoved: 4, flowsRemoved: 40))
        #expect(try store.numbers() == Array(40..<100))
        #expect(try store.statistics().oldest == Timestamp(seconds: 40))
    }

    @Test func `removes the oldest blocks by size, and the file shrinks`() throws {
        let store = try FlowStore.temporary()
        for start in stride(from: 0, to: 40000, by: 2000) { try store.append(StoredFlows.flows(start..<start + 2000)) }
        let before = try store.statistics()
        let bytesMax = 400_000
        #expect(before.bytes > 2 * bytesMax)
        let removed = try store.enforceRetention(age: nil, bytesMax: bytesMax, now: Timestamp(seconds: 0))
        let after = try store.statistics()
        #expect(after.bytes <= bytesMax)
        #expect(after.bytes > bytesMax / 2)
        #expect(after.flows == before.flows - removed.flowsRemoved)
        let numbers = try store.numbers()
        #expect(numbers == Array(40000 - after.flows..<40000))
        #expect(
            try store.enforceRetention(age: nil, bytesMax: bytesMax, now: Timestamp(seconds: 0)) == FlowStoreUpkeep()
        )
    }

    @Test func `removes everything rather than exceed an impossible bound, and goes on`() throws {
        let store = try FlowStore.temporary()
        try store.append(StoredFlows.flows(0..<100))
        try store.enforceRetention(age: nil, bytesMax: 1, now: Timestamp(seconds: 0))
        #expect(try store.statistics().flows == 0)
        try store.append(StoredFlows.flows(0..<10))
        #expect(try store.numbers() == Array(0..<10))
    }

    @Test func `merging changes blocks and nothing else`() throws {
        let folder = try StoreFolder()
        let store = try FlowStore(path: folder.store)
        for start in stride(from: 0, to: 1000, by: 10) { try store.append(StoredFlows.flows(start..<start + 10)) }
        let before = try store.statistics()
        let questions = ["", "ns=shop-3", "port=80 bytes>500", "ip=10.0.0.4"]
        let answers = try questions.map { try store.numbers(filter: $0) }
        #expect(try store.compact() == FlowStoreUpkeep(blocksRemoved: 99))
        #expect(try questions.map { try store.numbers(filter: $0) } == answers)
        let after = try store.statistics()
        #expect(after.blocks == 1)
        #expect(after.flows == before.flows && after.oldest == before.oldest && after.newest == before.newest)
        #expect(try store.compact() == FlowStoreUpkeep())
        try store.append(StoredFlows.flows(1000..<1010))
        try store.compact()
        #expect(try store.statistics().blocks == 1)
        #expect(try store.numbers() == Array(0..<1010))
    }

    @Test func `does not merge beyond an hour or a full block`() throws {
        let store = try FlowStore.temporary()
        for hour in 0..<3 {
            for minute in [0, 30, 59] {
                let number = hour * 60 + minute
                try store.append([StoredFlows.flow(number, endingAt: number * 60)])
            }
        }
        try store.compact()
        #expect(try store.statistics().blocks == 3)
        let flow = StoredFlows.flow(1, endingAt: 1)
        let full = try FlowStore.temporary()
        for _ in 0..<3 { try full.append([AttributedFlow](repeating: flow, count: ColumnBlock.rowsMax / 2)) }
        try full.compact()
        #expect(try full.statistics().blocks == 2)
    }

    @Test func `a damaged block is counted, left out and left alone`() throws {
        let store = try FlowStore.temporary()
        for start in stride(from: 0, to: 50, by: 10) { try store.append(StoredFlows.flows(start..<start + 10)) }
        try store.pool.write { db in
            try db.execute(sql: "UPDATE block SET data = substr(data, 1, length(data) - 3) WHERE id = 3")
        }
        let expected = Array(0..<20) + Array(30..<50)
        #expect(try store.numbers() == expected)
        #expect(try store.scan { _ in true }.blocksUnreadable == 1)
        try store.compact()
        try store.compact()
        #expect(try store.numbers() == expected)
        #expect(try store.scan { _ in true }.blocksUnreadable == 1)
        #expect(try store.statistics().flows == 50)
    }

    @Test func `a full disk fails the append, keeps the rest, and is overcome by retention`() throws {
        let folder = try StoreFolder()
        var configuration = FlowStore.Configuration()
        configuration.pagesMax = 60
        let store = try FlowStore(path: folder.store, configuration: configuration)
        var stored = 0
        var failure: FlowStoreError?
        while failure == nil, stored < 100_000 {
            do throws(FlowStoreError) {
                try store.append(StoredFlows.flows(stored..<stored + 500))
                stored += 500
            } catch {
                failure = error
            }
        }
        #expect(failure?.code == .full)
        #expect(stored > 500)
        #expect(try store.numbers() == Array(0..<stored))
        try store.enforceRetention(age: nil, bytesMax: 60 * 4096 / 2, now: Timestamp(seconds: 0))
        try store.append(StoredFlows.flows(stored..<stored + 500))
        #expect(try store.numbers().last == stored + 499)
    }
}
