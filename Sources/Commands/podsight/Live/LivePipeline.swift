import AddressResolution
import ClusterChanges
import ClusterHistory
import ClusterModel
import Dispatch
import FlowAttribution
import FlowMetering
import FlowModel
import FlowStorage
import Glibc
import KubernetesAPI
import NetworkAddressing
import PacketCapture
import QueryAPI
import RecordFormats
import Synchronization
import Terminal

/// All stages in one process: capture, metering, attribution, storage, API.
final class LivePipeline: Sendable {
    struct Configuration: Sendable {
        var interfaces: [String]
        var filter: String?
        var metering: MeteringConfiguration
        var history: ClusterHistory.Configuration
        var retention: Int64?
        var storeBytesMax: Int64
        var listen: ListenAddress
        var names: NameOptions
    }

    /// How long attribution waits for cluster facts, in nanoseconds; a flow's own time decides, not this.
    private static let grace: Int64 = 2_000_000_000
    /// How long flows wait at the start for a cluster's first lists, in nanoseconds.
    private static let listingTime: Int64 = 15_000_000_000
    /// Flows that wait for a store that cannot be written to; beyond, the oldest are given up and counted.
    private static let pendingMax = 200_000
    /// What a question means that names no range, in nanoseconds.
    private static let defaultWindow: Int64 = 15 * 60_000_000_000

    private struct State {
        var stage: AttributionStage
        var pending: [AttributedFlow] = []
        var writeFailures: UInt64 = 0
        var flowsNotStored: UInt64 = 0
        var isStoreFailing = false

        /// Lets flows wait to be stored; the oldest are given up, and counted, beyond the bound.
        mutating func keep(_ flows: [AttributedFlow]) {
            pending += flows
            let excess = pending.count - LivePipeline.pendingMax
            guard excess > 0 else { return }
            pending.removeFirst(excess)
            flowsNotStored += UInt64(excess)
        }
    }

    private let configuration: Configuration
    private let store: FlowStore
    private let watcher: ClusterWatcher?
    private let queue = ReportQueue()
    private let metering: LiveMetering
    private let broadcast = FlowBroadcast()
    private let state: Mutex<State>
    private let history: FollowedCluster
    private let started = SystemClock.now
    /// SQLite's waits are not for the cooperative pool.
    private let storeQueue: DispatchQueue
    private let intake: BatchIntake

    init(_ configuration: Configuration, store: FlowStore, cluster: KubeConfig?) throws {
        self.configuration = configuration
        self.store = store
        storeQueue = DispatchQueue(label: "podsight.store")
        do throws(FlowStoreError) {
            intake = try BatchIntake(store, on: storeQueue)
            var journal: ClusterJournal?
            if let cluster { journal = try ClusterJournal(store, cluster: cluster.server) }
            history = try FollowedCluster(journal, configuration.history)
        } catch {
            throw CommandFailure("\(error)")
        }
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        metering = LiveMetering(
            configuration.metering,
            node: host,
            queue: queue
        )
        let attributor = Attributor(history: ClusterHistory(), hosts: try LivePipeline.ownAddresses(host))
        state = Mutex(State(stage: AttributionStage(attributor)))
        let history = history
        watcher = cluster.map { config in
            ClusterWatcher(config) { events in history.apply(events) }
        }
    }

    /// Runs until the process is told to stop; the last reports are stored before it returns.
    func run() async throws {
        var capture = LiveCapture.Configuration()
        // A node has many interfaces, and memory for them.
        capture.ringBytes = 64 << 20
        capture.filter = configuration.filter
        let wanted = Set(configuration.interfaces)
        if !wanted.isEmpty { capture.includes = { wanted.contains($0.name) && $0.isUp } }
        let live = try startCapture(capture)
        let server = FlowServer(
            store: store,
            address: configuration.listen,
            broadcast: broadcast,
            now: { SystemClock.now },
            defaultRange: {
                let now = SystemClock.now
                return TimeRange(from: now.advanced(by: -LivePipeline.defaultWindow), to: now)
            },
            status: { self.status },
            resolver: { self.resolver },
            changes: { self.history.changes($0) },
            receive: { batch in try await self.receive(batch) }
        )
        try await ProcessLifetime.run { group in
            group.addTask {
                try await server.run { url in
                    StandardError.write("podsight: the console is at \(url) (interrupt to stop)\n")
                }
            }
            if let names = self.configuration.names.responder({ self.resolver }) {
                group.addTask { try await names.run() }
            }
            if let watcher = self.watcher {
                group.addTask { await watcher.run() }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    await self.process(before: SystemClock.now.advanced(by: -self.grace))
                }
            }
            group.addTask { try await self.keepStore() }
        } onSignal: {
            live.stop()
            await self.process(before: .distantFuture)
            self.broadcast.finish()
            let unsaved = self.state.withLock { $0.pending.count }
            if unsaved > 0 { throw CommandFailure("\(unsaved) flow reports could not be stored") }
        }
    }

    private func startCapture(_ capture: LiveCapture.Configuration) throws -> LiveCapture {
        do {
            return try LiveCapture.start(capture, consumer: metering)
        } catch {
            if case .notPermitted = error.code { throw CommandFailure("\(error)", status: .notPermitted) }
            throw CommandFailure("\(error)")
        }
    }

    /// Whether what was known before this process is all that is known of the cluster, and more is about to come.
    private var isListing: Bool {
        guard let watcher, SystemClock.now.since(started) < LivePipeline.listingTime else { return false }
        return watcher.status.isListing
    }

    /// Without a cluster there is nothing to wait for.
    private var grace: Int64 { watcher == nil ? 0 : LivePipeline.grace }

    /// Attributes, stores and announces every report that is due.
    private func process(before time: Timestamp) async {
        await saveHistory()
        // A former owner must not be taken for the present one.
        if isListing, time != .distantFuture { return }
        let batches = queue.take(before: time)
        let history = history.snapshot
        let flows: [AttributedFlow] = state.withLock { state in
            state.stage.attributor.history = history
            var flows: [AttributedFlow] = []
            for batch in batches {
                for (point, observation) in batch.reports {
                    flows.append(state.stage.attribute(observation, at: point))
                }
            }
            state.keep(flows)
            return flows
        }
        await savePending()
        broadcast.publish(flows)
    }

    /// Attributes, stores and announces the reports of an exporter; returns once they are durable.
    private func receive(_ batch: WireBatch) async throws {
        guard intake.admits(batch) else { return }
        let age = SystemClock.now.since(batch.made)
        while isListing { try await Task.sleep(for: .milliseconds(100)) }
        if age < grace { try await Task.sleep(for: .nanoseconds(min(grace - age, grace))) }
        let history = history.snapshot
        let flows = state.withLock { state in
            state.stage.attributor.history = history
            return state.stage.attribute(batch)
        }
        if try await intake.save(flows, of: batch) { broadcast.publish(flows) }
    }

    /// Writes what waits; what cannot be written waits on, up to a bound.
    private func savePending() async {
        // Taken out, so that the last write at a signal and a write under way never have the same flows.
        let pending = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        guard !pending.isEmpty else { return }
        let store = store
        let result: Result<Void, any Error> = await onStoreQueue { Result { try store.append(pending) } }
        state.withLock { state in
            switch result {
            case .success:
                if state.isStoreFailing { StandardError.write("podsight: the store can be written to again\n") }
                state.isStoreFailing = false
            case .failure(let error):
                let later = state.pending
                state.pending = pending
                state.keep(later)
                state.writeFailures += 1
                if !state.isStoreFailing {
                    StandardError.write("podsight: \(error); capture goes on, storing is tried again every second\n")
                }
                state.isStoreFailing = true
            }
        }
    }

    /// Merges small blocks and lets go of what is too old or too much, once a minute.
    private func keepStore() async throws {
        let store = store
        let configuration = configuration
        let history = history
        while true {
            let result: Result<Void, any Error> = await onStoreQueue {
                Result {
                    _ = try store.compact()
                    try history.prune(
                        age: configuration.retention,
                        storeBytesMax: configuration.storeBytesMax,
                        now: SystemClock.now
                    )
                    _ = try store.enforceRetention(
                        age: configuration.retention,
                        bytesMax: Int(configuration.storeBytesMax),
                        now: SystemClock.now
                    )
                }
            }
            if case .failure(let error) = result {
                state.withLock { $0.writeFailures += 1 }
                StandardError.write("podsight: \(error)\n")
            }
            try await Task.sleep(for: .seconds(60))
        }
    }

    /// Writes what was learnt of the cluster; what cannot be written waits on, up to a bound.
    private func saveHistory() async {
        guard let watcher else { return }
        let history = history
        let followed = watcher.status.followed
        let result: Result<Void, any Error> = await onStoreQueue {
            Result { try history.save(followed: followed, now: SystemClock.now) }
        }
        // The store is also written to with flows, and said to be failing then.
        if case .failure = result { state.withLock { $0.writeFailures += 1 } }
    }

    private func onStoreQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            storeQueue.async { continuation.resume(returning: body()) }
        }
    }

    private var status: StatusReport {
        let metered = metering.state
        var status = StatusReport()
        status.version = productVersion
        status.started = started
        status.now = SystemClock.now
        status.points = metered.points
        status.metering = metered.metering
        status.queueDropped = queue.dropped
        status.streamDropped = broadcast.dropped
        status.exporters = intake.exporters
        status.store = StatusReport.Store(store)
        status.store.retentionSeconds = (configuration.retention ?? 0) / 1_000_000_000
        status.store.bytesMax = UInt64(configuration.storeBytesMax)
        state.withLock { state in
            status.reports = state.stage.reports
            status.attribution = state.stage.endsByBasis
            status.answersEvicted = state.stage.attributor.answers.evicted
            status.store.writeFailures = state.writeFailures
            status.store.flowsNotStored = state.flowsNotStored
        }
        status.cluster = StatusReport.Cluster(history.snapshot, source: "none")
        status.cluster.eventsNotStored = history.eventsNotStored
        if let watcher {
            status.cluster.add(watcher.status)
            status.cluster.undecodable += UInt64(history.unreadable)
        } else {
            status.cluster.message = "no cluster is joined: flows are named by address only"
        }
        return status
    }

    /// Who has which address, as far as is known now.
    private var resolver: AddressResolver {
        let hosts = state.withLock { $0.stage.attributor.hosts }
        return AddressResolver(Attributor(history: history.snapshot, hosts: hosts), now: SystemClock.now)
    }

    /// This machine by each of its addresses.
    private static func ownAddresses(_ host: String) throws -> [IPAddress: Identity] {
        let identity = Identity(kind: .host, name: host)
        var hosts: [IPAddress: Identity] = [:]
        do {
            for interface in try NetworkInterface.list() {
                for address in interface.addresses { hosts[address] = identity }
            }
        } catch {
            throw CommandFailure("\(error)")
        }
        return hosts
    }
}
