import FlowExport
import FlowMetering
import FlowModel
import NetworkAddressing
import PacketCapture
import RecordFormats
import Synchronization
import Terminal

/// The stages of a probe: capture, metering, and sending or printing.
final class ProbePipeline: Sendable {
    /// How long the last batches have, after the last packets; with the end of capturing it is below five seconds.
    private static let lastBatchesTime: Int64 = 3_500_000_000

    /// Reports are made at round times; within this time each probe sends at a moment of its own.
    private static let phaseMax: Int64 = 2_000_000_000

    private let capture: LiveCapture.Configuration
    /// One for each ring.
    private let meterings: [ProbeMetering]
    private let exporter: Exporter?
    private let collector: CollectorAddress?
    private let hasSpool: Bool
    private let outputFailure: AsyncStream<any Error>

    init(_ options: ProbeCommand) throws {
        let place = options.place.place
        let ownTraffic = OwnTraffic()
        let (failures, failed) = AsyncStream.makeStream(of: (any Error).self)
        outputFailure = failures
        hasSpool = options.sending.spool != nil
        let makeSink: () -> any ReportSink
        if options.output != nil {
            collector = nil
            exporter = nil
            makeSink = { DocumentSink { failed.yield($0) } }
        } else {
            var configuration = try ProbePipeline.exporting(options.sending, ownTraffic)
            configuration.limits.phase = .random(
                in: 0...min(ProbePipeline.phaseMax, (options.metering.interval.nanoseconds ?? 0) / 4)
            )
            let exporter = try ProbePipeline.exporter(configuration, options.sending)
            collector = configuration.collector
            self.exporter = exporter
            switch options.sending.format {
            case .podsight:
                let identity = WireExporter(id: place.exporterID, node: place.node, pod: place.pod)
                // Each numbers its batches from 1, so each is a boot of its own.
                makeSink = { BatchSink(exporter, identity: identity, boot: .random(in: 1 ... .max)) }
            case .insight:
                makeSink = { InsightSink(exporter, hostname: place.pod?.name ?? place.hostname) }
            }
        }
        capture = ProbePipeline.capturing(options, excluding: collector?.endpoints() ?? [])
        let configuration = options.metering.configuration(hashSeed: .random(in: 0 ... .max))
        meterings = (0..<options.rings).map { _ in
            ProbeMetering(configuration, place: place, ownTraffic: ownTraffic, sink: makeSink())
        }
    }

    /// What all rings and meters have lost.
    private var lost: ProbeMetering.Counters {
        meterings.reduce(into: ProbeMetering.Counters()) { sum, metering in
            let counters = metering.counters
            sum.dropped += counters.dropped
            sum.malformed += counters.malformed
        }
    }

    /// What is captured, and how.
    private static func capturing(
        _ options: ProbeCommand,
        excluding collector: [Endpoint]
    ) -> LiveCapture.Configuration {
        var capture = LiveCapture.Configuration()
        capture.filter = options.filter
        capture.excluded = collector
        capture.snapLength = options.snapLength
        capture.ringBytes = Int(clamping: options.ringSize.bytes)
        let wanted = Set(options.interfaces)
        if wanted.isEmpty {
            capture.includes = { $0.isUp && !$0.isLoopback }
        } else if !wanted.contains("any") {
            capture.includes = { wanted.contains($0.name) && $0.isUp }
        }
        return capture
    }

    /// Where batches are sent, and how.
    private static func exporting(
        _ options: SendingOptions,
        _ ownTraffic: OwnTraffic
    ) throws -> Exporter.Configuration {
        guard let url = options.url, let address = CollectorAddress(url) else {
            throw CommandFailure("\(options.url ?? "nothing") is no http or https URL", status: .usage)
        }
        var configuration =
            switch options.format {
            case .podsight:
                Exporter.Configuration(
                    collector: address.appending(path: "/api/v1/batches"),
                    contentType: "application/x-protobuf",
                    acknowledging: [200, 204],
                    now: { SystemClock.now }
                )
            case .insight:
                Exporter.Configuration(
                    collector: address,
                    contentType: "application/json",
                    acknowledging: Set(200..<300),
                    now: { SystemClock.now }
                )
            }
        configuration.authorityFile = options.collectorAuthority
        configuration.tokenFile = options.collectorTokenFile
        configuration.limits.memoryMax = Int(clamping: options.bufferMax.bytes)
        configuration.limits.spoolMax = options.spool.map { _ in Int(clamping: options.spoolMax.bytes) }
        // Where the name leads to when capturing begins is left out by the kernel.
        configuration.onResolved = { ownTraffic.add($0) }
        return configuration
    }

    private static func exporter(_ configuration: Exporter.Configuration, _ options: SendingOptions) throws -> Exporter
    {
        do throws(ExportSpool.Failure) {
            var spool: ExportSpool?
            if let folder = options.spool { spool = try ExportSpool(folder: folder) }
            return try Exporter(configuration, spool: spool)
        } catch {
            throw CommandFailure(error.description)
        }
    }

    /// Runs until the process is told to stop; what it still has leaves before it returns.
    func run() async throws {
        let live = try startCapture()
        let sending = exporter.map { exporter in Task { await exporter.run() } }
        if let collector { StandardError.write("podsight: sending flows to \(collector)\n") }
        try await ProcessLifetime.run { group in
            group.addTask {
                for await failure in self.outputFailure { throw failure }
            }
            if let exporter = self.exporter, let collector = self.collector {
                let watch = ExportWatch(exporter, collector, lost: { self.lost })
                group.addTask { try await watch.run() }
            }
        } onSignal: {
            live.stop()
            self.exporter?.end(within: ProbePipeline.lastBatchesTime)
            await sending?.value
            try self.account()
        }
    }

    private func startCapture() throws -> LiveCapture {
        do {
            return try LiveCapture.start(capture, consumers: meterings)
        } catch {
            if case .notPermitted = error.code { throw CommandFailure("\(error)", status: .notPermitted) }
            throw CommandFailure("\(error)")
        }
    }

    /// Says what could not be sent.
    private func account() throws {
        guard let status = exporter?.status, status.reportsWaiting > 0 else { return }
        let reason = status.problem.map { " (\($0))" } ?? ""
        guard hasSpool, status.memoryBytes == 0 else {
            throw CommandFailure("\(status.reportsWaiting) flow reports could not be sent\(reason)")
        }
        StandardError.write("podsight: \(status.reportsWaiting) flow reports are kept for the next start\(reason)\n")
    }
}
