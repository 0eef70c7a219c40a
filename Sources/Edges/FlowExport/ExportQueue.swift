import FlowModel

/// Decides which batch is sent when, which are kept on disk, and which are given up.
///
/// A value without I/O, clock or chance: its driver tells it the time, does what it decides and reports what came of
/// it. Batches leave in the order in which they came. Those on disk are older than those in memory.
package struct ExportQueue: Sendable {
    /// How much may wait, and how long between attempts.
    package struct Limits: Sendable {
        /// Bytes of batches in memory.
        package var memoryMax = 16 << 20
        /// Bytes of batches on disk; `nil` where there is no folder for them.
        package var spoolMax: Int?
        /// The first pause after a failure is shorter than this, in nanoseconds; each further one may be twice as long.
        package var pauseFirst: Int64 = 500_000_000
        /// No pause is longer, unless the collector asks for it.
        package var pauseMax: Int64 = 30_000_000_000
        /// The longest pause that a collector may ask for.
        package var retryAfterMax: Int64 = 300_000_000_000
        /// No pause is shorter.
        package var pauseMin: Int64 = 100_000_000
        /// How long after it was made a batch is first sent: flows are reported at round times, and if every exporter
        /// draws a time of its own, they do not all send at once.
        package var phase: Int64 = 0

        /// The usual limits, without a folder.
        package init() {}
    }

    /// What the driver is to do with the spool, in this order.
    package enum Task: Sendable, Equatable {
        /// Write a batch that is in memory to disk, then say `spooled`.
        case write(UInt64)
        /// Remove a batch from the disk.
        case remove(UInt64, reports: Int)
    }

    /// What is next.
    package enum Step: Sendable, Equatable {
        /// Send this batch, then say `finished`.
        case send(UInt64)
        /// Nothing before this time, unless a batch comes.
        case wait(until: Timestamp?)
    }

    /// How sending has gone so far.
    package struct Counters: Sendable, Equatable {
        /// Batches that were acknowledged.
        package var batchesSent: UInt64 = 0
        /// Reports in them.
        package var reportsSent: UInt64 = 0
        /// Attempts that failed and are made again.
        package var failures: UInt64 = 0
        /// Batches that the collector refused for good.
        package var batchesRefused: UInt64 = 0
        /// Reports that were given up: refused, or without room.
        package var reportsDropped: UInt64 = 0
    }

    struct Entry: Sendable {
        /// When it was made, in nanoseconds since the epoch; later where that would not tell it from others.
        let number: UInt64
        let made: Timestamp
        let size: Int
        let reports: Int
        let losses: [PointLoss]
        /// `nil` once it is on disk.
        var body: [UInt8]?
        /// Whether the driver was asked to write it.
        var isWriting = false
    }

    private let limits: Limits
    private(set) var entries: [Entry] = []
    private var tasks: [Task] = []
    private var lastNumber: UInt64 = 0
    private var sending: UInt64?
    private var attempts = 0
    private var notBefore = Timestamp.distantPast
    private var isHurried = false
    private var untold: [PointLoss] = []
    /// Whether the last attempt went well: only then is it worth a batch to tell of losses alone.
    private var isTaking = false
    /// Until when nothing is written after the disk failed.
    private var spoolRestsUntil = Timestamp.distantPast

    /// How sending has gone so far.
    package private(set) var counters = Counters()
    /// Why the last attempt failed; `nil` while the collector takes what it is sent.
    package private(set) var problem: String?
    /// Why the collector refused a batch for good, the last time it did.
    package private(set) var lastRefusal: String?
    /// Why the disk was of no use, the last time it was not.
    package private(set) var spoolProblem: String?
    /// Bytes of the batches in memory.
    package private(set) var memoryBytes = 0
    /// Bytes of the batches on disk.
    package private(set) var spoolBytes = 0

    /// A queue that goes on with the batches that an earlier process left on disk, oldest first.
    package init(_ limits: Limits, spooled: [(number: UInt64, size: Int, reports: Int)] = []) {
        self.limits = limits
        for batch in spooled {
            entries.append(
                Entry(
                    number: batch.number,
                    made: Timestamp(nanoseconds: Int64(clamping: batch.number)),
                    size: batch.size,
                    reports: batch.reports,
                    losses: []
                )
            )
            spoolBytes += batch.size
            lastNumber = max(lastNumber, batch.number)
        }
    }

    /// Whether all that came has been sent or given up.
    package var isEmpty: Bool { entries.isEmpty }

    /// Reports that wait.
    package var reportsWaiting: Int { entries.reduce(0) { $0 + $1.reports } }

    /// Takes a batch.
    package mutating func append(_ batch: ExportBatch, at now: Timestamp) {
        let size = batch.body.count
        lastNumber = max(lastNumber &+ 1, UInt64(max(0, batch.made.nanoseconds)))
        entries.append(
            Entry(
                number: lastNumber,
                made: batch.made,
                size: size,
                reports: batch.reports,
                losses: batch.losses,
                body: batch.body
            )
        )
        memoryBytes += size
        settle(at: now)
    }

    /// Whether there is something to tell of, and a collector that takes batches.
    package var hasUntold: Bool { isTaking && !untold.isEmpty }

    /// What was given up and no batch has told of yet; the caller's next batch tells of it.
    package mutating func takeUntold() -> [PointLoss] {
        defer { untold = [] }
        return untold
    }

    /// What is to be done with the spool since the last call.
    package mutating func takeTasks() -> [Task] {
        defer { tasks = [] }
        return tasks
    }

    /// What is to be sent now; one batch at a time.
    package mutating func next(at now: Timestamp) -> Step {
        guard sending == nil, let first = entries.first else { return .wait(until: nil) }
        let due = isHurried ? notBefore : max(notBefore, first.made.advanced(by: limits.phase))
        let pause = due.since(now)
        // A clock that was set back does not make a pause longer than any.
        guard pause <= 0 || pause > max(limits.pauseMax, limits.retryAfterMax) else {
            return .wait(until: due)
        }
        sending = first.number
        return .send(first.number)
    }

    /// The bytes of a batch in memory, with its reports; `nil` once it is on disk.
    package func inMemory(_ number: UInt64) -> (body: [UInt8], reports: Int)? {
        entries.first { $0.number == number }.flatMap { entry in entry.body.map { ($0, entry.reports) } }
    }

    /// The reports of a batch; 0 where there is no such batch.
    package func reports(of number: UInt64) -> Int { entries.first { $0.number == number }?.reports ?? 0 }

    /// Takes in what became of an attempt; `chance` is a random number from 0 to 1.
    package mutating func finished(_ number: UInt64, _ outcome: ExportOutcome, at now: Timestamp, chance: Double) {
        guard sending == number else { return }
        sending = nil
        isTaking = outcome == .acknowledged
        switch outcome {
        case .acknowledged:
            counters.batchesSent += 1
            counters.reportsSent += UInt64(remove(number)?.reports ?? 0)
            reached()
        case .refused(let reason):
            counters.batchesRefused += 1
            lastRefusal = reason
            giveUp(number)
            reached()
        case .failed(let reason, let retryAfter):
            counters.failures += 1
            problem = reason
            let longest = Double(min(limits.pauseMax, limits.pauseFirst << Int64(min(attempts, 20))))
            let pause = max(limits.pauseMin, Int64(longest * min(max(chance, 0), 1)))
            notBefore = now.advanced(by: max(pause, min(retryAfter ?? 0, limits.retryAfterMax)))
            attempts += 1
            settle(at: now)
        }
    }

    /// Does not wait for a pause to end: there will not be another time.
    package mutating func hurry() {
        isHurried = true
        notBefore = .distantPast
    }

    /// Has all that is in memory written to disk, if there is one.
    package mutating func spoolAll(at now: Timestamp) { settle(at: now, spoolsAll: true) }

    /// Takes in whether a batch was written to disk; `problem` is `nil` if it was.
    package mutating func spooled(_ number: UInt64, reports: Int, problem: String?, at now: Timestamp) {
        guard let index = entries.firstIndex(where: { $0.number == number }) else {
            // Acknowledged or given up meanwhile.
            if problem == nil { tasks.append(.remove(number, reports: reports)) }
            return
        }
        entries[index].isWriting = false
        if let problem {
            spoolProblem = problem
            spoolRestsUntil = now.advanced(by: limits.pauseMax)
        } else {
            spoolProblem = nil
            memoryBytes -= entries[index].size
            spoolBytes += entries[index].size
            entries[index].body = nil
        }
        settle(at: now)
    }

    /// Takes in that a batch cannot be read from disk any more.
    package mutating func unreadable(_ number: UInt64, problem: String) {
        spoolProblem = problem
        if sending == number { sending = nil }
        giveUp(number)
    }

    private mutating func reached() {
        problem = nil
        attempts = 0
        notBefore = .distantPast
    }

    /// Brings what waits within its bounds.
    private mutating func settle(at now: Timestamp, spoolsAll: Bool = false) {
        if let spoolMax = limits.spoolMax {
            // While the collector is away everything goes to disk, so that a kill takes little along.
            let keeps = spoolsAll || problem != nil ? 0 : limits.memoryMax
            if spoolsAll || now >= spoolRestsUntil { askToWrite(until: keeps) }
            while spoolBytes > spoolMax, let oldest = oldest(where: { $0.body == nil }) { giveUp(oldest) }
        }
        // What is being written is about to leave memory; a disk that hangs is not waited for without end.
        let memoryMax = writingBytes > 0 ? limits.memoryMax * 2 : limits.memoryMax
        while memoryBytes > memoryMax, let oldest = oldest(where: { $0.body != nil }) { giveUp(oldest) }
    }

    private var writingBytes: Int { entries.reduce(0) { $0 + ($1.isWriting ? $1.size : 0) } }

    private mutating func askToWrite(until keeps: Int) {
        var rest = memoryBytes - writingBytes
        for index in entries.indices where rest > keeps && entries[index].body != nil && !entries[index].isWriting {
            entries[index].isWriting = true
            tasks.append(.write(entries[index].number))
            rest -= entries[index].size
        }
    }

    /// The oldest batch that may be given up: not the one under way.
    private func oldest(where condition: (Entry) -> Bool) -> UInt64? {
        entries.first { $0.number != sending && condition($0) }?.number
    }

    private mutating func giveUp(_ number: UInt64) {
        guard let entry = remove(number) else { return }
        counters.reportsDropped += UInt64(entry.reports)
        for loss in entry.losses { tell(loss) }
        guard entry.reports > 0 else { return }
        let record = LossRecord(from: entry.made, to: entry.made, reason: .exportDropped, count: UInt64(entry.reports))
        tell(PointLoss(point: nil, record: record))
    }

    /// Adds to what is to be told; losses of one kind at one point become one.
    private mutating func tell(_ loss: PointLoss) {
        guard
            let index = untold.firstIndex(where: {
                $0.point === loss.point && $0.record.reason == loss.record.reason
            })
        else {
            untold.append(loss)
            return
        }
        untold[index].record.from = min(untold[index].record.from, loss.record.from)
        untold[index].record.to = max(untold[index].record.to, loss.record.to)
        untold[index].record.count &+= loss.record.count
    }

    private mutating func remove(_ number: UInt64) -> Entry? {
        guard let index = entries.firstIndex(where: { $0.number == number }) else { return nil }
        let entry = entries.remove(at: index)
        if entry.body == nil {
            spoolBytes -= entry.size
            tasks.append(.remove(number, reports: entry.reports))
        } else {
            memoryBytes -= entry.size
        }
        return entry
    }
}
