import ClusterChanges
import ClusterHistory
import ClusterModel
import FlowModel
import FlowStorage
import Synchronization

/// The history of a cluster as it grows, and what of it is not in the store yet.
///
/// Attribution works on copies, so that neither waits for the other.
final class FollowedCluster: Sendable {
    /// Events that wait for a store that cannot be written to; beyond, the oldest are given up and counted.
    private static let unsavedMax = 200_000
    /// How often it is noted that nothing happened, in nanoseconds.
    private static let followedInterval: Int64 = 5_000_000_000
    /// The cluster's part of the store, as a divisor of its size.
    private static let storeShare = 4

    private struct State: Sendable {
        var history: ClusterHistory
        var log = ChangeLog()
        var unsaved: [ClusterEvent] = []
        var lost: UInt64 = 0
        /// Until when the process before this one followed each kind that was not listed since.
        var former: [ObjectKind: Timestamp] = [:]
        var followedSavedAt = Timestamp.distantPast
        /// As of the last call of `save`: whatever was learnt until then has been handed over by now.
        var followed: [ObjectKind: Timestamp] = [:]

        mutating func learn(_ event: ClusterEvent) {
            history.apply(event)
            log.apply(event)
        }
    }

    private let state: Mutex<State>
    /// The history as of the last batch of events: who asks does not wait for a batch that is being learnt.
    private let published: Mutex<ClusterHistory>
    private let journal: ClusterJournal?
    private let configuration: ClusterHistory.Configuration
    /// What the store had of former processes that could not be read.
    let unreadable: Int

    /// A cluster of which nothing is known but what a journal has; reads all of it.
    init(
        _ journal: ClusterJournal?,
        _ configuration: ClusterHistory.Configuration
    ) throws(FlowStoreError) {
        self.journal = journal
        self.configuration = configuration
        var state = State(history: ClusterHistory(configuration: configuration))
        let contents = try journal?.read { state.learn($0) }
        state.former = contents?.followed ?? [:]
        unreadable = contents?.unreadable ?? 0
        published = Mutex(state.history)
        self.state = Mutex(state)
    }

    /// What is known now.
    var snapshot: ClusterHistory { published.withLock { $0 } }

    /// Events that the store could not take.
    var eventsNotStored: UInt64 { state.withLock { $0.lost } }

    /// The changes that are asked for, and how many there are beyond the limit as well.
    func changes(_ query: ChangeQuery) -> (changes: [ClusterChange], matched: Int) {
        state.withLock { $0.log.changes(query) }
    }

    /// Learns events; the time in which no process followed their kind is a gap.
    func apply(_ events: [ClusterEvent]) {
        state.withLock { state in
            for event in events {
                if case .listed(let kind, _, _, let time) = event, let former = state.former.removeValue(forKey: kind) {
                    let reason = "podsight was not running"
                    let gap = ClusterEvent.gap(kind, from: min(former, time), until: time, reason: reason)
                    state.learn(gap)
                    if journal != nil { state.unsaved.append(gap) }
                }
                state.learn(event)
                if journal != nil { state.unsaved.append(event) }
            }
            let history = state.history
            published.withLock { $0 = history }
            let excess = state.unsaved.count - FollowedCluster.unsavedMax
            guard excess > 0 else { return }
            state.unsaved.removeFirst(excess)
            state.lost += UInt64(excess)
        }
    }

    /// Stores what was learnt since the last call, and until when each kind is known to have been followed.
    ///
    /// Blocks.
    func save(followed: [ObjectKind: Timestamp], now: Timestamp) throws(FlowStoreError) {
        guard let journal else { return }
        let (events, sure) = state.withLock { state in
            let isDue = !state.unsaved.isEmpty || now.since(state.followedSavedAt) >= FollowedCluster.followedInterval
            defer {
                state.followed = followed
                state.unsaved = []
            }
            return (state.unsaved, isDue ? state.followed : [:])
        }
        do throws(FlowStoreError) {
            try journal.append(events, followed: sure)
            if !sure.isEmpty { state.withLock { $0.followedSavedAt = now } }
        } catch {
            state.withLock { $0.unsaved = events + $0.unsaved }
            throw error
        }
    }

    /// Lets go of what is older than an age, or too much for a store of a size; also of what is in memory.
    ///
    /// Blocks; not at the same time as `save`.
    func prune(age: Int64?, storeBytesMax: Int64, now: Timestamp) throws(FlowStoreError) {
        guard let journal else { return }
        var removed = 0
        if let age { removed += try journal.prune(before: now.advanced(by: -age)) }
        let bytesMax = Int(clamping: storeBytesMax) / FollowedCluster.storeShare
        while try journal.byteCount() > bytesMax, let oldest = try journal.oldest() {
            // What is there now is kept, however much it is.
            let count = try journal.prune(before: oldest.advanced(by: now.since(oldest) / 2 + 1))
            guard count > 0 else { break }
            removed += count
        }
        guard removed > 0 else { return }
        var history = ClusterHistory(configuration: configuration)
        _ = try journal.read { history.apply($0) }
        state.withLock { state in
            for event in state.unsaved { history.apply(event) }
            state.history = history
            published.withLock { $0 = history }
        }
    }
}
