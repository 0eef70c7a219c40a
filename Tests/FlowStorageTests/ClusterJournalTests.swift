import ClusterHistory
import ClusterModel
import FlowModel
import GRDB
import NetworkAddressing
import TestSupport
import Testing

@testable import FlowStorage

struct ClusterJournalTests {
    private let folder: StoreFolder

    init() throws { folder = try StoreFolder() }

    private static func recorded() throws -> [ClusterEvent] {
        RecordingReader(try SharedData.bytes("robot-shop/cluster.jsonl")).events
    }

    /// Who has each address of the cluster at many times.
    private static func owners(
        _ history: ClusterHistory,
        _ events: [ClusterEvent],
        from start: Timestamp,
        withStart: Bool = true
    ) -> [String] {
        var addresses: Set<IPAddress> = []
        for event in events {
            guard case .changed(.pod(let pod), _) = event else { continue }
            addresses.formUnion(pod.addresses)
        }
        let times = Set(events.map(\.time)).filter { $0 >= start }.sorted()
        return addresses.sorted().flatMap { address in
            times.map { time in
                let owners = history.owners(of: address, at: time)
                return owners.map { owner in
                    let from = withStart ? "\(owner.from) \(owner.fromCertain) " : ""
                    return "\(owner.identity.uid) \(owner.identity) \(owner.identity.services) \(from)\(owner.until)"
                }.joined(separator: ", ")
            }
        }
    }

    private static func read(
        _ store: FlowStore
    ) throws -> (events: [ClusterEvent], contents: ClusterJournal.Contents) {
        var events: [ClusterEvent] = []
        let contents = try ClusterJournal(store, cluster: "lab").read { events.append($0) }
        return (events, contents)
    }

    @Test(.needsSharedData) func `what is read again makes the same history, across any number of restarts`() throws {
        let events = try Self.recorded()
        for start in stride(from: 0, to: events.count, by: 100) {
            let journal = try ClusterJournal(try FlowStore(path: folder.store), cluster: "lab")
            _ = try journal.read { _ in }
            let part = Array(events[start..<min(start + 100, events.count)])
            try journal.append(part, followed: [.pod: part.last?.time ?? .distantPast])
        }
        let (stored, contents) = try Self.read(FlowStore(path: folder.store))
        #expect(contents.unreadable == 0 && contents.followed[.pod] == events.last?.time)
        #expect(contents.followed[.node] != nil)
        // Changes of what nobody reads are not stored.
        #expect(stored.count < events.count && stored.count == contents.events)
        let expected = Self.owners(ClusterHistory(events), events, from: .distantPast)
        #expect(expected.contains { !$0.isEmpty })
        #expect(Self.owners(ClusterHistory(stored), events, from: .distantPast) == expected)
    }

    @Test(.needsSharedData) func `a list names objects that are stored already`() throws {
        let events = try Self.recorded()
        let journal = try ClusterJournal(try FlowStore(path: folder.store), cluster: "lab")
        try journal.append(events)
        let before = try journal.byteCount()
        let list = try #require(events.first { if case .listed(.pod, _, _, _) = $0 { true } else { false } })
        try journal.append([list])
        let after = try journal.byteCount()
        try journal.append([list])
        let last = try journal.byteCount()
        #expect(after > before && last - after < 200)
    }

    @Test(.needsSharedData) func `pruning keeps what was there at the time and everything after it`() throws {
        let events = try Self.recorded()
        let middle = events[events.count / 2].time
        let store = try FlowStore(path: folder.store)
        let journal = try ClusterJournal(store, cluster: "lab")
        try journal.append(Array(events.dropLast(50)))
        let before = try journal.byteCount()
        #expect(try journal.prune(before: middle) > 32)
        #expect(try journal.byteCount() < before)
        #expect(try journal.prune(before: middle) == 0)
        // What comes then is told from what was there as before.
        try journal.append(Array(events.suffix(50)))
        let (stored, contents) = try Self.read(store)
        #expect(contents.unreadable == 0)
        let whole = Self.owners(ClusterHistory(events), events, from: middle, withStart: false)
        #expect(Self.owners(ClusterHistory(stored), events, from: middle, withStart: false) == whole)
    }

    @Test(.needsSharedData) func `clusters are kept apart, and damaged rows are counted and passed over`() throws {
        let events = try Self.recorded()
        let store = try FlowStore(path: folder.store)
        let journal = try ClusterJournal(store, cluster: "lab")
        try journal.append(events)
        let other = try ClusterJournal(store, cluster: "other")
        #expect(try other.read { _ in Issue.record("an event of another cluster") }.events == 0)
        try store.damage("UPDATE cluster_object SET body = x'7b22' WHERE id % 10 = 0")
        try store.damage("UPDATE cluster_event SET data = x'ff' WHERE type = 0 AND kind = 'Node'")
        try store.damage("UPDATE cluster_event SET type = 77 WHERE id % 50 = 0")
        let (stored, contents) = try Self.read(store)
        #expect(contents.unreadable > 10 && !stored.isEmpty && stored.count == contents.events)
    }

    @Test(.needsSharedData) func `what could not be stored is stored when it is tried again`() throws {
        let events = try Self.recorded()
        var configuration = FlowStore.Configuration()
        configuration.pagesMax = 40
        let store = try FlowStore(path: folder.store, configuration: configuration)
        let journal = try ClusterJournal(store, cluster: "lab")
        let error = #expect(throws: FlowStoreError.self) { try journal.append(events) }
        #expect(error?.code == .full)
        try store.damage("PRAGMA max_page_count = 100000")
        try journal.append(events)
        let (stored, _) = try Self.read(store)
        let expected = Self.owners(ClusterHistory(events), events, from: .distantPast)
        #expect(Self.owners(ClusterHistory(stored), events, from: .distantPast) == expected)
    }
}

extension FlowStore {
    /// Executes a statement behind the journal's back.
    fileprivate func damage(_ sql: String) throws { try pool.writeWithoutTransaction { try $0.execute(sql: sql) } }
}
