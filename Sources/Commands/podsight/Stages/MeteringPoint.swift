import FlowMetering
import FlowModel
import PacketParsing
import QueryAPI

/// An observation point with the meter of its packets; used by one thread at a time.
final class MeteringPoint {
    var point: ObservationPoint
    var meter: FlowMeter
    /// Packets that the kernel or a ring lost before they could be metered.
    var dropped: UInt64 = 0

    /// What live packets start with; those of files bring their own.
    let linkType: LinkType

    init(_ point: ObservationPoint, _ configuration: MeteringConfiguration, _ linkType: LinkType = .ethernet) {
        self.point = point
        self.linkType = linkType
        meter = FlowMeter(configuration: configuration)
    }

    /// The fate of every packet so far.
    var status: StatusReport.Point {
        var status = StatusReport.Point()
        status.name = point.name
        status.interface = point.interface ?? ""
        status.node = point.node ?? ""
        status.pod = point.pod ?? ""
        status.packets = meter.counters.frames
        status.bytes = meter.counters.bytes
        status.metered = meter.counters.framesMetered
        status.notIP = meter.counters.notIP
        status.malformed = MalformedReason.allCases.compactMap { reason in
            let packets = meter.counters.malformed(reason)
            return packets == 0 ? nil : (reason.name, packets)
        }
        status.dropped = dropped
        return status
    }
}

extension StatusReport.Metering {
    /// Adds what one meter has counted.
    mutating func add(_ counters: MeteringCounters) {
        flowsEvicted += counters.flowsEvicted
        notDecapsulated += counters.notDecapsulated
        exchangesUntimed += counters.exchangesUntimed
        connectionsNotAnalysed += counters.connectionsNotAnalysed
    }
}
