import CIntrinsics
import FlowModel
import NetworkAddressing
import PacketParsing

/// Packets in, flow reports out, at one observation point; used by one thread at a time.
///
/// Packets are held in batches, so that the memory their flows lie in is fetched while others are worked on.
/// Batches show in nothing but `activeFlows`: the reports, their order included, depend on the packets and on
/// event time alone.
package struct FlowMeter: ~Copyable {
    /// Timestamps beyond these, about the years 1896 and 2116, are taken for these, so that nothing overflows.
    static let times: ClosedRange<Int64> = -(1 << 61)...(1 << 62)
    static let batchSize = 32

    let configuration: MeteringConfiguration
    /// Nanoseconds between sweeps over all flows.
    let period: Int64
    /// How long a flow may be without packets; `Int64.max` for any time.
    let idleLimit: Int64
    /// The same for a flow whose end was seen.
    let endedLimit: Int64

    /// What became of the packets so far.
    package internal(set) var counters = MeteringCounters()

    var store = FlowStore()
    var index = FlowIndex()
    var fragments = FragmentTable()
    /// Where the search for a flow to drop goes on.
    var evictionHand: UInt32 = 1
    /// The event time of the next sweep; `Int64.min` before the first packet.
    var nextTick = Int64.min

    let staged: UnsafeMutablePointer<StagedPacket>
    var stagedCount = 0

    /// A meter without flows.
    package init(configuration: MeteringConfiguration) {
        self.configuration = configuration
        let most: Int64 = 1 << 60
        idleLimit = configuration.idleTimeout.map { min(max($0, 0), most) } ?? .max
        endedLimit = min(max(configuration.linger, 0), idleLimit)
        let chosen = configuration.interval ?? min(idleLimit, 10_000_000_000)
        period = min(max(chosen, 1_000_000), most)
        staged = .allocate(capacity: FlowMeter.batchSize)
    }

    deinit { staged.deallocate() }

    /// The flows in the table, those whose end was seen and that still take late packets included.
    package var activeFlows: Int { store.live }

    /// Meters one captured packet; reports that fall due are appended to `reports`.
    ///
    /// `wireLength` is the packet's length before the capture cut it. `gsoSize` is the payload of each segment
    /// that an offloaded packet becomes on a wire (`virtio_net_hdr.gso_size`), 0 for a packet that is one.
    package mutating func add(
        _ bytes: UnsafeRawBufferPointer,
        wireLength: Int,
        timestamp: Timestamp,
        linkType: LinkType,
        gsoSize: UInt16 = 0,
        into reports: inout [Observation]
    ) {
        counters.frames &+= 1
        var packet = ParsedPacket()
        let decoder = PacketDecoder(linkType: linkType)
        switch decoder.decode(bytes.bytes, wireLength: wireLength, into: &packet) {
        case .metered:
            let time = min(max(timestamp.nanoseconds, FlowMeter.times.lowerBound), FlowMeter.times.upperBound)
            if packet.fragment != .whole, !follow(&packet, time) {
                counters.count(.fragmentWithoutFirst)
                return
            }
            let segments = gsoSize == 0 ? 1 : FlowMeter.segment(&packet, bytes, gsoSize)
            stage(packet, time, segments)
            if stagedCount == FlowMeter.batchSize { process(into: &reports) }
        case .notIP:
            counters.notIP &+= 1
        case .malformed(let fault):
            counters.count(fault.reason)
        }
    }

    /// Lets event time pass without packets: what falls due until then is appended to `reports`.
    package mutating func advance(to time: Timestamp, into reports: inout [Observation]) {
        process(into: &reports)
        let target = min(max(time.nanoseconds, FlowMeter.times.lowerBound), FlowMeter.times.upperBound)
        if nextTick <= target { runTicks(through: target, &reports) }
    }

    /// Ends metering: the last report of every flow is appended to `reports`, and the meter is empty again.
    package mutating func finish(into reports: inout [Observation]) {
        process(into: &reports)
        for flow in 1..<store.end where !store.hot(flow).pointee.isDead {
            reportLast(flow, .forcedEnd, &reports)
            store.drop(flow)
        }
        compact()
    }

    // MARK: Staging

    @inline(__always)
    private mutating func stage(_ packet: ParsedPacket, _ time: Int64, _ segments: UInt32) {
        var destinationPort = packet.destinationPort
        var isOneWay = false
        if packet.transport == 1 || packet.transport == 58 {
            let ports = CommunityIDPorts(
                transport: .init(rawValue: packet.transport),
                type: UInt8(truncatingIfNeeded: packet.sourcePort),
                code: UInt8(truncatingIfNeeded: packet.destinationPort)
            )
            destinationPort = ports.destination
            isOneWay = ports.isOneWay
        }
        let (key, side) = FlowKey.make(
            source: (packet.sourceHigh, packet.sourceLow, packet.sourcePort),
            destination: (packet.destinationHigh, packet.destinationLow, destinationPort),
            transport: packet.transport,
            isV6: packet.isV6,
            isOneWay: isOneWay
        )
        let hash = key.hash(seed: configuration.hashSeed)
        cintrinsics_prefetch(index.slots + index.home(hash))
        // SAFETY: `add` empties the batch as soon as it is full.
        staged[stagedCount] = StagedPacket(
            key: key,
            hash: hash,
            timestamp: time,
            bytes: packet.ipBytes,
            packets: segments,
            side: side,
            tcpSequence: packet.tcpSequence,
            tcpFlags: packet.tcpFlags
        )
        stagedCount &+= 1
        counters.framesMetered &+= 1
        counters.packets &+= UInt64(segments)
        counters.bytes &+= UInt64(packet.ipBytes)
    }

    /// Gives a later fragment the ports of its first, and remembers those of a first one.
    @inline(never)
    private mutating func follow(_ packet: inout ParsedPacket, _ time: Int64) -> Bool {
        if packet.fragment == .first {
            fragments.remember(packet, time)
            return true
        }
        if fragments.complete(&packet, time) { return true }
        // Without ports every fragment names its flow, unless it stops at an IPv6 extension header.
        switch packet.transport {
        case 1, 6, 17, 58, 132: return false
        case 0, 43, 44, 60: return !packet.isV6
        default: return true
        }
    }

    /// The segments that an offloaded packet becomes on a wire; adds their headers to its bytes.
    @inline(never)
    private static func segment(
        _ packet: inout ParsedPacket,
        _ bytes: UnsafeRawBufferPointer,
        _ gsoSize: UInt16
    ) -> UInt32 {
        var headers = Int(packet.transportOffset) - Int(packet.networkOffset)
        switch packet.transport {
        case 6:
            let offset = Int(packet.transportOffset) + 12
            guard packet.fragment == .whole, offset < bytes.count else { return 1 }
            headers += max(20, Int(bytes[offset] >> 4) * 4)
        case 17:
            headers += 8
        default:
            return 1
        }
        let payload = Int(packet.ipBytes) - headers
        guard payload > 0 else { return 1 }
        let segments = (payload + Int(gsoSize) - 1) / Int(gsoSize)
        let total = Int(packet.ipBytes) + (segments - 1) * headers
        packet.ipBytes = UInt32(min(total, Int(Int32.max)))
        return UInt32(segments)
    }
}
