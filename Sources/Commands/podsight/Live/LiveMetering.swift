import FlowMetering
import FlowModel
import PacketCapture
import PacketParsing
import ProbeCommand
import QueryAPI
import Synchronization
import Terminal

/// The metering of this machine's interfaces.
final class LiveMetering: CaptureConsumer, @unchecked Sendable {
    // SAFETY: everything but `queue` and `published`, which are locked, is touched on the capture thread alone.

    /// What other threads may see; replaced once a tick.
    struct Published: Sendable {
        var points: [StatusReport.Point] = []
        var metering = StatusReport.Metering()
    }

    /// Packets may still arrive so long after their time: a ring's block is handed over late.
    private static let ringDelay: Int64 = 200_000_000

    private let configuration: MeteringConfiguration
    private let node: String
    private let queue: ReportQueue
    private let published = Mutex(Published())
    private var points: [Int: MeteringPoint] = [:]
    private var former: [StatusReport.Point] = []
    private var formerMetering = StatusReport.Metering()
    private var reports: [Observation] = []
    private var due: [(point: ObservationPoint, observation: Observation)] = []

    init(_ configuration: MeteringConfiguration, node: String, queue: ReportQueue) {
        self.configuration = configuration
        self.node = node
        self.queue = queue
    }

    /// How things stood at the last tick.
    var state: Published { published.withLock { $0 } }

    func captureOpened(_ interface: NetworkInterface, point: Int) {
        points[point] = MeteringPoint(observationPoint(interface), configuration, interface.linkType)
    }

    func captureChanged(_ interface: NetworkInterface, point: Int) {
        points[point]?.point = observationPoint(interface)
    }

    func captureFailed(_ interface: NetworkInterface, error: CaptureError) {
        StandardError.write("podsight: not watching \(interface.name): \(error)\n")
    }

    func captured(_ ring: inout CaptureRing, point: Int) {
        guard let metering = points[point] else { return }
        metering.meter.add(&ring, linkType: metering.linkType, into: &reports) { collect(&$0, of: metering) }
    }

    func captureCounted(_ statistics: CaptureStatistics, point: Int) {
        points[point]?.dropped = statistics.dropped
    }

    func captureClosed(point: Int) {
        guard let metering = points.removeValue(forKey: point) else { return }
        metering.meter.finish(into: &reports)
        collect(&reports, of: metering)
        former.append(metering.status)
        formerMetering.add(metering.meter.counters)
    }

    func captureTicked(at now: Timestamp) {
        var state = Published(points: former, metering: formerMetering)
        for (_, metering) in points.sorted(by: { $0.key < $1.key }) {
            metering.meter.advance(to: now.advanced(by: -LiveMetering.ringDelay), into: &reports)
            collect(&reports, of: metering)
            state.points.append(metering.status)
            state.metering.activeFlows += UInt64(metering.meter.activeFlows)
            state.metering.add(metering.meter.counters)
        }
        queue.append(ReportQueue.Batch(at: now, reports: due))
        due.removeAll(keepingCapacity: true)
        published.withLock { $0 = state }
    }

    private func collect(_ reports: inout [Observation], of metering: MeteringPoint) {
        for report in reports { due.append((metering.point, report)) }
        reports.removeAll(keepingCapacity: true)
    }

    private func observationPoint(_ interface: NetworkInterface) -> ObservationPoint {
        ObservationPoint(
            name: interface.name,
            interface: interface.name,
            node: node,
            addresses: interface.addresses
        )
    }
}
