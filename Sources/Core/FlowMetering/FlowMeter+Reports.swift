import FlowModel

extension FlowMeter {
    /// Sweeps at every boundary up to and including `target` at which something can be due.
    @inline(never)
    mutating func runTicks(through target: Int64, _ reports: inout [Observation]) {
        guard nextTick != .min else {
            nextTick = boundary(after: target)
            return
        }
        while nextTick <= target {
            let due = tick(at: nextTick, &reports)
            // Without packets nothing can be due before; a long silence costs no more than a short one.
            if due > target {
                nextTick = boundary(after: target)
            } else {
                nextTick = max(nextTick + period, boundary(after: due - 1))
            }
        }
    }

    /// The first multiple of the period after a time.
    private func boundary(after time: Int64) -> Int64 {
        let remainder = time % period
        return time - (remainder < 0 ? remainder + period : remainder) + period
    }

    /// Reports and drops what is due at a boundary; returns when a flow falls idle next.
    private mutating func tick(at now: Int64, _ reports: inout [Observation]) -> Int64 {
        var due = Int64.max
        let reportsAtBoundary = configuration.interval != nil
        for flow in 1..<store.end {
            let hot = store.hot(flow)
            if hot.pointee.isDead { continue }
            let last = hot.pointee.last
            let limit = hot.pointee.hasEnded ? endedLimit : idleLimit
            if last < now, now - last > limit {
                reportLast(flow, .idleTimeout, &reports)
                forget(flow)
                continue
            }
            if limit != .max { due = min(due, max(now, last + limit) + 1) }
            if reportsAtBoundary, hasTraffic(flow) {
                report(flow, hot.pointee.hasEnded ? .endOfFlow : .activeTimeout, &reports)
            }
        }
        if store.gaps > 1024, store.gaps > store.live { compact() }
        return due
    }

    /// Whether the open report has packets.
    @inline(__always)
    func hasTraffic(_ flow: UInt32) -> Bool {
        if store.hot(flow).pointee.packets != 0 { return true }
        let cold = store.cold(flow).pointee
        return cold.lower.packets | cold.upper.packets != 0
    }

    /// Makes the last report of a flow; none where its end was reported and nothing came since.
    mutating func reportLast(_ flow: UInt32, _ reason: FlowEndReason, _ reports: inout [Observation]) {
        if store.hot(flow).pointee.hasEnded {
            if hasTraffic(flow) { report(flow, .endOfFlow, &reports) }
        } else {
            report(flow, reason, &reports)
        }
    }

    /// Moves counters that are nearly full to the cold part.
    @inline(never)
    func spill(_ flow: UInt32) {
        let hot = store.hot(flow)
        let cold = store.cold(flow)
        cold.pointee.lower.packets &+= hot.pointee.packets & 0xffff_ffff
        cold.pointee.upper.packets &+= hot.pointee.packets >> 32
        cold.pointee.lower.bytes &+= hot.pointee.bytes & 0xffff_ffff
        cold.pointee.upper.bytes &+= hot.pointee.bytes >> 32
        hot.pointee.packets = 0
        hot.pointee.bytes = 0
    }

    /// Appends the open report of a flow and opens the next one.
    private func report(_ flow: UInt32, _ reason: FlowEndReason, _ reports: inout [Observation]) {
        let hadTraffic = hasTraffic(flow)
        spill(flow)
        let hot = store.hot(flow)
        let cold = store.cold(flow)
        cold.pointee.sequence &+= 1
        var key = hot.pointee.key
        key.tail &= HotFlow.keyBits
        let isLowerSource = cold.pointee.sourceSide == 0
        let source: UInt64 = isLowerSource ? 0 : 1
        let end = hot.pointee.last
        let observation = Observation(
            transport: key.transport,
            source: isLowerSource ? key.lower : key.upper,
            destination: isLowerSource ? key.upper : key.lower,
            evidence: cold.pointee.evidence,
            forward: isLowerSource ? cold.pointee.lower : cold.pointee.upper,
            backward: isLowerSource ? cold.pointee.upper : cold.pointee.lower,
            forwardFlags: hot.pointee.flags(side: source),
            backwardFlags: hot.pointee.flags(side: source ^ 1),
            flowStart: Timestamp(nanoseconds: cold.pointee.flowStart),
            start: Timestamp(nanoseconds: hadTraffic ? cold.pointee.start : end),
            end: Timestamp(nanoseconds: end),
            sequence: cold.pointee.sequence,
            endReason: reason
        )
        cold.pointee.lower = TrafficCount()
        cold.pointee.upper = TrafficCount()
        hot.pointee.key.tail &= HotFlow.keyBits | HotFlow.endedBit
        reports.append(observation)
    }
}
