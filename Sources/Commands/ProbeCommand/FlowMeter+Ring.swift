import FlowMetering
import FlowModel
import PacketCapture
import PacketParsing

extension FlowMeter {
    /// Meters every packet that a ring has now.
    ///
    /// Reports are handed to `body`, which empties them, before there are many more than a thousand.
    package mutating func add(
        _ ring: inout CaptureRing,
        linkType: LinkType,
        into reports: inout [Observation],
        handingOver body: (inout [Observation]) -> Void
    ) {
        var due = nextDue
        while ring.nextBlock() {
            while let packet = ring.next() {
                if packet.time >= due {
                    // Else the whole table's reports would lie in memory at once.
                    while advanceSome(to: packet.time, into: &reports) { body(&reports) }
                    due = nextDue
                }
                add(
                    packet.bytes,
                    wireLength: packet.originalLength,
                    timestamp: packet.time,
                    linkType: linkType,
                    gsoSize: packet.segmentSize,
                    into: &reports
                )
            }
            // The block goes back to the kernel, and with it the payload.
            settle(into: &reports)
        }
        if !reports.isEmpty { body(&reports) }
    }
}
