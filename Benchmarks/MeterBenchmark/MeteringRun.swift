import ClusterHistory
import FlowAttribution
import FlowMetering
import FlowModel
import NetworkAddressing
import PacketParsing
import RecordFormats

/// One capture through one meter, as `podsight replay` does it.
struct MeteringRun: ~Copyable {
    static let standardInterval: Int64? = 10_000_000_000
    private static let tick: Int64 = 1_000_000_000
    private static let packetBatchSize = 64

    private(set) var packets = 0
    private(set) var reports = 0
    private(set) var encodedBytes = 0
    /// The most memory that flows took, and how many they were then.
    private(set) var bytesMost = 0
    private(set) var flowsThen = 0

    private let mode: MeterBenchmark.Mode
    private var merged: MergedCapture
    private var meter: FlowMeter
    private var due: [Observation] = []
    private let point = ObservationPoint(name: "benchmark")
    private let attributor = Attributor(history: ClusterHistory())
    private var encoder = ECSFlowEncoder()
    private var document: [UInt8] = []

    init(_ bytes: UnsafeRawBufferPointer, _ mode: MeterBenchmark.Mode, interval: Int64? = nil) throws {
        self.mode = mode
        merged = MergedCapture([try CaptureFileReader(bytes)])
        meter = FlowMeter(
            configuration: MeteringConfiguration(interval: interval, analysis: mode == .none ? .none : .full)
        )
    }

    /// Reads everything to its end.
    mutating func finish() {
        let batch = UnsafeMutableBufferPointer<CapturedPacket>.allocate(capacity: MeteringRun.packetBatchSize)
        defer { batch.deallocate() }
        while let next = merged.nextTime {
            meter.advance(to: Timestamp(nanoseconds: next), into: &due)
            emit()
            let tick = Timestamp(nanoseconds: next).advanced(by: MeteringRun.tick).nanoseconds
            while true {
                let count = merged.next(into: batch, before: tick).count
                guard count > 0 else { break }
                meter.add(UnsafeBufferPointer(rebasing: batch[..<count]), into: &due)
                if !due.isEmpty { emit() }
                packets += count
                if mode == .memory { weigh() }
            }
        }
        while meter.finishSome(into: &due) { emit() }
        emit()
    }

    private mutating func weigh() {
        let bytes = meter.byteCount
        guard bytes > bytesMost else { return }
        (bytesMost, flowsThen) = (bytes, meter.activeFlows)
    }

    private mutating func emit() {
        reports += due.count
        if mode == .encode {
            for report in due {
                encoder.encode(attributor.attribute(report, at: point), into: &document)
                encodedBytes += document.count
                document.removeAll(keepingCapacity: true)
            }
        }
        due.removeAll(keepingCapacity: true)
    }
}
