import FlowModel
import NetworkAddressing
import Synchronization

/// Sends batches to a collector until they are acknowledged, and keeps them meanwhile.
package final class Exporter: Sendable {
    /// Where to, and how.
    package struct Configuration: Sendable {
        /// Where batches are posted.
        package var collector: CollectorAddress
        /// The media type of a batch.
        package var contentType: String
        /// The status codes that say that the collector has a batch.
        package var acknowledging: Set<UInt>
        /// What names us to the collector.
        package var userAgent = "podsight/\(productVersion)"
        /// A file of certificates in PEM that are trusted instead of the system's.
        package var authorityFile: String?
        /// A file with a bearer token, read for each batch.
        package var tokenFile: String?
        /// What may wait, and how long.
        package var limits = ExportQueue.Limits()
        /// Told where a connection is about to be made to.
        package var onResolved: @Sendable (Endpoint) -> Void = { _ in }
        /// The clock.
        package var now: @Sendable () -> Timestamp

        /// A configuration.
        package init(
            collector: CollectorAddress,
            contentType: String,
            acknowledging: Set<UInt>,
            now: @escaping @Sendable () -> Timestamp
        ) {
            self.collector = collector
            self.contentType = contentType
            self.acknowledging = acknowledging
            self.now = now
        }
    }

    /// How sending stands.
    package struct Status: Sendable {
        /// How it has gone so far.
        package var counters = ExportQueue.Counters()
        /// Why the last attempt failed; `nil` while the collector takes what it is sent.
        package var problem: String?
        /// Why the collector refused a batch for good, the last time it did.
        package var lastRefusal: String?
        /// Why the spool was of no use, the last time it was not.
        package var spoolProblem: String?
        /// Reports that wait.
        package var reportsWaiting = 0
        /// Bytes of batches in memory.
        package var memoryBytes = 0
        /// Bytes of batches on disk.
        package var spoolBytes = 0
    }

    private let configuration: Configuration
    private let spool: ExportSpool?
    private let client: ExportClient
    private let queue: Mutex<ExportQueue>
    private let isEnding = Atomic(false)
    /// Rings whenever there may be something to do.
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// An exporter that sends nothing before `run`; it goes on with what is in the spool.
    package init(_ configuration: Configuration, spool: ExportSpool?) throws(ExportSpool.Failure) {
        self.configuration = configuration
        self.spool = spool
        client = ExportClient(configuration)
        queue = Mutex(ExportQueue(configuration.limits, spooled: try spool?.batches() ?? []))
        (bell, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes a batch; may be called from any thread.
    package func submit(_ batch: ExportBatch) {
        queue.withLock { $0.append(batch, at: configuration.now()) }
        ring.yield()
    }

    /// Whether something was given up that no batch has told of, and the collector takes batches.
    package var hasUntold: Bool { queue.withLock { $0.hasUntold } }

    /// What was given up and no batch has told of yet; the caller's next batch tells of it.
    package func takeUntold() -> [PointLoss] { queue.withLock { $0.takeUntold() } }

    /// How sending stands.
    package var status: Status {
        queue.withLock { queue in
            Status(
                counters: queue.counters,
                problem: queue.problem,
                lastRefusal: queue.lastRefusal,
                spoolProblem: queue.spoolProblem,
                reportsWaiting: queue.reportsWaiting,
                memoryBytes: queue.memoryBytes,
                spoolBytes: queue.spoolBytes
            )
        }
    }

    /// Sends what is submitted, until `end` was called and all is sent, or the time given there is over.
    package func run() async {
        var bell = bell.makeAsyncIterator()
        while true {
            keepSpool()
            switch queue.withLock({ $0.next(at: configuration.now()) }) {
            case .send(let number):
                await send(number)
            case .wait(let time):
                if isEnding.load(ordering: .acquiring), queue.withLock({ $0.isEmpty }) { return await close() }
                if let time {
                    client.schedule(in: max(0, time.since(configuration.now()))) { [ring] in ring.yield() }
                }
                guard await bell.next() != nil else { return await close() }
            }
        }
    }

    /// Has `run` return as soon as all is sent, and after so many nanoseconds in any case.
    package func end(within nanoseconds: Int64) {
        // First: once it is known that there is an end, the loop may end with it.
        client.schedule(in: nanoseconds) { [client, ring] in
            ring.finish()
            client.abandon()
        }
        queue.withLock { $0.hurry() }
        isEnding.store(true, ordering: .releasing)
        ring.yield()
    }

    private func close() async {
        if spool != nil {
            queue.withLock { $0.spoolAll(at: configuration.now()) }
            keepSpool()
        }
        await client.shutdown()
    }

    private func send(_ number: UInt64) async {
        let (inMemory, reports) = queue.withLock { ($0.inMemory(number)?.body, $0.reports(of: number)) }
        var body = inMemory ?? []
        do throws(ExportSpool.Failure) {
            if inMemory == nil, let spool { body = try spool.read(number: number, reports: reports) }
        } catch {
            queue.withLock { $0.unreadable(number, problem: error.description) }
            return
        }
        let outcome = await client.post(body)
        queue.withLock { queue in
            queue.finished(number, outcome, at: configuration.now(), chance: .random(in: 0...1))
        }
    }

    /// Does what the queue wants of the disk.
    private func keepSpool() {
        guard let spool else { return }
        while true {
            let tasks = queue.withLock { $0.takeTasks() }
            if tasks.isEmpty { return }
            for task in tasks {
                switch task {
                case .write(let number): write(number, to: spool)
                case .remove(let number, let reports): spool.remove(number: number, reports: reports)
                }
            }
        }
    }

    private func write(_ number: UInt64, to spool: ExportSpool) {
        guard let batch = queue.withLock({ $0.inMemory(number) }) else { return }
        var problem: String?
        do throws(ExportSpool.Failure) {
            try spool.write(batch.body, number: number, reports: batch.reports)
        } catch {
            problem = error.description
        }
        queue.withLock {
            $0.spooled(number, reports: batch.reports, problem: problem, at: configuration.now())
        }
    }
}
