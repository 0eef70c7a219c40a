import ClusterModel
import FlowModel
import Synchronization

/// Follows the objects of a live cluster and hands on what happens to them.
///
/// Each kind is listed in pages and then watched, apart from the others, for as long as `run` lasts: what breaks
/// is resumed from the last version seen; where that is too old the kind is listed again, with a `.gap` before.
package final class ClusterWatcher: Sendable {
    /// What to watch and how patiently.
    package struct Options: Sendable {
        /// The kinds to watch.
        package var kinds = ObjectKind.followed
        /// The node whose pods alone are asked for, as a node's own agent does; `nil` for those of all nodes.
        package var podsOfNode: String?
        /// How many objects to ask for at a time.
        package var pageSize = 500
        /// How long to ask the server to keep a watch open, in seconds; each watch draws its own.
        package var watchSeconds = 240...480
        /// After how many seconds without a byte an answer counts as dead; the server sends a bookmark a minute.
        package var idleSeconds = 150.0
        /// How long a connection may take to stand, in seconds.
        package var connectSeconds = 10.0
        /// The clock.
        package var now: @Sendable () -> Timestamp = { WallClock.now() }
        /// How to wait; throws when cancelled.
        package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        /// Chance: a number from 0 up to but not including 1.
        package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

        /// What suits a real cluster.
        package init() {}
    }

    private let config: KubeConfig
    private let options: Options
    private let deliver: @Sendable ([ClusterEvent]) async -> Void
    private let current: Mutex<ClusterWatchStatus>

    /// Prepares a watch; nothing happens before `run`.
    ///
    /// - Parameter deliver: Gets the events in batches: those of one kind in order, of several kinds at the same
    ///   time. While it runs, no more of that kind is read.
    package init(
        _ config: KubeConfig,
        options: Options = Options(),
        deliver: @escaping @Sendable ([ClusterEvent]) async -> Void
    ) {
        self.config = config
        self.options = options
        self.deliver = deliver
        let kinds = options.kinds.map { ($0, ClusterWatchStatus.KindState.listing) }
        current = Mutex(
            ClusterWatchStatus(source: config.description, kinds: Dictionary(kinds) { first, _ in first })
        )
    }

    /// How it is doing now.
    package var status: ClusterWatchStatus { current.withLock { $0 } }

    /// Watches until the task is cancelled; what goes wrong shows in `status` and is tried again.
    package func run() async {
        guard let client = await connect() else { return }
        await withTaskGroup { group in
            for kind in options.kinds {
                group.addTask { [self] in
                    await KindWatch(kind: kind, client: client, options: options, deliver: deliver, report: report)
                        .run()
                }
            }
        }
        await client.shutdown()
    }

    /// Makes the client, again and again if the credential command fails; `nil` when cancelled.
    private func connect() async -> KubeClient? {
        while !Task.isCancelled {
            do {
                let timeouts = KubeClient.Timeouts(
                    connectSeconds: options.connectSeconds,
                    idleSeconds: options.idleSeconds
                )
                let client = try await KubeClient(config, timeouts: timeouts)
                current.withLock { $0.problem = nil }
                return client
            } catch {
                let problem = TransportProblem(error).text
                current.withLock {
                    $0.problem = problem
                    $0.errors += 1
                }
                try? await options.sleep(WatchSession.backoffMax)
            }
        }
        return nil
    }

    private func report(_ change: KindWatch.Report) {
        current.withLock { status in
            status.kinds[change.kind] = change.state
            status.errors += change.errors
            status.reconnects += change.reconnects
            status.gaps += change.gaps
            status.undecodable += change.undecodable
            if let time = change.lastEvent { status.lastEvent = max(status.lastEvent ?? time, time) }
            // What is listed after a gap, or being listed for the first time, is not followed yet.
            if let time = change.followed { status.followed[change.kind] = time }
        }
    }
}
