import ClusterChanges
import FlowModel
import QueryAPI
import Terminal

/// Serves what a replay stored, with the recording's end as now.
struct ReplayServer {
    private let replay: ReplaySummary
    private let address: ListenAddress
    private let names: NameOptions?

    init(_ replay: ReplaySummary, address: ListenAddress, names: NameOptions? = nil) {
        self.replay = replay
        self.address = address
        self.names = names
    }

    func run(onListening: @escaping @Sendable (String) -> Void) async throws {
        guard let store = replay.store else { return }
        let broadcast = FlowBroadcast()
        let status = replay.status
        let range = replay.range
        let resolver = replay.resolver
        let changes = replay.changes
        let server = FlowServer(
            store: store,
            address: address,
            broadcast: broadcast,
            now: { status.now },
            defaultRange: { range },
            status: { status },
            resolver: { resolver },
            changes: { changes.changes($0) }
        )
        try await ProcessLifetime.run { group in
            group.addTask { try await server.run(onListening: onListening) }
            if let names = names?.responder({ resolver }) { group.addTask { try await names.run() } }
            group.addTask {
                // Nothing new comes; ticks keep the streams of open consoles alive.
                while true {
                    try await Task.sleep(for: .seconds(2))
                    broadcast.publish([])
                }
            }
        } onSignal: {
            broadcast.finish()
        }
    }
}
