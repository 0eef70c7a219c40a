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
        var interval: Int64? = 10_000_000_000
        var idleTimeout: Int64? = 60_000_000_000
        /// How to print flows; `nil` prints none.
        var format: FlowTextFormat?
        var seed: UInt16 = 0
        /// Whether flows are stored to be served.
        var isServed = false
    }

    /// Event time between two looks at flows that have become idle, in nanoseconds.
    private static let tick: Int64 = 1_000_000_000
    /// Flows stored at once.
    private static let batchSize = 65_536

    private let inputs: ReplayInputs
    private let points: [MeteringPoint]
    private let store: FlowStore?
    private var stage: AttributionStage
    private var encoder: FlowTextEncoder?
    private var output = StandardOutput()
    private var reports: [Observation] = []
    private var unstored: [AttributedFlow] = []
    private var unprinted: [AttributedFlow] = []
    private var range: TimeRange?

    init(_ inputs: ReplayInputs, _ configuration: Configuration) throws {
        self.inputs = inputs
        let metering = MeteringConfiguration(interval: configuration.interval, idleTimeout: configuration.idleTimeout)
        points = inputs.captures.map { capture in
            MeteringPoint(ObservationPoint(name: capture.name, pod: inputs.podName(of: capture)), metering)
        }
        do {
            store = configuration.isServed ? try FlowStore.temporary() : nil
        } catch {
            throw CommandFailure("\(error)")
        }
        stage = AttributionStage(Attributor(history: inputs.history, translations: inputs.translations))
        encoder = configuration.format.map { FlowTextEncoder($0, isStream: true, seed: configuration.seed) }
    }

    /// Reads everything to its end, prints the account of every packet, and gives what there is to serve.
    consuming func run() throws -> ReplaySummary {
        var merged = MergedCapture(inputs.captures.map(\.reader))
        let bytesTotal = inputs.captures.reduce(0) { $0 + $1.reader.bytes.count }
        var progress = ProgressBar("replay")
        var packets: UInt64 = 0
        var bytesDone = 0
        var nextTick = Int64.min
        while let element = merged.next() {
            let packet = element.packet
            if packet.nanoseconds >= nextTick {
                try advance(to: packet.nanoseconds)
                nextTick = Timestamp(nanoseconds: packet.nanoseconds).advanced(by: ReplayPipeline.tick).nanoseconds
            }
            if packets & 0xffff == 0 { progress.update(done: bytesDone, of: bytesTotal, packets: packets) }
            packets &+= 1
            bytesDone &+= packet.bytes.count &+ 16
            let metering = points[element.file]
            metering.meter.add(
                packet.bytes,
                wireLength: packet.originalLength,
                timestamp: Timestamp(nanoseconds: packet.nanoseconds),
                linkType: packet.linkType,
                into: &reports
            )
            if !reports.isEmpty { try emit(from: metering) }
        }
        for metering in points {
            metering.meter.finish(into: &reports)
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
            flowsEvicted: points.reduce(0) { $0 + $1.meter.counters.flowsEvicted },
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
