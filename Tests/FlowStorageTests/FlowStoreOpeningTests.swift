import FlowModel
import Foundation
import GRDB
import Testing

@testable import FlowStorage

@Suite struct FlowStoreOpeningTests {
    static func code(_ path: String) -> FlowStoreError.Code? {
        var configuration = FlowStore.Configuration()
        configuration.busySecondsMax = 0.01
        do throws(FlowStoreError) {
            _ = try FlowStore(path: path, configuration: configuration)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `a second opening is refused while the first lives`() throws {
        let folder = try StoreFolder()
        try withExtendedLifetime(FlowStore(path: folder.store)) {
            #expect(FlowStoreOpeningTests.code(folder.store) == .inUse)
        }
        #expect(FlowStoreOpeningTests.code(folder.store) == nil)
    }

    @Test func `another program's connection is waited for, then reported`() throws {
        let folder = try StoreFolder()
        var configuration = FlowStore.Configuration()
        configuration.busySecondsMax = 0.01
        let store = try FlowStore(path: folder.store, configuration: configuration)
        try store.append(StoredFlows.flows(0..<10))
        let other = try DatabaseQueue(path: folder.store)
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            let error = #expect(throws: FlowStoreError.self) { try store.append(StoredFlows.flows(10..<20)) }
            #expect(error?.code == .inUse)
            // Reading goes on.
            #expect(try store.numbers() == Array(0..<10))
            try db.execute(sql: "COMMIT")
        }
        try store.append(StoredFlows.flows(10..<20))
        #expect(try other.read { try Int.fetchOne($0, sql: "SELECT sum(rows) FROM block") } == 20)
    }

    @Test func `a file that is no database is refused and left as it is`() throws {
        let folder = try StoreFolder()
        let bytes = Data("this is a diary, not a database\n".utf8) + Data(repeating: 7, count: 8192)
        try bytes.write(to: URL(filePath: folder.store))
        #expect(FlowStoreOpeningTests.code(folder.store) == .notADatabase)
        #expect(try Data(contentsOf: URL(filePath: folder.store)) == bytes)
    }

    @Test func `another program's database is refused and left as it is`() throws {
        let folder = try StoreFolder()
        try DatabaseQueue(path: folder.store).write { try $0.execute(sql: "CREATE TABLE diary (day)") }
        let bytes = try Data(contentsOf: URL(filePath: folder.store))
        #expect(FlowStoreOpeningTests.code(folder.store) == .notAStore)
        #expect(try Data(contentsOf: URL(filePath: folder.store)) == bytes)
    }

    @Test func `a newer format is refused`() throws {
        let folder = try StoreFolder()
        do {
            let store = try FlowStore(path: folder.store)
            try store.pool.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        }
        #expect(FlowStoreOpeningTests.code(folder.store) == .newerVersion)
    }

    @Test func `a store of the former format is taken over with its flows`() throws {
        let folder = try StoreFolder()
        do {
            let store = try FlowStore(path: folder.store)
            try store.append(StoredFlows.flows(0..<10))
            try store.pool.write { try $0.execute(sql: "PRAGMA user_version = 1") }
        }
        let store = try FlowStore(path: folder.store)
        #expect(try store.numbers() == Array(0..<10))
        #expect(try store.pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 3)
    }

    @Test func `an empty file becomes a store`() throws {
        let folder = try StoreFolder()
        try Data().write(to: URL(filePath: folder.store))
        #expect(FlowStoreOpeningTests.code(folder.store) == nil)
    }

    @Test func `what cannot be opened is said to be so`() throws {
        let folder = try StoreFolder()
        try FileManager.default.createDirectory(atPath: folder.store, withIntermediateDirectories: false)
        #expect(FlowStoreOpeningTests.code(folder.store) == .cannotOpen)
        #expect(FlowStoreOpeningTests.code("/proc/podsight/flows.db") == .cannotOpen)
    }

    @Test func `a damaged file is reported at opening or at reading, never by a trap`() throws {
        let folder = try StoreFolder()
        do {
            let store = try FlowStore(path: folder.store)
            for start in 0..<20 { try store.append(StoredFlows.flows(start * 100..<start * 100 + 100)) }
        }
        let bytes = try Data(contentsOf: URL(filePath: folder.store))
        var random = SeededGenerator(seed: 1)
        var noticed = 0
        for _ in 0..<60 {
            var damaged = bytes
            for _ in 0..<8 {
                // Behind the header, so that it is still a database.
                let start = Int.random(in: 100..<damaged.count - 64, using: &random)
                for index in start..<start + 64 { damaged[index] = .random(in: 0...255, using: &random) }
            }
            if Bool.random(using: &random) {
                damaged = damaged.prefix(.random(in: 4096..<damaged.count, using: &random))
            }
            try damaged.write(to: URL(filePath: folder.store))
            do throws(FlowStoreError) {
                let store = try FlowStore(path: folder.store)
                let scan = try store.scan { _ in true }
                try store.append(StoredFlows.flows(0..<10))
                try store.compact()
                if scan.blocksUnreadable > 0 || scan.flowsRead != 2000 { noticed += 1 }
            } catch {
                #expect(error.code == .corrupt || error.code == .failed, "\(error)")
                noticed += 1
            }
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.store + suffix) }
        }
        #expect(noticed > 50)
    }
}
