import FlowAttribution
import Synchronization

/// Hands every batch of new flows to every reader; a reader that is slow loses the oldest batches, counted.
package final class FlowBroadcast: Sendable {
    /// Batches a reader may lag behind before it loses some.
    private static let batchesMax = 64

    private struct State {
        var readers: [UInt64: AsyncStream<[AttributedFlow]>.Continuation] = [:]
        var nextReader: UInt64 = 0
        var dropped: UInt64 = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    /// A broadcast without readers.
    package init() {}

    /// Hands a batch to every reader; an empty one is a tick that only says that time has passed.
    package func publish(_ flows: [AttributedFlow]) {
        let readers = state.withLock { Array($0.readers.values) }
        var lost: UInt64 = 0
        for reader in readers {
            if case .dropped(let batch) = reader.yield(flows) { lost += UInt64(batch.count) }
        }
        if lost > 0 { state.withLock { $0.dropped += lost } }
    }

    /// A new reader's stream; it ends when the broadcast does.
    package func subscribe() -> AsyncStream<[AttributedFlow]> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [AttributedFlow].self,
            bufferingPolicy: .bufferingNewest(FlowBroadcast.batchesMax)
        )
        let reader: UInt64? = state.withLock { state in
            guard !state.isFinished else { return nil }
            state.nextReader += 1
            state.readers[state.nextReader] = continuation
            return state.nextReader
        }
        guard let reader else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.readers.removeValue(forKey: reader) }
        }
        return stream
    }

    /// Ends every reader's stream, so that open responses end before the server does.
    package func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
    }

    /// Flows that slow readers lost.
    package var dropped: UInt64 { state.withLock { $0.dropped } }
}
