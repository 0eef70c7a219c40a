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
    /// Reports made at a time by `advanceSome` and `finishSome`.
    private static let someReports = 1024

    let configuration: MeteringConfiguration
    /// Nanoseconds between sweeps over all flows.
    let period: Int64
    /// How long a flow may be without packets; `Int64.max` for any time.
    let idleLimit: Int64
    /// The same for a flow whose end was seen.
    let endedLimit: Int64
    let flowsMax: Int
    let isAnalysing: Bool
    let isDecapsulating: Bool

    /// What became of the packets so far.
    package internal(set) var counters = MeteringCounters()

    var store: FlowStore
    var index = FlowIndex()
    var connections: Pool<TCPConnection>
    var exchangeTimes: Pool<ExchangeTimes>
    var histogramCells: Pool<HistogramCell>
    var dnsStates: Pool<DNSState>
    var httpStates: Pool<HTTPState>
    var records: ApplicationRecords
    var fragments = FragmentTable()
    var tunnels = TunnelTable()
    /// Counts that no longer fitted their flow, by its number.
    var overflows: [UInt32: Overflow] = [:]
    /// Where the search for a flow to drop goes on.
    var evictionHand: UInt32 = 1
    /// Where `finish` goes on.
    private var finishHand: UInt32 = 1
    /// The event time of the next sweep, or of the one that is not yet complete; `Int64.min` before the first packet.
    var nextTick = Int64.min
    /// Where a sweep goes on that is not yet complete.
    var tickHand: UInt32 = 1
    /// When a flow that such a sweep has passed falls idle first.
    var tickDue = Int64.max

    let staged: UnsafeMutablePointer<StagedPacket>
    /// Where the staged packets' flows may be found; as many places as `staged` has.
    let slots: UnsafeMutablePointer<FlowIndex.Slot>
    var stagedCount = 0

    /// A meter without flows.
    package init(configuration: MeteringConfiguration) {
        // From locals alone: where a property is read before all are set, Swift 6.3's optimizer destroys what was
        // never made.
        let most: Int64 = 1 << 60
        let idleLimit = configuration.idleTimeout.map { min(max($0, 0), most) } ?? .max
        let chosen = configuration.interval ?? min(idleLimit, 10_000_000_000)
        let flowsMax = min(max(1, configuration.flowsMax), 1 << 26)
        self.configuration = configuration
        self.idleLimit = idleLimit
        self.flowsMax = flowsMax
        endedLimit = min(max(configuration.linger, 0), idleLimit)
        period = min(max(chosen, 1_000_000), most)
        isAnalysing = configuration.analysis == .full
        isDecapsulating = configuration.decapsulate.rawValue != 0
        // Dropped flows may leave gaps of a quarter before they are closed.
        store = FlowStore(capacity: flowsMax + flowsMax / 4 + 4096 + 2 * FlowMeter.batchSize)
        connections = Pool(capacity: flowsMax)
        exchangeTimes = Pool(capacity: flowsMax)
        histogramCells = Pool(capacity: 2 * flowsMax)
        dnsStates = Pool(capacity: flowsMax)
        httpStates = Pool(capacity: flowsMax)
        records = ApplicationRecords(capacity: min(1 << 14, 64 * flowsMax))
        staged = .allocate(capacity: FlowMeter.batchSize)
        slots = .allocate(capacity: FlowMeter.batchSize)
    }

    deinit {
        staged.deallocate()
        slots.deallocate()
    }

    /// The flows in the table, those whose end was seen and that still take late packets included.
    package var activeFlows: Int { store.live }

    /// Whether nothing is kept of any flow, as it is when metering has finished.
    package var isEmpty: Bool {
        let analyses =
            connections.count + exchangeTimes.count + histogramCells.count + dnsStates.count + httpStates.count
        return store.live == 0 && stagedCount == 0 && overflows.isEmpty && analyses == 0 && records.isEmpty
    }

    /// The bytes of memory that flows and what is known of them take now.
    package var byteCount: Int {
        let state = connections.byteCount + exchangeTimes.byteCount + histogramCells.byteCount
        return store.byteCount + index.byteCount + state + dnsStates.byteCount + httpStates.byteCount
            + records.byteCount
    }

    /// Meters one captured packet; reports that fall due are appended to `reports`.
    ///
    /// `wireLength` is the packet's length before the capture cut it. `gsoSize` is the payload of each segment
    /// that an offloaded packet becomes on a wire (`virtio_net_hdr.gso_size`), 0 for a packet that is one, `nil`
    /// where that is not known. The bytes must stay as they are until `settle`, `advance` or `finish` returns.
    package mutating func add(
        _ bytes: UnsafeRawBufferPointer,
        wireLength: Int,
        timestamp: Timestamp,
        linkType: LinkType,
        gsoSize: UInt16? = nil,
        into reports: inout [Observation]
    ) {
        counters.frames &+= 1
        var parsed = ParsedPacket()
        take(bytes, wireLength, timestamp.nanoseconds, linkType, gsoSize, &parsed)
        if stagedCount == FlowMeter.batchSize { settle(into: &reports) }
    }

    /// Meters packets of a file, whose bytes must stay as they are until `settle`, `advance` or `finish` returns.
    package mutating func add(_ packets: UnsafeBufferPointer<CapturedPacket>, into reports: inout [Observation]) {
        counters.frames &+= UInt64(packets.count)
        var parsed = ParsedPacket()
        for packet in packets {
            take(packet.bytes, packet.originalLength, packet.nanoseconds, packet.linkType, nil, &parsed)
            if stagedCount == FlowMeter.batchSize { settle(into: &reports) }
        }
    }

    /// Meters what was added so far, whose bytes are not needed any more.
    package mutating func settle(into reports: inout [Observation]) {
        let first = reports.count
        process(into: &reports)
        if reports.count > first { identify(&reports, from: first) }
    }

    /// When reports fall due next: adding a packet of this time or later makes many of them at once.
    package var nextDue: Timestamp { Timestamp(nanoseconds: nextTick) }

    /// Lets event time pass without packets: what falls due until then is appended to `reports`.
    package mutating func advance(to time: Timestamp, into reports: inout [Observation]) {
        while advanceSome(to: time, into: &reports) {}
    }

    /// The same for about a thousand reports at a time, so that they need not lie in memory all at once.
    ///
    /// Returns whether there are more to come.
    package mutating func advanceSome(to time: Timestamp, into reports: inout [Observation]) -> Bool {
        let first = reports.count
        process(into: &reports)
        let target = FlowMeter.bounded(time.nanoseconds)
        let hasMore = nextTick <= target && runTicks(through: target, &reports, atMost: FlowMeter.someReports)
        if reports.count > first { identify(&reports, from: first) }
        return hasMore
    }

    /// Ends metering: the last report of every flow is appended to `reports`, and the meter is empty again.
    package mutating func finish(into reports: inout [Observation]) {
        while finishSome(into: &reports) {}
    }

    /// Ends metering a thousand flows at a time, so that their reports need not lie in memory all at once.
    ///
    /// Returns whether there are more to come; when there are none, the meter is empty again.
    package mutating func finishSome(into reports: inout [Observation]) -> Bool {
        let first = reports.count
        process(into: &reports)
        while finishHand < store.end, reports.count - first < FlowMeter.someReports {
            prefetchReport(finishHand)
            if !store.hot(finishHand).pointee.isDead {
                reportLast(finishHand, .forcedEnd, &reports)
                drop(finishHand)
            }
            finishHand += 1
        }
        if reports.count > first { identify(&reports, from: first) }
        guard finishHand >= store.end else { return true }
        finishHand = 1
        compact()
        return false
    }

    /// Brings in what the reports of the flows behind a flow read.
    func prefetchReport(_ flow: UInt32) {
        guard isAnalysing, flow &+ 16 < store.end else { return }
        let connection = UnsafeRawPointer(connections[store.cold(flow &+ 16).pointee.analysis])
        cintrinsics_prefetch(connection)
        cintrinsics_prefetch(connection + 64)
        let next = connections[store.cold(flow &+ 8).pointee.analysis]
        cintrinsics_prefetch(exchangeTimes[next.pointee.exchanges])
        let state = UnsafeRawPointer(httpStates[next.pointee.application])
        cintrinsics_prefetch(state)
        cintrinsics_prefetch(state + 64)
    }

    /// Gives reports their Community IDs, several at a time.
    private func identify(_ reports: inout [Observation], from first: Int) {
        let seed = configuration.seed
        reports.withUnsafeMutableBufferPointer { CommunityID.identify($0.extracting(first...), seed: seed) }
    }

    // MARK: Staging

    static func bounded(_ nanoseconds: Int64) -> Int64 {
        min(max(nanoseconds, times.lowerBound), times.upperBound)
    }

    @inline(__always)
    private mutating func take(
        _ bytes: UnsafeRawBufferPointer,
        _ wireLength: Int,
        _ nanoseconds: Int64,
        _ linkType: LinkType,
        _ gsoSize: UInt16?,
        _ packet: inout ParsedPacket
    ) {
        let decoder = PacketDecoder(linkType: linkType)
        switch decoder.decode(bytes.bytes, wireLength: wireLength, into: &packet) {
        case .metered:
            let time = FlowMeter.bounded(nanoseconds)
            if packet.fragment != .whole, !follow(&packet, time) {
                counters.count(.fragmentWithoutFirst)
                return
            }
            var tunnel: TunnelNumber = 0
            if isDecapsulating {
                tunnel = enterTunnels(bytes, wireLength, decoder, &packet, time)
            }
            let segments = (gsoSize ?? 0) == 0 ? 1 : FlowMeter.segment(&packet, bytes, gsoSize ?? 0)
            stage(packet, bytes, time, segments, tunnel, isSuperPacket: gsoSize == nil && packet.ipBytes > 9216)
        case .notIP:
            counters.notIP &+= 1
        case .malformed(let fault):
            counters.count(fault.reason)
        }
    }

    @inline(__always)
    private mutating func stage(
        _ packet: ParsedPacket,
        _ bytes: UnsafeRawBufferPointer,
        _ time: Int64,
        _ segments: UInt32,
        _ tunnel: TunnelNumber,
        isSuperPacket: Bool
    ) {
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
        var (key, side) = FlowKey.make(
            source: (packet.sourceHigh, packet.sourceLow, packet.sourcePort),
            destination: (packet.destinationHigh, packet.destinationLow, destinationPort),
            transport: packet.transport,
            isV6: packet.isV6,
            isOneWay: isOneWay
        )
        var tunnel = tunnel
        if tunnel != 0 {
            key.tail |= HotFlow.tunnelBit
            // As a packet from the lower end would have it.
            if side == 1 { tunnel ^= TunnelTable.turnedBit }
        }
        let hash = hash(of: key, tunnel: tunnel)
        cintrinsics_prefetch(index.slots + index.home(hash))
        let start = Int(packet.payloadOffset)
        let captured = min(Int(packet.payloadBytes), bytes.count &- start)
        // SAFETY: the caller empties the batch as soon as it is full. The payload lies within the bytes where
        // `payloadCaptured` is not 0, and is only read then.
        staged[stagedCount] = StagedPacket(
            key: key,
            hash: hash,
            timestamp: time,
            payload: bytes.baseAddress.map { $0 + start },
            bytes: packet.ipBytes,
            packets: segments,
            side: side,
            payloadCaptured: UInt32(truncatingIfNeeded: max(0, captured)),
            payloadBytes: packet.payloadBytes,
            tcpSequence: packet.tcpSequence,
            tcpAcknowledgement: packet.tcpAcknowledgement,
            tunnel: tunnel,
            tcpWindow: packet.tcpWindow,
            tcpFlags: packet.tcpFlags,
            isSuperPacket: isSuperPacket,
            isFragment: packet.fragment != .whole
        )
        stagedCount &+= 1
        counters.framesMetered &+= 1
        counters.packets &+= UInt64(segments)
        counters.bytes &+= UInt64(packet.ipBytes)
    }

    /// The hash by which a flow is found; flows with the same key in different tunnels have different ones.
    @inline(__always)
    func hash(of key: FlowKey, tunnel: TunnelNumber) -> UInt64 {
        let number = UInt64(tunnel & ~TunnelTable.turnedBit)
        return key.hash(seed: configuration.hashSeed ^ number &* 0x9e37_79b9_7f4a_7c15)
    }
}
