import ClusterModel
import FlowModel
import NetworkAddressing

extension ClusterHistory {
    mutating func change(_ pod: Pod, id: String, _ moment: Moment) {
        let facts = PodFacts(pod)
        let index: Int
        var start = moment.time
        if let known = pods.index(of: id) {
            guard pods.isNews(known, version: pod.metadata.version) else { return }
            index = known
            if pods[index].presence.renew(pod.metadata.version) { liveCounts[.pod, default: 0] += 1 }
        } else {
            start = moment.beginning(of: pod.metadata)
            index = pods.append(
                PodRecord(
                    presence: Presence(
                        version: pod.metadata.version,
                        from: pod.metadata.created.map { min($0, moment.time) } ?? start
                    ),
                    id: id,
                    uid: pod.metadata.uid,
                    namespace: pod.metadata.namespace,
                    name: pod.metadata.name
                )
            )
            liveCounts[.pod, default: 0] += 1
            podsByName[pod.metadata.name, default: []].append(index)
        }
        claim(index, pod, moment)
        let former = pods[index].facts.last
        guard former != facts else { return }
        pods[index].facts.set(facts, from: start)
        register(index, facts, former)
        if selectsByLabels { selectable.update(pod: index, namespace: pod.metadata.namespace, facts.labels) }
        reselect(pod: index, from: start)
        rebuildIdentities(of: index, from: start)
    }

    /// Ends a pod's time and that of all it had.
    mutating func endPod(_ index: Int, at time: Timestamp, wasDeleted: Bool) {
        guard pods[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[.pod, default: 0] -= 1
        release(index, keeping: [], host: [], at: time, isCertain: wasDeleted)
        pods[index].claims = []
        pods[index].hostClaims = []
        register(index, nil, pods[index].facts.last)
        selectable.remove(pod: index, namespace: pods[index].namespace)
    }

    /// Opens and closes the times of addresses by what a pod says it has now.
    private mutating func claim(_ index: Int, _ pod: Pod, _ moment: Moment) {
        let isNew = pods[index].facts.last == nil
        // A terminal pod still lists its address, but had it only until it ended.
        let isOver = pod.phase.isTerminal
        if isOver, !isNew {
            let end = min(moment.time, finish(of: pod) ?? moment.time)
            release(index, keeping: [], host: [], at: end, isCertain: !moment.isListing)
            pods[index].claims = []
            pods[index].hostClaims = []
            return
        }
        let claims = pod.usesHostNetwork ? [] : pod.addresses
        let hostClaims = hostAddresses(of: pod)
        let appeared = claims.filter { !pods[index].claims.contains($0) }
        let hostAppeared = hostClaims.filter { !pods[index].hostClaims.contains($0) }
        let evidence = evidence(of: pod, after: pods[index].evidence, moment)
        release(index, keeping: claims, host: hostClaims, at: evidence, isCertain: !moment.isListing)
        pods[index].claims = claims
        pods[index].hostClaims = hostClaims
        if !appeared.isEmpty || !hostAppeared.isEmpty { pods[index].evidence = evidence }
        let end = isOver ? min(moment.time, finish(of: pod) ?? moment.time) : .distantFuture
        let owner = OwnerKey(kind: .pod, index: index)
        for address in appeared {
            reuses += addresses[address, default: OwnerTable()].open(
                owner,
                evidence: evidence,
                extension: configuration.backwardExtension,
                endingAt: end,
                learntAt: moment.time,
                isCertain: !moment.isListing
            )
        }
        for address in hostAppeared {
            _ = hostPods[address, default: OwnerTable()].open(
                owner,
                evidence: evidence,
                extension: configuration.backwardExtension,
                endingAt: end,
                learntAt: moment.time,
                isCertain: !moment.isListing,
                isExclusive: false
            )
        }
        if isOver {
            pods[index].claims = []
            pods[index].hostClaims = []
        }
    }

    private mutating func release(
        _ index: Int,
        keeping claims: [IPAddress],
        host hostClaims: [IPAddress],
        at time: Timestamp,
        isCertain: Bool
    ) {
        let owner = OwnerKey(kind: .pod, index: index)
        for address in pods[index].claims where !claims.contains(address) {
            addresses[address]?.close(owner, at: time, isCertain: isCertain)
        }
        for address in pods[index].hostClaims where !hostClaims.contains(address) {
            hostPods[address]?.close(owner, at: time, isCertain: isCertain)
        }
    }

    private func hostAddresses(of pod: Pod) -> [IPAddress] {
        guard pod.usesHostNetwork || pod.ports.contains(where: { $0.hostPort > 0 }) else { return [] }
        var found = pod.hostAddresses
        if pod.usesHostNetwork { for address in pod.addresses where !found.contains(address) { found.append(address) } }
        return found
    }

    /// The earliest proof in the object that it has its present addresses.
    ///
    /// The sandbox has its address before the condition turns true, and containers start after that. Times of
    /// an earlier sandbox, which had another address, do not count.
    private func evidence(of pod: Pod, after former: Timestamp?, _ moment: Moment) -> Timestamp {
        func isLater(_ time: Timestamp) -> Bool { former.map { time > $0 } ?? true }
        let ready = pod.sandboxReady.flatMap { isLater($0) ? $0 : nil }
        let start = ready ?? pod.containerStarts.first(where: isLater)
        return min(start ?? moment.time, moment.time)
    }

    private func finish(of pod: Pod) -> Timestamp? {
        pod.lastFinish?.advanced(by: OwnerTable.evidenceResolution)
            .advanced(by: configuration.finishTolerance)
    }

    /// Keeps the indexes from nodes and controllers to their live pods.
    private mutating func register(_ index: Int, _ facts: PodFacts?, _ former: PodFacts?) {
        if former?.node != facts?.node {
            if let node = former?.node, !node.isEmpty { podsByNode[node]?.remove(index) }
            if let node = facts?.node, !node.isEmpty { podsByNode[node, default: []].insert(index) }
        }
        if former?.controller != facts?.controller {
            if let owner = former?.controller { podsByController[owner.uid]?.remove(index) }
            // Only these can have an owner above them that counts.
            if let owner = facts?.controller, ["ReplicaSet", "Job"].contains(owner.kind) {
                podsByController[owner.uid, default: []].insert(index)
            }
        }
    }
}
