import ClusterModel
import FlowModel
import NetworkAddressing

extension ClusterHistory {
    mutating func change(_ pod: Pod, id: String, _ moment: Moment) {
        let facts = PodFacts(pod)
        let index: Int
        var hasReturned = false
        var start = moment.time
        if let known = pods.index(of: id) {
            guard pods.isNews(known, version: pod.metadata.version) else {
                confirm(known, pod, moment)
                return
            }
            index = known
            hasReturned = pods[index].presence.renew(pod.metadata.version)
            if hasReturned { liveCounts[.pod, default: 0] += 1 }
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
            podIdentities.append(Timeline())
            liveCounts[.pod, default: 0] += 1
            podsByName[pod.metadata.name, default: []].append(index)
        }
        claim(index, pod, moment)
        let former = pods[index].facts.last
        guard former != facts || hasReturned else { return }
        if former != facts { pods[index].facts.set(facts, from: start) }
        register(index, facts, hasReturned ? nil : former)
        if selectsByLabels { selectable.update(pod: index, namespace: pod.metadata.namespace, facts.labels) }
        reselect(pod: index, from: start)
        rebuildIdentities(of: index, from: start)
    }

    /// Notes that a pod lives on as it was last known.
    private mutating func confirm(_ index: Int, _ pod: Pod, _ moment: Moment) {
        let presence = pods[index].presence
        guard presence.isLive, presence.version == pod.metadata.version else { return }
        noteLife(of: index, pod, moment)
    }

    private mutating func noteLife(of index: Int, _ pod: Pod, _ moment: Moment) {
        guard !pod.phase.isTerminal else { return }
        // The time of deletion is when the grace will be over.
        let asked = pod.metadata.deletionAsked.map {
            $0.advanced(by: -min(max(0, pod.metadata.deletionGrace), 1 << 30) * 1_000_000_000)
        }
        // A list says what is; an event may have waited in a watch that stood still, and tells only of its own times.
        let told = [pod.sandboxReady, pod.containerStarts.last].compactMap(\.self).max() ?? .distantPast
        let seen = moment.isListing ? moment.time : min(told, moment.time)
        pods[index].lastAlive = max(pods[index].lastAlive, min(seen, asked ?? seen))
    }

    /// Ends a pod's time and that of all it had; `missedAt` is when one that was not seen to end was found missing.
    mutating func endPod(
        _ index: Int,
        _ pod: Pod?,
        at time: Timestamp,
        wasDeleted: Bool,
        missedAt: Timestamp? = nil
    ) {
        guard pods[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[.pod, default: 0] -= 1
        // Deleted by force, it ceases to be an object before it ceases to run.
        let isForced = pod.map { $0.metadata.deletionAsked == nil || $0.metadata.deletionGrace == 0 } ?? false
        let closing = OwnerClosing(
            at: time,
            possibleUntil: missedAt ?? (isForced ? time.advanced(by: configuration.finishTolerance) : time),
            lastSure: pods[index].lastAlive,
            isCertain: wasDeleted
        )
        release(index, keeping: [], host: [], closing)
        pods[index].claims = []
        pods[index].hostClaims = []
        register(index, nil, pods[index].facts.last)
        selectable.remove(pod: index, namespace: pods[index].namespace)
    }

    /// Opens and closes the times of addresses by what a pod says it has now.
    private mutating func claim(_ index: Int, _ pod: Pod, _ moment: Moment) {
        // A terminal pod still lists its address, but had it only until it ended.
        let isOver = pod.phase.isTerminal
        let finish = isOver ? finish(of: pod, index, moment) : nil
        var claims = pod.usesHostNetwork ? [] : pod.addresses
        var hostClaims = hostAddresses(of: pod)
        let unknownEnd = OwnerClosing(at: moment.time, lastSure: pods[index].lastAlive, isCertain: !moment.isListing)
        if let finish {
            // An address that it no longer names went before it ended.
            release(index, keeping: claims, host: hostClaims, unknownEnd)
            release(index, keeping: [], host: [], finish)
            pods[index].claims = []
            pods[index].hostClaims = []
            // One that was over before its address was told had it all the same.
            let told = pods[index].facts.values.flatMap(\.addresses)
            claims.removeAll(where: told.contains)
            if !told.isEmpty { hostClaims = [] }
        }
        if let ready = pod.sandboxReady, let former = pods[index].sandboxReady, ready > former {
            // A new sandbox may have the same address again, and another pod may have had it in between.
            release(index, keeping: [], host: [], closing(index, endedBy: ready, moment))
            pods[index].claims = []
            pods[index].hostClaims = []
        }
        if let ready = pod.sandboxReady { pods[index].sandboxReady = ready }
        let appeared = claims.filter { !pods[index].claims.contains($0) }
        let hostAppeared = hostClaims.filter { !pods[index].hostClaims.contains($0) }
        let start = start(of: pod, after: pods[index].latestStart, moment)
        let moved = closing(index, endedBy: start.evidence, moment)
        release(index, keeping: claims, host: hostClaims, appeared.isEmpty ? unknownEnd : moved)
        pods[index].claims = claims
        pods[index].hostClaims = hostClaims
        if !claims.isEmpty || !hostClaims.isEmpty { pods[index].latestStart = latestStart(of: pod, index) }
        noteLife(of: index, pod, moment)
        func opening(isExclusive: Bool) -> OwnerOpening {
            OwnerOpening(
                owner: OwnerKey(kind: .pod, index: index),
                evidence: start.evidence,
                sure: start.sure,
                backward: configuration.backwardExtension,
                end: finish?.time ?? .distantFuture,
                lastSure: finish?.lastSure ?? .distantPast,
                learntAt: moment.time,
                isCertain: !moment.isListing,
                isExclusive: isExclusive
            )
        }
        for address in appeared {
            reuses += addresses.update(OwnedKey(address)) { $0.open(opening(isExclusive: true)) }
        }
        for address in hostAppeared {
            _ = hostPods.update(OwnedKey(address)) { $0.open(opening(isExclusive: false)) }
        }
        if isOver {
            pods[index].claims = []
            pods[index].hostClaims = []
        }
    }

    /// The end of an address at the evidence of its pod's next one.
    private func closing(_ index: Int, endedBy evidence: Timestamp, _ moment: Moment) -> OwnerClosing {
        OwnerClosing(
            at: min(evidence, moment.time),
            possibleUntil: min(evidence.advanced(by: OwnerTable.evidenceResolution), moment.time),
            lastSure: pods[index].lastAlive,
            isCertain: !moment.isListing
        )
    }

    private mutating func release(
        _ index: Int,
        keeping claims: [IPAddress],
        host hostClaims: [IPAddress],
        _ closing: OwnerClosing
    ) {
        let owner = OwnerKey(kind: .pod, index: index)
        for address in pods[index].claims where !claims.contains(address) {
            addresses.update(OwnedKey(address)) { $0.close(owner, closing) }
        }
        for address in pods[index].hostClaims where !hostClaims.contains(address) {
            hostPods.update(OwnedKey(address)) { $0.close(owner, closing) }
        }
    }

    private func hostAddresses(of pod: Pod) -> [IPAddress] {
        guard pod.usesHostNetwork || pod.ports.contains(where: { $0.hostPort > 0 }) else { return [] }
        var found = pod.hostAddresses
        if pod.usesHostNetwork { for address in pod.addresses where !found.contains(address) { found.append(address) } }
        return found
    }

    /// The earliest proof in the object that it has its present addresses, and when it had them for sure.
    ///
    /// The sandbox has its address before the condition turns true, and containers start after that. Times of
    /// an earlier sandbox, which had another address, do not count: not those told of before, and of a pod that
    /// nobody followed only the starts of what runs now are sure to be of this one.
    private func start(
        of pod: Pod,
        after former: Timestamp?,
        _ moment: Moment
    ) -> (evidence: Timestamp, sure: Timestamp) {
        func isLater(_ time: Timestamp) -> Bool { former.map { time > $0 } ?? true }
        let ready = pod.sandboxReady.flatMap { isLater($0) ? $0 : nil }
        let running = pod.runningSince.flatMap { isLater($0) ? $0 : nil }
        let current = [ready, running].compactMap(\.self).min()
        let first = ready == nil ? pod.containerStarts.first(where: isLater) : nil
        // Manifests say what has always been.
        let always = moment.time == .distantPast ? moment.time : nil
        let sure = always ?? current?.advanced(by: OwnerTable.evidenceResolution) ?? moment.time
        let evidence = [first, current].compactMap(\.self).min() ?? moment.time
        return (min(evidence, moment.time), min(sure, moment.time))
    }

    private func latestStart(of pod: Pod, _ index: Int) -> Timestamp? {
        [pods[index].latestStart, pod.sandboxReady, pod.containerStarts.last].compactMap(\.self).max()
    }

    /// When a terminal pod lost its addresses: some time after its containers ended, and before that was learnt.
    ///
    /// Where its containers say nothing and it was not followed, it may have been any time after it was last seen.
    private func finish(of pod: Pod, _ index: Int, _ moment: Moment) -> OwnerClosing {
        let lastAlive = pods[index].lastAlive
        guard let finish = pod.lastFinish else {
            let seen = lastAlive == .distantPast ? start(of: pod, after: nil, moment).evidence : lastAlive
            let end = moment.isListing ? min(seen, moment.time) : moment.time
            return OwnerClosing(
                at: end,
                possibleUntil: moment.time,
                lastSure: min(seen, end),
                isCertain: !moment.isListing
            )
        }
        let end = finish.advanced(by: OwnerTable.evidenceResolution).advanced(by: configuration.finishTolerance)
        return OwnerClosing(
            at: min(moment.time, end),
            lastSure: min(moment.time, finish),
            isCertain: !moment.isListing
        )
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
