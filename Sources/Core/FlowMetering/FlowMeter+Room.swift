import FlowModel
import NetworkAddressing

extension FlowMeter {
    /// Reports and drops the idlest of a few flows, chosen by a hand that goes round.
    mutating func evict(_ reports: inout [Observation]) {
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
        index.remove(hash(of: flow), flow)
        drop(flow)
    }

    /// Lets go of a flow and of all that analysis knows of it; the index is the caller's.
    mutating func drop(_ flow: UInt32) {
        let cold = store.cold(flow).pointee
        if cold.analysis != 0 {
            let key = store.hot(flow).pointee.key
            if key.transport == .tcp {
                let connection = connections[cold.analysis]
                _ = takeExchanges(of: connection)
                dropApplication(of: connection, isDNS: FlowMeter.isDNS(key))
                connections.remove(cold.analysis)
            } else {
                dropDNS(cold.analysis)
            }
        }
        if cold.seen.has(.overflow) { overflows[flow] = nil }
        store.drop(flow)
    }

    /// Makes sure that another flow fits; returns whether flows were renumbered for it.
    ///
    /// Asked after each packet that may have dropped a flow, so that nothing depends on where batches end.
    mutating func makeRoom() -> Bool {
        guard store.gaps > flowsMax / 4 + 4096 else { return false }
        compact()
        return true
    }

    /// Closes the gaps that dropped flows left.
    mutating func compact() {
        var moved: [UInt32: Overflow] = [:]
        store.compact { [overflows] from, to in
            if let overflow = overflows[from] { moved[to] = overflow }
        }
        overflows = moved
        index.reset(expecting: store.live)
        evictionHand = 1
        for flow in 1..<store.end { index.insert(hash(of: flow), flow, analysis: store.cold(flow).pointee.analysis) }
    }

    private func hash(of flow: UInt32) -> UInt64 {
        var key = store.hot(flow).pointee.key
        key.tail &= HotFlow.keyBits
        return hash(of: key, tunnel: store.cold(flow).pointee.tunnel)
    }
}
