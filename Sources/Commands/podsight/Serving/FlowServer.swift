import AddressResolution
import ClusterChanges
import Dispatch
import FlowAttribution
import FlowModel
import FlowQuery
import FlowStorage
import Glibc
import QueryAPI
import RecordFormats
import Synchronization
import Terminal

/// The store with the API and the console over it.
struct FlowServer {
    let store: FlowStore
    let address: ListenAddress
    let broadcast: FlowBroadcast
    let now: @Sendable () -> Timestamp
    let defaultRange: @Sendable () -> TimeRange
    let status: @Sendable () -> StatusReport
    let resolver: @Sendable () -> AddressResolver
    let changes: @Sendable (ChangeQuery) -> (changes: [ClusterChange], matched: Int)
    var receive: (@Sendable (WireBatch) async throws -> Void)?

    /// Serves until cancelled; `onListening` gets the URL.
    func run(onListening: @escaping @Sendable (String) -> Void) async throws {
        let store = store
        // Reading blocks is file I/O and work on many rows: neither belongs on the cooperative pool.
        let unreadable = UnreadableBlocks()
        let status = status
        let queue = DispatchQueue(label: "podsight.query", attributes: .concurrent)
        let backend = QueryBackend(
            now: now,
            defaultRange: defaultRange,
            oldest: { (try? store.statistics())?.oldest },
            status: {
                var report = status()
                report.store.blocksUnreadable = unreadable.most
                return report
            },
            scan: { scan in
                try await withCheckedThrowingContinuation { continuation in
                    queue.async {
                        continuation.resume(
                            with: Result {
                                let result = try store.scan(
                                    from: scan.range.from,
                                    to: scan.range.to,
                                    filter: scan.filter,
                                    order: scan.newestFirst ? .newestFirst : .oldestFirst,
                                    scan.body
                                )
                                unreadable.met(result.blocksUnreadable)
                            }
                        )
                    }
                }
            },
            live: broadcast,
            resolver: resolver,
            changes: changes,
            receive: receive
        )
        let server = APIServer(backend: backend, host: address.host, port: address.port)
        let address = address
        let takesBatches = receive != nil
        do {
            try await server.run { port in
                let url = address.url(port: port)
                if !address.isLoopback {
                    let more = takesBatches ? " and send others" : ""
                    StandardError.write("podsight: anyone who can reach \(url) can read every flow\(more)\n")
                }
                onListening(url)
            }
        } catch let error as ListenError {
            throw FlowServer.failure(error)
        }
    }

    /// The most blocks that one question could not read; the same ones are met again and again.
    private final class UnreadableBlocks: Sendable {
        private let count = Atomic<UInt64>(0)
        var most: UInt64 { count.load(ordering: .relaxed) }

        func met(_ blocks: Int) { count.max(UInt64(blocks), ordering: .relaxed) }
    }

    private static func failure(_ error: ListenError) -> CommandFailure {
        switch error.errnoCode {
        case EADDRINUSE:
            CommandFailure("\(error.address) is in use; choose another address with --listen")
        case EACCES:
            CommandFailure("not permitted to listen on \(error.address)", status: .notPermitted)
        default:
            CommandFailure("cannot listen on \(error.address): \(String(cString: strerror(error.errnoCode)))")
        }
    }
}
