import FlowModel
import NetworkAddressing

extension FlowMeter {
    /// Sweeps at every boundary up to and including `target` at which something can be due.
    ///
    /// Stops in the middle once there are so many reports; returns whether it did, and goes on when called again.
    @inline(never)
    @discardableResult
    mutating func runTicks(
        through target: Int64,
        _ reports: inout [Observation],
        atMost size: Int = .max
    ) -> Bool {
        guard nextTick != .min else {
            nextTick = boundary(after: target)
            return false
        }
        let first = reports.count
        while nextTick <= target {
            guard let due = tick(at: nextTick, &reports, while: { $0 - first < size }) else { return true }
            // Without packets nothing can be due before; a long silence costs no more than a short one.
            if due > target {
                nextTick = boundary(after: target)
            } else {
                nextTick = max(nextTick + period, boundary(after: due - 1))
            }
        }
        return false
    }

    /// The first multiple of the period after a time.
    private func boundary(after time: Int64) -> Int64 {
        let remainder = time % period
        return time - (remainder < 0 ? remainder + period : remainder) + period
    }

    /// Reports and drops what is due at a boundary; returns when a flow falls idle next, `nil` if it was stopped.
    private mutating func tick(
        at now: Int64,
        _ reports: inout [Observation],
        while hasRoom: (Int) -> Bool
    ) -> Int64? {
        let reportsAtBoundary = configuration.interval != nil
        while tickHand < store.end {
            guard hasRoom(reports.count) else { return nil }
            let flow = tickHand
            tickHand += 1
            if reportsAtBoundary { prefetchReport(flow) }
            let hot = store.hot(flow)
            if hot.pointee.isDead { continue }
            let last = hot.pointee.last
            let limit = hot.pointee.hasEnded ? endedLimit : idleLimit
            if last < now, now - last > limit {
                reportLast(flow, .idleTimeout, &reports)
                forget(flow)
                continue
            }
            if limit != .max { tickDue = min(tickDue, max(now, last + limit) + 1) }
            if reportsAtBoundary, hasTraffic(flow) {
                report(flow, hot.pointee.hasEnded ? .endOfFlow : .activeTimeout, &reports)
            }
        }
        defer {
            tickHand = 1
            tickDue = .max
        }
        if store.gaps > 1024, store.gaps > store.live { compact() }
        return tickDue
    }

    /// Whether the open report has packets.
    @inline(__always)
    func hasTraffic(_ flow: UInt32) -> Bool {
        store.hot(flow).pointee.packets != 0 || store.cold(flow).pointee.seen.has(.overflow)
    }

    /// Makes the last report of a flow; none where its end was reported and nothing came since.
    mutating func reportLast(_ flow: UInt32, _ reason: FlowEndReason, _ reports: inout [Observation]) {
        if store.hot(flow).pointee.hasEnded {
            if hasTraffic(flow) { report(flow, .endOfFlow, &reports) }
        } else {
            report(flow, reason, &reports)
        }
    }

    /// Moves counters that are nearly full to the flow's overflow.
    @inline(never)
    mutating func spill(_ flow: UInt32) {
        let hot = store.hot(flow)
        store.cold(flow).pointee.seen.insert(.overflow)
        var overflow = overflows[flow] ?? Overflow()
        overflow.lower.packets &+= hot.pointee.packets & 0xffff_ffff
        overflow.upper.packets &+= hot.pointee.packets >> 32
        overflow.lower.bytes &+= hot.pointee.bytes & 0xffff_ffff
        overflow.upper.bytes &+= hot.pointee.bytes >> 32
        overflows[flow] = overflow
        hot.pointee.packets = 0
        hot.pointee.bytes = 0
    }

    /// Keeps the carry of a side's payload bytes.
    @inline(never)
    mutating func carryPayload(_ flow: UInt32, side: Int) {
        store.cold(flow).pointee.seen.insert(.overflow)
        if side == 0 {
            overflows[flow, default: Overflow()].lowerPayload &+= 1 << 32
        } else {
            overflows[flow, default: Overflow()].upperPayload &+= 1 << 32
        }
    }

    /// Takes the counts of the open report out of a flow.
    private mutating func takeCounts(_ flow: UInt32) -> Overflow {
        let hot = store.hot(flow)
        let cold = store.cold(flow)
        var counts = Overflow()
        if cold.pointee.seen.has(.overflow) {
            cold.pointee.seen.remove(.overflow)
            counts = overflows.removeValue(forKey: flow) ?? counts
        }
        counts.lower.packets &+= hot.pointee.packets & 0xffff_ffff
        counts.upper.packets &+= hot.pointee.packets >> 32
        counts.lower.bytes &+= hot.pointee.bytes & 0xffff_ffff
        counts.upper.bytes &+= hot.pointee.bytes >> 32
        hot.pointee.packets = 0
        hot.pointee.bytes = 0
        return counts
    }

    /// Appends the open report of a flow and opens the next one.
    private mutating func report(_ flow: UInt32, _ reason: FlowEndReason, _ reports: inout [Observation]) {
        let hadTraffic = hasTraffic(flow)
        let counts = takeCounts(flow)
        let hot = store.hot(flow)
        let cold = store.cold(flow)
        cold.pointee.sequence &+= 1
        var key = hot.pointee.key
        key.tail &= HotFlow.keyBits
        let isLowerSource = cold.pointee.sourceSide == 0
        let source: UInt64 = isLowerSource ? 0 : 1
        let end = hot.pointee.last
        var observation = Observation(
            transport: key.transport,
            source: isLowerSource ? key.lower : key.upper,
            destination: isLowerSource ? key.upper : key.lower,
            evidence: cold.pointee.evidence,
            forward: isLowerSource ? counts.lower : counts.upper,
            backward: isLowerSource ? counts.upper : counts.lower,
            forwardFlags: hot.pointee.flags(side: source),
            backwardFlags: hot.pointee.flags(side: source ^ 1),
            flowStart: Timestamp(nanoseconds: cold.pointee.flowStart),
            start: Timestamp(nanoseconds: hadTraffic ? cold.pointee.start : end),
            end: Timestamp(nanoseconds: end),
            sequence: cold.pointee.sequence,
            endReason: reason
        )
        observation.superPackets = UInt32(cold.pointee.superPackets)
        cold.pointee.superPackets = 0
        if cold.pointee.tunnel != 0 {
            observation.tunnel = tunnels.tunnel(cold.pointee.tunnel, isLowerSource: isLowerSource)
        }
        if cold.pointee.analysis != 0 {
            if key.transport == .tcp {
                reportConnection(flow, counts, reason, &observation)
            } else {
                observation.dns = takeDNS(cold.pointee.analysis, at: end, isLast: reason.isLast)
            }
        }
        hot.pointee.key.tail &= HotFlow.keyBits | HotFlow.endedBit
        reports.append(observation)
    }

    /// Adds what analysis knows of a connection to a report.
    private mutating func reportConnection(
        _ flow: UInt32,
        _ overflow: Overflow,
        _ reason: FlowEndReason,
        _ observation: inout Observation
    ) {
        let isLowerSource = store.cold(flow).pointee.sourceSide == 0
        let connection = connections[store.cold(flow).pointee.analysis]
        let lower = TCPCounts(connection.pointee.lowerCounts, overflow.lowerPayload)
        let upper = TCPCounts(connection.pointee.upperCounts, overflow.upperPayload)
        connection.pointee.lowerCounts = TCPConnection.Counts()
        connection.pointee.upperCounts = TCPConnection.Counts()
        let (lowerSide, upperSide) = (connection.pointee.lower, connection.pointee.upper)
        var report = TCPReport(
            state: isLowerSource
                ? TCPState(source: lowerSide, destination: upperSide)
                : TCPState(source: upperSide, destination: lowerSide),
            forward: isLowerSource ? lower : upper,
            backward: isLowerSource ? upper : lower
        )
        report.handshakeToDestination = connection.pointee.answerTime.take()
        report.handshakeToSource = connection.pointee.confirmTime.take()
        observation.tcp = report
        observation.exchanges = takeExchanges(of: connection)
        let application = connection.pointee.application
        guard application != 0 else { return }
        if FlowMeter.isDNS(store.hot(flow).pointee.key) {
            observation.dns = takeDNS(application, at: observation.end.nanoseconds, isLast: reason.isLast)
        } else {
            observation.http = takeHTTP(of: connection, isLast: reason.isLast)
        }
    }
}

extension TCPCounts {
    fileprivate init(_ counts: TCPConnection.Counts, _ carriedPayload: UInt64) {
        self.init()
        payloadBytes = UInt64(counts.payload) &+ carriedPayload
        retransmitted = counts.retransmitted
        outOfOrder = counts.outOfOrder
        lost = counts.lost
        zeroWindows = UInt32(counts.zeroWindows)
        resets = UInt32(counts.resets)
    }
}
