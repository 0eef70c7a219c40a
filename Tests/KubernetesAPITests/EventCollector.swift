import ClusterModel
import Synchronization

@testable import KubernetesAPI

/// Collects what a watcher delivers, and runs it until that is enough.
final class EventCollector: Sendable {
    private let events = Mutex<[ClusterEvent]>([])

    func take(_ batch: [ClusterEvent]) { events.withLock { $0 += batch } }

    var all: [ClusterEvent] { events.withLock { $0 } }

    /// Short lines, such as `listed a b`, `changed a`, `gap`.
    var summary: [String] {
        all.map { event in
            switch event {
            case .listed(_, let objects, _, _): (["listed"] + objects.map(\.metadata.name)).joined(separator: " ")
            case .changed(let object, _): "changed \(object.metadata.name)"
            case .deleted(let object, _): "deleted \(object.metadata.name)"
            case .gap: "gap"
            }
        }
    }

    /// Runs the watcher until the condition holds, at the latest for a minute.
    func run(_ watcher: ClusterWatcher, until condition: @escaping @Sendable () -> Bool) async {
        await withTaskGroup { group in
            group.addTask { await watcher.run() }
            group.addTask {
                for _ in 0..<12_000 where !condition() {
                    // Status changes without an event; looking often is the one way to see it.
                    try? await Task.sleep(for: .milliseconds(5))
                }
            }
            _ = await group.next()
            group.cancelAll()
        }
    }
}
