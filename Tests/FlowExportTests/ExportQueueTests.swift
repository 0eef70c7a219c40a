import FlowExport
import FlowModel
import Testing

struct ExportQueueTests {
    private var limits = ExportQueue.Limits()
    private let start = Timestamp(seconds: 1_795_225_062)

    private func batch(_ bytes: Int = 10, reports: Int = 1, losses: [PointLoss] = []) -> ExportBatch {
        ExportBatch(body: [UInt8](repeating: 7, count: bytes), made: start, reports: reports, losses: losses)
    }

    private func later(_ seconds: Double) -> Timestamp { start.advanced(by: Int64(seconds * 1e9)) }

    /// Sends what is next, with an outcome; returns the batch's number.
    @discardableResult
    private func send(
        _ queue: inout ExportQueue,
        _ outcome: ExportOutcome,
        at now: Timestamp,
        chance: Double = 1
    ) throws -> UInt64 {
        guard case .send(let number) = queue.next(at: now) else {
            throw NothingToSend()
        }
        queue.finished(number, outcome, at: now, chance: chance)
        return number
    }

    private struct NothingToSend: Error {}

    @Test func `batches leave in the order in which they came one at a time`() throws {
        var queue = ExportQueue(limits)
        for _ in 0..<3 { queue.append(batch(), at: start) }
        guard case .send(let first) = queue.next(at: start) else { throw NothingToSend() }
        #expect(queue.next(at: start) == .wait(until: nil))
        queue.finished(first, .acknowledged, at: start, chance: 0)
        let rest = [try send(&queue, .acknowledged, at: start), try send(&queue, .acknowledged, at: start)]
        #expect([first] + rest == ([first] + rest).sorted())
        #expect(queue.isEmpty && queue.memoryBytes == 0 && queue.counters.reportsSent == 3)
    }

    @Test func `pauses grow up to a bound and are spread by chance`() throws {
        var queue = ExportQueue(limits)
        queue.append(batch(), at: start)
        var now = start
        var pauses: [Double] = []
        for _ in 0..<9 {
            try send(&queue, .failed("away", retryAfter: nil), at: now)
            guard case .wait(let until?) = queue.next(at: now) else { throw NothingToSend() }
            pauses.append(Double(until.since(now)) / 1e9)
            now = until
        }
        #expect(pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30])
        try send(&queue, .failed("away", retryAfter: nil), at: now, chance: 0)
        #expect(queue.next(at: now) == .wait(until: now.advanced(by: limits.pauseMin)))
        #expect(queue.problem == "away" && queue.counters.failures == 10)
        try send(&queue, .acknowledged, at: later(1000))
        queue.append(batch(), at: later(1000))
        try send(&queue, .failed("away", retryAfter: nil), at: later(1000))
        #expect(queue.next(at: later(1000)) == .wait(until: later(1000.5)))
    }

    @Test func `a collector may ask for a longer pause within reason`() throws {
        var queue = ExportQueue(limits)
        queue.append(batch(), at: start)
        try send(&queue, .failed("busy", retryAfter: 7_000_000_000), at: start)
        #expect(queue.next(at: start) == .wait(until: later(7)))
        try send(&queue, .failed("busy", retryAfter: .max), at: later(7))
        #expect(queue.next(at: later(7)) == .wait(until: later(307)))
    }

    @Test func `a new batch waits for the exporter's own moment`() throws {
        var limits = limits
        limits.phase = 2_000_000_000
        var queue = ExportQueue(limits)
        queue.append(batch(), at: start)
        queue.append(batch(), at: start)
        #expect(queue.next(at: start) == .wait(until: later(2)))
        try send(&queue, .acknowledged, at: later(2))
        queue.append(batch(), at: start)
        queue.hurry()
        try send(&queue, .acknowledged, at: start)
    }

    @Test func `a clock that is set back does not stop sending`() throws {
        var queue = ExportQueue(limits)
        queue.append(batch(), at: start)
        try send(&queue, .failed("away", retryAfter: nil), at: start)
        try send(&queue, .acknowledged, at: start.advanced(by: -86_400_000_000_000))
    }

    @Test func `without a disk the oldest go first and are told`() throws {
        var limits = limits
        limits.memoryMax = 100
        var queue = ExportQueue(limits)
        for _ in 0..<12 { queue.append(batch(reports: 3), at: start) }
        #expect(queue.memoryBytes == 100 && queue.counters.reportsDropped == 6)
        #expect(!queue.hasUntold)
        try send(&queue, .acknowledged, at: start)
        #expect(queue.hasUntold)
        let untold = queue.takeUntold()
        #expect(untold.map(\.record.reason) == [.exportDropped] && untold.map(\.record.count) == [6])
        #expect(!queue.hasUntold && queue.takeTasks().isEmpty)
    }

    @Test func `the batch under way is not given up`() throws {
        var limits = limits
        limits.memoryMax = 20
        var queue = ExportQueue(limits)
        queue.append(batch(), at: start)
        guard case .send(let first) = queue.next(at: start) else { throw NothingToSend() }
        for _ in 0..<5 { queue.append(batch(), at: start) }
        queue.finished(first, .acknowledged, at: start, chance: 0)
        #expect(queue.counters.reportsSent == 1 && queue.counters.reportsDropped == 4)
    }

    @Test func `what a batch that is given up told is told again`() throws {
        var queue = ExportQueue(limits)
        let point = ObservationPoint(name: "eth0")
        let ring = LossRecord(from: start, to: later(1), reason: .ringFull, count: 5)
        let earlier = LossRecord(from: start, to: start, reason: .exportDropped, count: 40)
        queue.append(
            batch(
                reports: 2,
                losses: [PointLoss(point: point, record: ring), PointLoss(point: nil, record: earlier)]
            ),
            at: start
        )
        try send(&queue, .refused("HTTP 400"), at: start)
        #expect(queue.lastRefusal == "HTTP 400" && queue.counters.batchesRefused == 1 && queue.isEmpty)
        // A collector that refuses is not told of losses alone: it would refuse that too, and so on.
        #expect(!queue.hasUntold)
        let untold = queue.takeUntold()
        #expect(untold.map(\.record.count) == [5, 42] && untold[0].point === point)
    }

    @Test func `a refused batch holds nothing up`() throws {
        var queue = ExportQueue(limits)
        queue.append(batch(), at: start)
        queue.append(batch(), at: start)
        try send(&queue, .refused("HTTP 413"), at: start)
        try send(&queue, .acknowledged, at: start)
        #expect(queue.isEmpty && queue.problem == nil)
    }

    @Test func `while the collector is away batches go to disk in order`() throws {
        var limits = limits
        limits.spoolMax = 1000
        var queue = ExportQueue(limits)
        queue.append(batch(), at: start)
        #expect(queue.takeTasks().isEmpty)
        let first = try send(&queue, .failed("away", retryAfter: nil), at: start)
        queue.append(batch(), at: start)
        let tasks = queue.takeTasks()
        #expect(tasks.count == 2 && tasks[0] == .write(first))
        for case .write(let number) in tasks {
            #expect(queue.inMemory(number)?.body.count == 10)
            queue.spooled(number, reports: 1, problem: nil, at: start)
            #expect(queue.inMemory(number) == nil)
        }
        #expect(queue.memoryBytes == 0 && queue.spoolBytes == 20)
        #expect(try send(&queue, .acknowledged, at: later(100)) == first)
        #expect(queue.takeTasks() == [.remove(first, reports: 1)])
        // The collector is back: memory will do.
        queue.append(batch(), at: later(100))
        #expect(queue.takeTasks().isEmpty && queue.spoolBytes == 10)
    }

    @Test func `the disk is bounded too`() throws {
        var limits = limits
        limits.spoolMax = 25
        var queue = ExportQueue(limits)
        queue.append(batch(), at: start)
        try send(&queue, .failed("away", retryAfter: nil), at: start)
        for _ in 0..<3 {
            queue.append(batch(), at: start)
            for case .write(let number) in queue.takeTasks() {
                queue.spooled(number, reports: 1, problem: nil, at: start)
            }
        }
        #expect(queue.spoolBytes == 20 && queue.counters.reportsDropped == 2)
    }

    @Test func `a disk that fails is left alone for a while and memory stays bounded`() throws {
        var limits = limits
        limits.spoolMax = 1000
        limits.memoryMax = 30
        var queue = ExportQueue(limits)
        queue.append(batch(), at: start)
        try send(&queue, .failed("away", retryAfter: nil), at: start)
        for case .write(let number) in queue.takeTasks() {
            queue.spooled(number, reports: 1, problem: "disk full", at: start)
        }
        for _ in 0..<5 { queue.append(batch(), at: start) }
        #expect(queue.takeTasks().isEmpty && queue.spoolProblem == "disk full")
        #expect(queue.memoryBytes == 30 && queue.counters.reportsDropped == 3)
        queue.append(batch(), at: later(31))
        #expect(!queue.takeTasks().isEmpty)
    }

    @Test func `an earlier process's batches come first`() throws {
        var limits = limits
        limits.spoolMax = 1000
        var queue = ExportQueue(
            limits,
            spooled: [(number: 4, size: 10, reports: 2), (number: 9, size: 10, reports: 3)]
        )
        queue.append(batch(), at: start)
        #expect(queue.spoolBytes == 20 && queue.reportsWaiting == 6)
        #expect(try send(&queue, .acknowledged, at: start) == 4)
        guard case .send(9) = queue.next(at: start) else { throw NothingToSend() }
        queue.unreadable(9, problem: "gone")
        #expect(queue.counters.reportsDropped == 3 && queue.spoolProblem == "gone")
        #expect(try send(&queue, .acknowledged, at: start) > 9)
    }

    @Test func `at the end everything goes to disk`() {
        var limits = limits
        limits.spoolMax = 1000
        var queue = ExportQueue(limits)
        for _ in 0..<3 { queue.append(batch(), at: start) }
        queue.spoolAll(at: start)
        #expect(queue.takeTasks().count == 3)
    }
}
