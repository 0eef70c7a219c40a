import CIntrinsics
import FlowModel
import NetworkAddressing

extension FlowMeter {
    /// Brings the staged packets into the table, in three passes so that memory arrives before it is needed.
    @inline(never)
    mutating func process(into reports: inout [Observation]) {
        guard stagedCount > 0 else { return }
        makeRoom()
        // SAFETY: at most `batchSize` packets are staged, and `flows` has as many places.
        var flows = InlineArray<32, UInt32>(repeating: 0)
        for position in 0..<stagedCount {
            let flow = index.candidate(staged[position].hash)
            flows[unchecked: position] = flow
            guard flow != 0 else { continue }
            cintrinsics_prefetch(store.hot(flow))
            if staged[position].tcpFlags & TCPFlags.eventful != 0 { cintrinsics_prefetch(store.cold(flow)) }
        }
        var areCurrent = true
        for position in 0..<stagedCount {
            let packet = staged + position
            let time = packet.pointee.timestamp
            if time >= nextTick {
                runTicks(through: time, &reports)
                areCurrent = false
            }
            var flow = areCurrent ? flows[unchecked: position] : 0
            if flow == 0 || !store.hot(flow).pointee.matches(packet.pointee.key) {
                flow = find(packet)
                if flow == 0 {
                    open(packet, replacing: 0, &reports)
                    continue
                }
            }
            let hot = store.hot(flow)
            let gap = UInt64(bitPattern: time &- hot.pointee.last)
            let isEventful =
                packet.pointee.tcpFlags & TCPFlags.eventful != 0 || hot.pointee.packets == 0
                || gap > UInt64(bitPattern: idleLimit) || hot.pointee.hasEnded
            if isEventful {
                handle(packet, flow, &reports)
            } else {
                hot.pointee.last = time
                hot.pointee.count(packet.pointee)
                if (hot.pointee.packets | hot.pointee.bytes) & HotFlow.fullBits != 0 { spill(flow) }
            }
        }
        stagedCount = 0
    }

    /// The flow of a packet; 0 where there is none.
    @inline(never)
    private func find(_ packet: UnsafePointer<StagedPacket>) -> UInt32 {
        var position = index.home(packet.pointee.hash)
        while index.slots[position].flow != 0 {
            let slot = index.slots[position]
            if slot.hash == packet.pointee.hash, store.hot(slot.flow).pointee.matches(packet.pointee.key) {
                return slot.flow
            }
            position = (position + 1) & index.mask
        }
        return 0
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
        let isKnown = cold.seen.contains(.isn(packet.side))
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
        let flags = packet.pointee.tcpFlags
        let side = packet.pointee.side
        if flags & TCPFlags.syn != 0 {
            learn(from: packet.pointee, cold)
        }
        if flags & TCPFlags.fin != 0 { cold.pointee.seen.insert(.fin(side)) }
        if flags & TCPFlags.rst != 0 || cold.pointee.seen.isSuperset(of: [.lowerFIN, .upperFIN]) {
            hot.pointee.key.tail |= HotFlow.endedBit
        }
    }

    /// What a SYN says: who opened the connection, and the sender's initial sequence number.
    private func learn(from packet: StagedPacket, _ cold: UnsafeMutablePointer<ColdFlow>) {
        if cold.pointee.evidence < .tcpHandshake {
            // An end that talks to itself has only one side.
            let isAnswer = packet.tcpFlags & TCPFlags.ack != 0 && packet.key.lower != packet.key.upper
            cold.pointee.sourceSide = UInt8(truncatingIfNeeded: isAnswer ? packet.side ^ 1 : packet.side)
            cold.pointee.evidence = .tcpHandshake
        }
        guard !cold.pointee.seen.contains(.isn(packet.side)) else { return }
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
        if former == 0, store.live >= max(1, configuration.flowsMax) { evict(&reports) }
        let (side, evidence) = FlowMeter.direction(of: key, sender: packet.pointee.side)
        let hot = HotFlow(key: key, packets: 0, bytes: 0, last: time)
        let cold = ColdFlow(flowStart: time, start: time, sourceSide: side, evidence: evidence)
        let flow = store.append(hot, cold)
        if former == 0 {
            index.insert(hash, flow)
        } else {
            index.replace(hash, former, by: flow)
            store.drop(former)
        }
        counters.flowsOpened &+= 1
        apply(packet, flow)
    }

    /// The source of a flow as far as its key and the sender of its first packet tell.
    private static func direction(of key: FlowKey, sender: UInt64) -> (UInt8, DirectionEvidence) {
        let lowerPort = UInt16(truncatingIfNeeded: key.tail)
        let upperPort = UInt16(truncatingIfNeeded: key.tail >> 16)
        let transport = key.transport
        if transport.hasPorts {
            // 32768 is where Linux's ephemeral range starts.
            let isLowerEphemeral = lowerPort >= 32768
            if isLowerEphemeral != (upperPort >= 32768) { return (isLowerEphemeral ? 0 : 1, .ephemeralPort) }
        } else if transport.isICMP {
            let lowerType = UInt8(truncatingIfNeeded: lowerPort)
            let hasPair = CommunityIDPorts.counterpart(of: lowerType, transport: transport) != nil
            if hasPair {
                return (CommunityIDPorts.isRequest(lowerType, transport: transport) ? 0 : 1, .icmpType)
            }
        }
        return (UInt8(truncatingIfNeeded: sender), .firstPacket)
    }

    /// Reports and drops the idlest of a few flows, chosen by a hand that goes round.
    private mutating func evict(_ reports: inout [Observation]) {
        var chosen: UInt32 = 0
        var candidates = 0
        var steps = 0
        while candidates == 0 || (candidates < 8 && steps < 64) {
            if evictionHand >= store.end { evictionHand = 1 }
            let hot = store.hot(evictionHand)
            if !hot.pointee.isDead {
                candidates += 1
                if chosen == 0 || hot.pointee.last < store.hot(chosen).pointee.last { chosen = evictionHand }
            }
            evictionHand += 1
            steps += 1
        }
        counters.flowsEvicted &+= 1
        reportLast(chosen, .lackOfResources, &reports)
        forget(chosen)
    }

    /// Takes a flow out of the table.
    mutating func forget(_ flow: UInt32) {
        var key = store.hot(flow).pointee.key
        key.tail &= HotFlow.keyBits
        index.remove(key.hash(seed: configuration.hashSeed), flow)
        store.drop(flow)
    }

    /// Makes sure that a batch of new flows fits without the flows being renumbered under it.
    private mutating func makeRoom() {
        let limit = max(1, configuration.flowsMax)
        if store.gaps > limit / 4 + 4096 { compact() }
    }

    /// Closes the gaps that dropped flows left.
    mutating func compact() {
        store.compact()
        index.reset(expecting: store.live)
        evictionHand = 1
        for flow in 1..<store.end {
            var key = store.hot(flow).pointee.key
            key.tail &= HotFlow.keyBits
            index.insert(key.hash(seed: configuration.hashSeed), flow)
        }
    }
}
