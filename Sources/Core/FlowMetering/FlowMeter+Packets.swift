import CIntrinsics
import FlowModel
import NetworkAddressing

extension FlowMeter {
    /// Brings the staged packets into the table, in three passes so that memory arrives before it is needed.
    @inline(never)
    mutating func process(into reports: inout [Observation]) {
        guard stagedCount > 0 else { return }
        for position in 0..<stagedCount {
            let slot = index.candidate(staged[position].hash)
            slots[position] = slot
            cintrinsics_prefetch(store.hot(slot.flow))
            if slot.analysis != 0 {
                let connection = UnsafeRawPointer(connections[slot.analysis])
                cintrinsics_prefetch(connection)
                if staged[position].payloadBytes != 0 { cintrinsics_prefetch(connection + 64) }
            }
            if staged[position].tcpFlags & TCPFlags.eventful != 0 { cintrinsics_prefetch(store.cold(slot.flow)) }
        }
        if isAnalysing { prefetchAnalysis() }
        var areCurrent = true
        for position in 0..<stagedCount {
            let packet = UnsafePointer(staged + position)
            let time = packet.pointee.timestamp
            if time >= nextTick {
                runTicks(through: time, &reports)
                areCurrent = false
            }
            var slot = slots[position]
            if slot.flow == 0 || !areCurrent || !isOf(packet, slot.flow) {
                slot = find(packet)
                if slot.flow == 0 {
                    open(packet, replacing: 0, &reports)
                    if makeRoom() { areCurrent = false }
                    continue
                }
            }
            let hot = store.hot(slot.flow)
            let gap = UInt64(bitPattern: time &- hot.pointee.last)
            let isEventful =
                packet.pointee.tcpFlags & TCPFlags.eventful != 0 || hot.pointee.packets == 0
                || gap > UInt64(bitPattern: idleLimit) || hot.pointee.hasEnded || packet.pointee.isSuperPacket
            if isEventful {
                handle(packet, slot.flow, &reports)
                if makeRoom() { areCurrent = false }
            } else {
                hot.pointee.last = time
                hot.pointee.count(packet.pointee)
                if (hot.pointee.packets | hot.pointee.bytes) & HotFlow.fullBits != 0 { spill(slot.flow) }
                if isAnalysing { analyse(packet, slot.flow, slot.analysis) }
            }
        }
        stagedCount = 0
    }

    /// Brings in what packets with payload change beyond their connection.
    @inline(__always)
    private func prefetchAnalysis() {
        for position in 0..<stagedCount where staged[position].payloadBytes != 0 {
            let connection = connections[slots[position].analysis]
            cintrinsics_prefetch(exchangeTimes[connection.pointee.exchanges])
            let state = UnsafeRawPointer(httpStates[connection.pointee.application])
            cintrinsics_prefetch(state)
            cintrinsics_prefetch(state + 64)
        }
        for position in 0..<stagedCount where staged[position].payloadBytes != 0 {
            let connection = connections[slots[position].analysis]
            cintrinsics_prefetch(histogramCells[exchangeTimes[connection.pointee.exchanges].pointee.more])
        }
    }

    /// Looks into a packet as far as analysis asks for it.
    @inline(__always)
    private mutating func analyse(_ packet: UnsafePointer<StagedPacket>, _ flow: UInt32, _ analysis: UInt32) {
        let transport = UInt8(truncatingIfNeeded: packet.pointee.key.tail >> 32)
        if transport == 6 {
            if analysis != 0, !packet.pointee.isFragment { track(packet, flow, analysis) }
        } else if transport == 17, packet.pointee.payloadBytes > 0, FlowMeter.isDNS(packet.pointee.key) {
            followDNS(packet, flow)
        }
    }

    /// Whether a packet is of a flow; what lies in a tunnel must be of the same one.
    @inline(__always)
    private func isOf(_ packet: UnsafePointer<StagedPacket>, _ flow: UInt32) -> Bool {
        guard store.hot(flow).pointee.matches(packet.pointee.key) else { return false }
        guard packet.pointee.tunnel != 0 else { return true }
        return (store.cold(flow).pointee.tunnel ^ packet.pointee.tunnel) & ~TunnelTable.turnedBit == 0
    }

    /// The slot of a packet's flow; an empty one where there is none.
    @inline(never)
    private func find(_ packet: UnsafePointer<StagedPacket>) -> FlowIndex.Slot {
        var position = index.home(packet.pointee.hash)
        while index.slots[position].flow != 0 {
            let slot = index.slots[position]
            if slot.hash == packet.pointee.hash, isOf(packet, slot.flow) { return slot }
            position = (position + 1) & index.mask
        }
        return FlowIndex.Slot(hash: 0, flow: 0, analysis: 0)
    }

    /// A packet that changes more than counters: the first of a report, SYN, FIN, RST, late or after a pause.
    @inline(never)
    private mutating func handle(
        _ packet: UnsafePointer<StagedPacket>,
        _ flow: UInt32,
        _ reports: inout [Observation]
    ) {
        let hot = store.hot(flow)
        let time = packet.pointee.timestamp
        let limit = hot.pointee.hasEnded ? endedLimit : idleLimit
        let isAfterPause = time > hot.pointee.last && time - hot.pointee.last > limit
        if isAfterPause || (hot.pointee.hasEnded && startsAnew(packet.pointee, store.cold(flow).pointee)) {
            reportLast(flow, .idleTimeout, &reports)
            open(packet, replacing: flow, &reports)
        } else {
            apply(packet, flow)
        }
    }

    /// Whether a SYN on an ended flow opens another, rather than being a late copy of the one that was seen.
    private func startsAnew(_ packet: StagedPacket, _ cold: ColdFlow) -> Bool {
        guard packet.tcpFlags & TCPFlags.syn != 0, packet.tcpFlags & TCPFlags.rst == 0 else { return false }
        let isKnown = cold.seen.has(.isn(packet.side))
        if isKnown { return cold.isn(packet.side) != packet.tcpSequence }
        return packet.tcpFlags & TCPFlags.ack == 0
    }

    /// Counts a packet in its flow, with all that it says about the flow.
    private mutating func apply(_ packet: UnsafePointer<StagedPacket>, _ flow: UInt32) {
        let hot = store.hot(flow)
        let cold = store.cold(flow)
        let time = packet.pointee.timestamp
        if hasTraffic(flow) {
            cold.pointee.start = min(cold.pointee.start, time)
            hot.pointee.last = max(hot.pointee.last, time)
        } else {
            // A report's times are of its own packets, even where the clock went backwards since the last.
            cold.pointee.start = time
            hot.pointee.last = time
        }
        cold.pointee.flowStart = min(cold.pointee.flowStart, time)
        hot.pointee.count(packet.pointee)
        if (hot.pointee.packets | hot.pointee.bytes) & HotFlow.fullBits != 0 { spill(flow) }
        if packet.pointee.isSuperPacket, cold.pointee.superPackets < .max { cold.pointee.superPackets += 1 }
        let flags = packet.pointee.tcpFlags
        let side = packet.pointee.side
        if flags & TCPFlags.syn != 0 { learn(from: packet.pointee, cold) }
        if flags & TCPFlags.fin != 0 { cold.pointee.seen.insert(.fin(side)) }
        if flags & TCPFlags.rst != 0 || cold.pointee.seen.has(.bothFINs) {
            hot.pointee.key.tail |= HotFlow.endedBit
        }
        if isAnalysing { analyse(packet, flow, cold.pointee.analysis) }
    }

    /// What a SYN says: who opened the connection, and the sender's initial sequence number.
    private func learn(from packet: StagedPacket, _ cold: UnsafeMutablePointer<ColdFlow>) {
        if cold.pointee.evidence < .tcpHandshake {
            // An end that talks to itself has only one side.
            let isAnswer = packet.tcpFlags & TCPFlags.ack != 0 && packet.key.lower != packet.key.upper
            cold.pointee.sourceSide = UInt8(truncatingIfNeeded: isAnswer ? packet.side ^ 1 : packet.side)
            cold.pointee.evidence = .tcpHandshake
            if cold.pointee.analysis != 0 {
                FlowMeter.setSource(cold.pointee.sourceSide, connections[cold.pointee.analysis])
            }
        }
        guard !cold.pointee.seen.has(.isn(packet.side)) else { return }
        cold.pointee.seen.insert(.isn(packet.side))
        if packet.side == 0 {
            cold.pointee.lowerISN = packet.tcpSequence
        } else {
            cold.pointee.upperISN = packet.tcpSequence
        }
    }

    /// Opens the flow of a packet, in the place of one with the same key if `former` is not 0.
    @inline(never)
    private mutating func open(
        _ packet: UnsafePointer<StagedPacket>,
        replacing former: UInt32,
        _ reports: inout [Observation]
    ) {
        let key = packet.pointee.key
        let hash = packet.pointee.hash
        let time = packet.pointee.timestamp
        if former == 0 {
            if store.live >= flowsMax { evict(&reports) }
        } else {
            drop(former)
        }
        let (side, evidence) = direction(of: key, sender: packet.pointee.side)
        let hot = HotFlow(key: key, packets: 0, bytes: 0, last: time)
        var cold = ColdFlow(flowStart: time, start: time, evidence: evidence)
        cold.sourceSide = side
        cold.tunnel = packet.pointee.tunnel
        if isAnalysing, key.transport == .tcp {
            cold.analysis = connections.add(TCPConnection())
            if cold.analysis == 0 {
                counters.connectionsNotAnalysed &+= 1
            } else {
                FlowMeter.setSource(side, connections[cold.analysis])
            }
        }
        let flow = store.append(hot, cold)
        if former == 0 {
            index.insert(hash, flow, analysis: cold.analysis)
        } else {
            index.replace(hash, former, by: flow, analysis: cold.analysis)
        }
        counters.flowsOpened &+= 1
        apply(packet, flow)
    }
}
