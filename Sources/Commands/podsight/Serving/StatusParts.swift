import ClusterHistory
import ClusterModel
import FlowStorage
import KubernetesAPI
import QueryAPI

extension StatusReport.Cluster {
    /// What the history holds.
    init(_ history: ClusterHistory, source: String) {
        self.init()
        self.source = source
        objects = ObjectKind.allCases.map { ($0.rawValue, history.liveCounts[$0] ?? 0) }.filter { $0.1 > 0 }
        lastEvent = history.lastEventTime
        gaps = UInt64(history.gaps.count)
    }

    /// What watching says of itself.
    mutating func add(_ watch: ClusterWatchStatus) {
        connected = watch.isConnected
        source = watch.source
        message = watch.message
        errors = UInt64(watch.errors)
        undecodable = UInt64(watch.undecodable)
    }
}

extension StatusReport.Store {
    /// What the store says of itself; one that cannot be read now says nothing.
    init(_ store: FlowStore) {
        self.init()
        path = store.path
        guard let statistics = try? store.statistics() else { return }
        bytes = UInt64(statistics.bytes)
        flows = UInt64(statistics.flows)
        blocks = UInt64(statistics.blocks)
        oldest = statistics.oldest
        newest = statistics.newest
    }
}
