import FlowAttribution
import FlowMetering
import FlowModel
import FlowStorage
import PacketParsing
import QueryAPI
import RecordFormats
import Terminal

/// Runs captures through metering and attribution in event time: the same input gives the same bytes.
struct ReplayPipeline: ~Copyable {
    struct Configuration {
        /// How to print flows; `nil` prints none.
        var format: FlowTextFormat?
        /// Whether flows are stored to be served.
        var isServed = false
        var metering = MeteringConfiguration()
    }

    /// Event time between two looks at flows that have become idle, in nanoseconds.
    private static let tick: Int64 = 1_000_000_000
    /// Packets read at once.
    private static let packetBatchSize = 64
    /// Flows stored at once.
    private static let batchSize = 65_536

    private let inputs: ReplayInputs
    private let points: [MeteringPoint]
    private let store: FlowStore?
    /// Whether anyone sees the names.
    private let isAttributing: Bool
    private var stage: AttributionStage
    private var encoder: FlowTextEncoder?
    private var output = StandardOutput()
    private var reports: [Observation] = []
    private var unstored: [AttributedFlow] = []
    private var unprinted: [AttributedFlow] = []
    private var range: TimeRange?

    init(_ inputs: ReplayInputs, _ configuration: Configuration) throws {
        self.inputs = inputs
        points = inputs.captures.map { capture in
            MeteringPoint(
                ObservationPoint(name: capture.name, pod: inputs.podName(of: capture)),
                configuration.metering
            )
        }
        do {
            store = configuration.isServed ? try FlowStore.temporary() : nil
        } catch {
            throw CommandFailure("\(error)")
        }
        isAttributing = configuration.format != nil || configuration.isServed
        stage = AttributionStage(Attributor(history: inputs.history, translations: inputs.translations))
        encoder = configuration.format.map { FlowTextEncoder($0, isStream: true, seed: configuration.metering.seed) }
    }

    /// Reads everything to its end, prints the account of every packet, and gives what there is to serve.
    consuming func run() throws -> ReplaySummary {
        var merged = MergedCapture(inputs.captures.map(\.reader))
        let bytesTotal = inputs.captures.reduce(0) { $0 + $1.reader.bytes.count }
        var progress = ProgressBar("replay")
        var packets: UInt64 = 0
        var bytesDone = 0
        let batch = UnsafeMutableBufferPointer<CapturedPacket>.allocate(capacity: ReplayPipeline.packetBatchSize)
        defer { batch.deallocate() }
        while let next = merged.nextTime {
            try advance(to: next)
            let tick = Timestamp(nanoseconds: next).advanced(by: ReplayPipeline.tick).nanoseconds
            while true {
                let (file, count) = merged.next(into: batch, before: tick)
                guard count > 0 else { break }
                let metering = points[file]
                metering.meter.add(UnsafeBufferPointer(rebasing: batch[..<count]), into: &reports)
                if !reports.isEmpty { try emit(from: metering) }
                packets &+= UInt64(count)
                bytesDone &+= batch[..<count].reduce(0) { $0 &+ $1.bytes.count &+ 16 }
                if packets & 0xffff < UInt64(count) {
                    progress.update(done: bytesDone, of: bytesTotal, packets: packets)
                }
            }
        }
        for metering in points {
            while metering.meter.finishSome(into: &reports) { try emit(from: metering) }
            try emit(from: metering)
        }
        try flush()
        progress.clear()
        var failures: [String] = []
        for (capture, reader) in zip(inputs.captures, merged.readers) {
            if reader.untimedPackets > 0 {
                let text = "\(reader.untimedPackets) packets without a time were given that of the packet before"
                StandardError.write("podsight: \(capture.path): \(text)\n")
            }
            if let failure = reader.failure { failures.append("\(capture.path): \(failure)") }
            for interface in reader.interfaces where !interface.linkType.isSupported {
                failures.append(ReplayInputs.unsupported(interface.linkType, capture.path))
            }
        }
        let summary = ReplaySummary(
            inputs: inputs,
            points: points.map(\.status),
            metering: points.reduce(into: StatusReport.Metering()) { $0.add($1.meter.counters) },
            stage: stage,
            store: store,
            range: range,
            failures: failures
        )
        StandardError.write(summary.account + "\n")
        return summary
    }

    private mutating func advance(to nanoseconds: Int64) throws {
        let time = Timestamp(nanoseconds: nanoseconds)
        for metering in points {
            metering.meter.advance(to: time, into: &reports)
            try emit(from: metering)
        }
    }

    /// Attributes what fell due at one point, prints it and keeps it to be stored.
    private mutating func emit(from metering: MeteringPoint) throws {
        guard isAttributing else {
            stage.pass(reports.count)
            reports.removeAll(keepingCapacity: true)
            return
        }
        for report in reports {
            let flow = stage.attribute(report, at: metering.point)
            range = TimeRange(
                from: min(range?.from ?? report.start, report.start),
                to: max(range?.to ?? report.end, report.end)
            )
            if encoder != nil { unprinted.append(flow) }
            if store != nil { unstored.append(flow) }
            if unprinted.count >= 256 { try print() }
            if unstored.count >= ReplayPipeline.batchSize { try save() }
        }
        reports.removeAll(keepingCapacity: true)
    }

    private mutating func print() throws {
        encoder?.encode(unprinted, into: &output.bytes)
        unprinted.removeAll(keepingCapacity: true)
        try output.flushIfLarge()
    }

    private mutating func save() throws {
        guard let store, !unstored.isEmpty else { return }
        do {
            try store.append(unstored)
        } catch {
            throw CommandFailure("\(error)")
        }
        unstored.removeAll(keepingCapacity: true)
    }

    private mutating func flush() throws {
        try print()
        try output.flush()
        try save()
    }
}
