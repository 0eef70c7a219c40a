import UnixSignals

/// Runs tasks until one fails or the process is told to stop.
package enum ProcessLifetime {
    private struct Stopped: Error {
        let signal: UnixSignal
    }

    /// Returns when every task has ended by itself, or after SIGTERM and a stop in good order.
    ///
    /// - Parameters:
    ///   - start: Adds the tasks; each runs until cancelled.
    ///   - onSignal: Ends the work in good order, before the tasks are cancelled.
    /// - Throws: What a task threw; `CommandFailure` without a message and with 130 after SIGINT.
    package static func run(
        _ start: (inout ThrowingTaskGroup<Void, any Error>) -> Void,
        onSignal: @escaping @Sendable () async throws -> Void
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Void.self) { group in
            start(&group)
            group.addTask {
                for await signal in signals {
                    try await onSignal()
                    throw Stopped(signal: signal)
                }
            }
            do {
                while try await group.next() != nil {}
            } catch let stopped as Stopped {
                group.cancelAll()
                // What the tasks throw on being cancelled is of no interest any more.
                while let result = await group.nextResult() { _ = result }
                if stopped.signal == .sigint { throw CommandFailure("", status: .interrupted) }
            }
        }
    }
}
