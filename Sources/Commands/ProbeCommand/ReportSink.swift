import ClusterHistory
import FlowAttribution
import FlowExport
import FlowModel
import RecordFormats
import Terminal

/// Where the reports of one tick go; used by the capture thread alone.
protocol ReportSink: AnyObject {
    /// Takes reports of a point.
    func add(_ reports: [Observation], at point: ObservationPoint, now: Timestamp)
    /// Takes what a point lost.
    func add(_ loss: PointLoss)
    /// The tick is over: what was added may leave.
    func flush(now: Timestamp)
}

/// Sends batches in our own format.
final class BatchSink: ReportSink {
    /// A batch is ended when it has grown to so many bytes.
    private static let batchBytes = 128 << 10

    private let exporter: Exporter
    private var encoder: WireBatchEncoder
    private var losses: [PointLoss] = []
    private var sequence: UInt64 = 0

    init(_ exporter: Exporter, identity: WireExporter, boot: UInt64) {
        self.exporter = exporter
        encoder = WireBatchEncoder(exporter: identity, boot: boot)
    }

    func add(_ reports: [Observation], at point: ObservationPoint, now: Timestamp) {
        for report in reports {
            encoder.add(report, at: point)
            if encoder.size >= BatchSink.batchBytes { send(now) }
        }
    }

    func add(_ loss: PointLoss) {
        encoder.add(loss.record, at: loss.point)
        losses.append(loss)
    }

    func flush(now: Timestamp) {
        // Told once the collector takes batches again, also if there is nothing else to tell.
        if !encoder.isEmpty || exporter.hasUntold { send(now) }
    }

    private func send(_ now: Timestamp) {
        for loss in exporter.takeUntold() { add(loss) }
        sequence += 1
        let reports = encoder.reports
        let body = encoder.finish(sequence: sequence, made: now)
        exporter.submit(ExportBatch(body: body, made: now, reports: reports, losses: losses))
        losses = []
    }
}

/// Sends arrays of Insight's events, which have no place for what was lost.
final class InsightSink: ReportSink {
    private static let batchBytes = 128 << 10

    private let exporter: Exporter
    private var encoder: InsightEventEncoder

    init(_ exporter: Exporter, hostname: String) {
        self.exporter = exporter
        encoder = InsightEventEncoder(hostname: hostname)
    }

    func add(_ reports: [Observation], at point: ObservationPoint, now: Timestamp) {
        for report in reports {
            encoder.add(report)
            if encoder.size >= InsightSink.batchBytes { flush(now: now) }
        }
    }

    /// Insight's events have no place for losses; they are told on standard error.
    func add(_ loss: PointLoss) {}

    func flush(now: Timestamp) {
        let events = encoder.events
        guard events > 0 else { return }
        exporter.submit(ExportBatch(body: encoder.finish(), made: now, reports: events))
    }
}

/// Writes ECS documents to standard output, named by address only.
///
/// A reader that is slow holds the capture up; what its ring then cannot take is counted as dropped.
final class DocumentSink: ReportSink {
    private let attributor = Attributor(history: ClusterHistory())
    private var encoder = ECSFlowEncoder()
    private var output = StandardOutput()
    private let onFailure: (any Error) -> Void

    init(onFailure: @escaping (any Error) -> Void) { self.onFailure = onFailure }

    func add(_ reports: [Observation], at point: ObservationPoint, now: Timestamp) {
        for report in reports {
            encoder.encode(attributor.attribute(report, at: point), into: &output.bytes)
            output.bytes.append(UInt8(ascii: "\n"))
            write { try $0.flushIfLarge() }
        }
    }

    func add(_ loss: PointLoss) {
        output.bytes += ECSLossEncoder.document(loss.record, at: loss.point)
        output.bytes.append(UInt8(ascii: "\n"))
    }

    func flush(now: Timestamp) { write { try $0.flush() } }

    private func write(_ body: (inout StandardOutput) throws -> Void) {
        do {
            try body(&output)
        } catch {
            onFailure(error)
        }
    }
}
