import FlowMetering
import FlowModel
import NetworkAddressing

/// The rules of metering written down in the plainest way, to compare `FlowMeter` with.
///
/// A dictionary, a list in order of creation, and a sweep at every single boundary; slow.
struct ReferenceMeter {
    final class Flow {
        let key: FlowKey
        var source: Endpoint
        var destination: Endpoint
        var evidence: DirectionEvidence
        var open: [TestPacket] = []
        var flowStart: Int64
        var last: Int64
        var sequence: UInt32 = 0
        var ended = false
        var finSenders: Set<Endpoint> = []
        var isn: [Endpoint: UInt32] = [:]

        init(_ packet: TestPacket, key: FlowKey, from: Endpoint, to: Endpoint) {
            self.key = key
            source = from
            destination = to
            evidence = .firstPacket
            flowStart = packet.time
            last = packet.time
            let transport = packet.transport
            if transport.hasPorts, (from.port < 32768) != (to.port < 32768) {
                evidence = .ephemeralPort
                if from.port < 32768 { swap(&source, &destination) }
            }
            let type = UInt8(truncatingIfNeeded: from.port)
            if transport.isICMP, CommunityIDPorts.counterpart(of: type, transport: transport) != nil {
                evidence = .icmpType
                if !CommunityIDPorts.isRequest(type, transport: transport) { swap(&source, &destination) }
            }
        }
    }

    let configuration: MeteringConfiguration
    let period: Int64
    var flows: [Flow] = []
    var table: [FlowKey: Flow] = [:]
    var nextTick: Int64?
    var reports: [Observation] = []

    init(configuration: MeteringConfiguration) {
        self.configuration = configuration
        let idle = configuration.idleTimeout ?? .max
        period = configuration.interval ?? min(idle, 10 * second)
    }

    private func limit(_ flow: Flow) -> Int64 {
        let idle = configuration.idleTimeout ?? .max
        return flow.ended ? min(configuration.linger, idle) : idle
    }

    mutating func add(_ packet: TestPacket) {
        pass(until: packet.time)
        var to = packet.destination
        if packet.transport.isICMP {
            let ports = CommunityIDPorts(
                transport: packet.transport,
                type: UInt8(packet.source.port),
                code: UInt8(packet.destination.port)
            )
            to = Endpoint(to.address, port: ports.destination)
        }
        let from = packet.source
        let key = FlowKey(transport: packet.transport, source: from, destination: packet.destination)
        var flow = table[key]
        if let found = flow {
            let isSYN = packet.transport == .tcp && packet.flags & 0x06 == 0x02
            let isNew =
                found.isn[from].map { $0 != packet.sequence } ?? (packet.flags & 0x10 == 0)
            if packet.time - found.last > limit(found) || (found.ended && isSYN && isNew) {
                reportLast(found, .idleTimeout)
                flow = nil
            }
        }
        let current = flow ?? Flow(packet, key: key, from: from, to: to)
        if flow == nil {
            drop(key)
            table[key] = current
            flows.append(current)
        }
        count(packet, current, from, to)
    }

    private func count(_ packet: TestPacket, _ flow: Flow, _ from: Endpoint, _ to: Endpoint) {
        flow.last = flow.open.isEmpty ? packet.time : max(flow.last, packet.time)
        flow.flowStart = min(flow.flowStart, packet.time)
        var packet = packet
        packet.destination = to
        flow.open.append(packet)
        guard packet.transport == .tcp else { return }
        if packet.flags & 0x02 != 0 {
            if flow.evidence < .tcpHandshake {
                flow.evidence = .tcpHandshake
                let isAnswer = packet.flags & 0x10 != 0
                flow.source = isAnswer ? to : from
                flow.destination = isAnswer ? from : to
            }
            if flow.isn[from] == nil { flow.isn[from] = packet.sequence }
        }
        if packet.flags & 0x01 != 0 { flow.finSenders.insert(from) }
        if packet.flags & 0x04 != 0 || flow.finSenders.count == 2 { flow.ended = true }
    }

    mutating func pass(until time: Int64) {
        guard var tick = nextTick else {
            nextTick = (time.quotient(by: period) + 1) * period
            return
        }
        while tick <= time {
            for flow in flows {
                if tick - flow.last > limit(flow) {
                    reportLast(flow, .idleTimeout)
                    drop(flow.key)
                } else if configuration.interval != nil, !flow.open.isEmpty {
                    report(flow, flow.ended ? .endOfFlow : .activeTimeout)
                }
            }
            tick += period
        }
        nextTick = tick
    }

    mutating func finish() {
        for flow in flows { reportLast(flow, .forcedEnd) }
        flows = []
        table = [:]
    }

    private mutating func drop(_ key: FlowKey) {
        table[key] = nil
        flows.removeAll { $0.key == key }
    }

    private mutating func reportLast(_ flow: Flow, _ reason: FlowEndReason) {
        if !flow.ended {
            report(flow, reason)
        } else if !flow.open.isEmpty {
            report(flow, .endOfFlow)
        }
    }

    private mutating func report(_ flow: Flow, _ reason: FlowEndReason) {
        flow.sequence += 1
        func sum(_ end: Endpoint) -> (TrafficCount, UInt8) {
            let packets = flow.open.filter { $0.source == end }
            return (
                TrafficCount(
                    packets: UInt64(packets.count),
                    bytes: UInt64(packets.map(\.length).reduce(0, +))
                ), packets.reduce(0) { $1.transport == .tcp ? $0 | $1.flags : $0 }
            )
        }
        let forward = sum(flow.source)
        // An end that talks to itself is counted once.
        let backward = flow.source == flow.destination ? (TrafficCount(), 0) : sum(flow.destination)
        var report = Observation(
            transport: flow.key.transport,
            source: flow.source,
            destination: flow.destination,
            evidence: flow.evidence,
            forward: forward.0,
            backward: backward.0,
            forwardFlags: forward.1,
            backwardFlags: backward.1,
            flowStart: Timestamp(nanoseconds: flow.flowStart),
            start: Timestamp(nanoseconds: flow.open.map(\.time).min() ?? flow.last),
            end: Timestamp(nanoseconds: flow.last),
            sequence: flow.sequence,
            endReason: reason
        )
        // One by one, where the meter takes eight at a time.
        report.communityID = CommunityID.digest(of: report, seed: configuration.seed)
        reports.append(report)
        flow.open = []
    }
}

extension Int64 {
    /// The quotient rounded down, for times before the epoch.
    func quotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
