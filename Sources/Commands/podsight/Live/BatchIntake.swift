import Dispatch
import FlowAttribution
import FlowModel
import FlowStorage
import QueryAPI
import RecordFormats
import Synchronization
import Terminal

/// Stores what exporters send: each batch once, and durable before it is acknowledged.
///
/// What arrives while a write is under way is written together with the next one. The number of an exporter's last
/// batch is written in the same transaction as its flows, so that a restart neither loses nor repeats any.
final class BatchIntake: Sendable {
    /// A batch whose flows are to be stored.
    private struct Arrival: Sendable {
        let batch: WireBatch
        let flows: [AttributedFlow]
        let stored: CheckedContinuation<Bool, any Error>
    }

    /// An exporter that was not heard of for so long is forgotten, in nanoseconds.
    private static let memory: Int64 = 7 * 86_400_000_000_000
    private static let keyPrefix = "exporter/"

    private let store: FlowStore
    private let storeQueue: DispatchQueue
    private let arrivals = Mutex<[Arrival]>([])
    private let ledger: Mutex<DeliveryLedger>

    /// An intake that remembers what the store says has come; `storeQueue` must be serial.
    init(_ store: FlowStore, on storeQueue: DispatchQueue) throws(FlowStoreError) {
        self.store = store
        self.storeQueue = storeQueue
        var ledger = DeliveryLedger()
        var forgotten: [String: String?] = [:]
        let oldest = SystemClock.now.advanced(by: -BatchIntake.memory)
        for (key, record) in try store.settings(beginningWith: BatchIntake.keyPrefix) {
            let id = String(key.dropFirst(BatchIntake.keyPrefix.count))
            if !ledger.restore(record, of: id, notBefore: oldest) { forgotten.updateValue(nil, forKey: key) }
        }
        try store.append([], settings: forgotten)
        self.ledger = Mutex(ledger)
    }

    /// Whether a batch has not come before; one that has is counted.
    func admits(_ batch: WireBatch) -> Bool {
        ledger.withLock { ledger in
            if ledger.isNew(batch) { return true }
            _ = ledger.enter(batch, at: SystemClock.now)
            return false
        }
    }

    /// Stores a batch's flows; `false` where the same batch came twice at a time, and the other one was stored.
    func save(_ flows: [AttributedFlow], of batch: WireBatch) async throws -> Bool {
        try await withCheckedThrowingContinuation { continuation in
            arrivals.withLock { $0.append(Arrival(batch: batch, flows: flows, stored: continuation)) }
            storeQueue.async { self.write() }
        }
    }

    /// The exporters for the status.
    var exporters: [StatusReport.Exporter] { ledger.withLock { $0.all.map(StatusReport.Exporter.init) } }

    /// Writes all that has arrived, in one transaction.
    private func write() {
        let arrived = arrivals.withLock { arrivals in
            defer { arrivals = [] }
            return arrivals
        }
        guard !arrived.isEmpty else { return }
        var ledger = ledger.withLock { $0 }
        var flows: [AttributedFlow] = []
        var settings: [String: String?] = [:]
        var isNew: [Bool] = []
        for arrival in arrived {
            isNew.append(ledger.isNew(arrival.batch))
            if isNew.last == true { flows += arrival.flows }
            let id = arrival.batch.exporter.id
            if let forgotten = ledger.enter(arrival.batch, at: SystemClock.now) {
                settings.updateValue(nil, forKey: BatchIntake.keyPrefix + forgotten)
            }
            settings[BatchIntake.keyPrefix + id] = ledger.record(of: id)
        }
        do {
            try store.append(flows, settings: settings)
            // Entered again rather than put in place: batches that came twice may have been counted meanwhile.
            self.ledger.withLock { ledger in
                for arrival in arrived { _ = ledger.enter(arrival.batch, at: SystemClock.now) }
            }
            for (arrival, isNew) in zip(arrived, isNew) { arrival.stored.resume(returning: isNew) }
        } catch {
            for arrival in arrived { arrival.stored.resume(throwing: error) }
        }
    }
}

extension StatusReport.Exporter {
    /// What the ledger says of an exporter.
    fileprivate init(_ entry: DeliveryLedger.Exporter) {
        self.init()
        id = entry.exporter.id
        pod = entry.exporter.pod?.path ?? ""
        node = entry.exporter.node
        version = entry.exporter.version
        lastSeen = entry.lastSeen
        batches = entry.batches
        duplicates = entry.duplicates
        reports = entry.reports
        losses = LossRecord.Reason.allCases.compactMap { reason in
            entry.losses[reason].map { (reason.rawValue, $0) }
        }
    }
}
