import FlowExport
import FlowMetering
import FlowModel
import PacketCapture
import PacketParsing
import Synchronization
import Terminal

/// Meters the packets of every captured interface, and hands reports and losses to a sink.
final class ProbeMetering: CaptureConsumer, @unchecked Sendable {
    // SAFETY: everything but `published`, which is locked, is touched on the capture thread alone.

    /// What other threads may see; replaced once a tick.
    struct Counters: Sendable, Equatable {
        /// Packets that a ring had no room for.
        var dropped: UInt64 = 0
        /// Packets that could not be read.
        var malformed: UInt64 = 0
    }

    /// An observation point with its meter, and what of its losses has been told.
    private final class Point {
        var point: ObservationPoint
        var meter: FlowMeter
        let linkType: LinkType
        var counters = Counters()
        var told = Counters()

        init(_ point: ObservationPoint, _ configuration: MeteringConfiguration, _ linkType: LinkType) {
            self.point = point
            self.linkType = linkType
            meter = FlowMeter(configuration: configuration)
        }
    }

    /// Packets may still arrive so long after their time: a ring's block is handed over late.
    private static let ringDelay: Int64 = 200_000_000
    /// How often losses are told where flows are reported only at their end.
    private static let lossInterval: Int64 = 10_000_000_000

    /// How often memory is looked through for what can be given back.
    private static let trimInterval: Int64 = 2_000_000_000

    private let configuration: MeteringConfiguration
    private let place: ProbePlace
    private let sink: any ReportSink
    private let ownTraffic: OwnTraffic
    private let published = Mutex(Counters())
    private var points: [Int: Point] = [:]
    private var former = Counters()
    private var reports: [Observation] = []
    private var now = SystemClock.now
    private var lossesToldAt = SystemClock.now
    private var trimmedAt = SystemClock.now

    init(
        _ configuration: MeteringConfiguration,
        place: ProbePlace,
        ownTraffic: OwnTraffic,
        sink: sending any ReportSink
    ) {
        self.configuration = configuration
        self.place = place
        self.ownTraffic = ownTraffic
        self.sink = sink
    }

    /// What was lost until the last tick.
    var counters: Counters { published.withLock { $0 } }

    func captureOpened(_ interface: NetworkInterface, point: Int) {
        points[point] = Point(place.point(of: interface), configuration, interface.linkType)
    }

    func captureChanged(_ interface: NetworkInterface, point: Int) {
        points[point]?.point = place.point(of: interface)
    }

    func captureFailed(_ interface: NetworkInterface, error: CaptureError) {
        StandardError.write("podsight: not watching \(interface.name): \(error)\n")
    }

    func captured(_ ring: inout CaptureRing, point: Int) {
        guard let metering = points[point] else { return }
        metering.meter.add(&ring, linkType: metering.linkType, into: &reports) { handOver(&$0, of: metering) }
    }

    func captureCounted(_ statistics: CaptureStatistics, point: Int) {
        points[point]?.counters.dropped = statistics.dropped
    }

    func captureClosed(point: Int) {
        guard let metering = points.removeValue(forKey: point) else { return }
        while metering.meter.finishSome(into: &reports) { handOver(&reports, of: metering) }
        handOver(&reports, of: metering)
        count(metering)
        tellLosses(of: metering)
        former.dropped += metering.counters.dropped
        former.malformed += metering.counters.malformed
    }

    func captureTicked(at now: Timestamp) {
        self.now = now
        let tellsLosses = now.since(lossesToldAt) >= configuration.interval ?? ProbeMetering.lossInterval
        var sum = former
        for (_, metering) in points.sorted(by: { $0.key < $1.key }) {
            let time = now.advanced(by: -ProbeMetering.ringDelay)
            while metering.meter.advanceSome(to: time, into: &reports) { handOver(&reports, of: metering) }
            handOver(&reports, of: metering)
            count(metering)
            if tellsLosses { tellLosses(of: metering) }
            sum.dropped += metering.counters.dropped
            sum.malformed += metering.counters.malformed
        }
        if tellsLosses { lossesToldAt = now }
        sink.flush(now: now)
        // Reports of many flows leave at once, and their texts leave holes.
        if now.since(trimmedAt) >= ProbeMetering.trimInterval {
            FreedMemory.trim()
            trimmedAt = now
        }
        published.withLock { $0 = sum }
    }

    private func handOver(_ reports: inout [Observation], of metering: Point) {
        guard !reports.isEmpty else { return }
        ownTraffic.remove(from: &reports, at: metering.point)
        sink.add(reports, at: metering.point, now: now)
        reports.removeAll(keepingCapacity: true)
    }

    private func count(_ metering: Point) {
        metering.counters.malformed = MalformedReason.allCases.reduce(0) {
            $0 + metering.meter.counters.malformed($1)
        }
    }

    /// Tells what was lost since it was last told.
    private func tellLosses(of metering: Point) {
        tell(.ringFull, metering.counters.dropped - metering.told.dropped, at: metering.point)
        tell(.malformed, metering.counters.malformed - metering.told.malformed, at: metering.point)
        metering.told = metering.counters
    }

    private func tell(_ reason: LossRecord.Reason, _ packets: UInt64, at point: ObservationPoint) {
        guard packets > 0 else { return }
        let record = LossRecord(from: lossesToldAt, to: now, reason: reason, count: packets)
        sink.add(PointLoss(point: point, record: record))
    }
}
