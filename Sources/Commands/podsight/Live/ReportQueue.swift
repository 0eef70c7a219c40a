import FlowModel
import Synchronization

/// Carries reports from the capture thread to attribution, in batches and bounded.
final class ReportQueue: Sendable {
    /// What one tick of the capture thread handed over.
    struct Batch: Sendable {
        let at: Timestamp
        let reports: [(point: ObservationPoint, observation: Observation)]
    }

    /// Reports that may wait, about 150 MB; beyond, the oldest batch is dropped and counted.
    private static let reportsMax = 500_000

    private struct State {
        var batches: [Batch] = []
        var waiting = 0
        var dropped: UInt64 = 0
    }

    private let state = Mutex(State())

    func append(_ batch: Batch) {
        guard !batch.reports.isEmpty else { return }
        state.withLock { state in
            state.batches.append(batch)
            state.waiting += batch.reports.count
            while state.waiting > ReportQueue.reportsMax, state.batches.count > 1 {
                let oldest = state.batches.removeFirst()
                state.waiting -= oldest.reports.count
                state.dropped += UInt64(oldest.reports.count)
            }
        }
    }

    /// Takes every batch that was appended before the time.
    func take(before time: Timestamp) -> [Batch] {
        state.withLock { state in
            let count = state.batches.prefix { $0.at <= time }.count
            let taken = Array(state.batches.prefix(count))
            state.batches.removeFirst(count)
            state.waiting -= taken.reduce(0) { $0 + $1.reports.count }
            return taken
        }
    }

    /// Reports lost because attribution or storage could not keep up.
    var dropped: UInt64 { state.withLock { $0.dropped } }
}
