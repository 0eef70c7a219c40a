import ClusterModel
import FlowModel

extension ClusterHistory {
    mutating func change(_ slice: EndpointSlice, id: String, _ moment: Moment) {
        startUsingSlices()
        let index: Int
        let kind: ObjectKind = slice.isLegacy ? .endpoints : .endpointSlice
        var start = moment.isListing ? min(followedUntil[kind] ?? moment.time, moment.time) : moment.time
        if let known = slices.index(of: id) {
            guard slices.isNews(known, version: slice.metadata.version) else { return }
            index = known
            if slices[index].presence.renew(slice.metadata.version) { liveCounts[kind, default: 0] += 1 }
        } else {
            start = moment.beginning(of: slice.metadata)
            index = slices.append(
                SliceRecord(
                    presence: Presence(version: slice.metadata.version, from: start),
                    id: id,
                    namespace: slice.metadata.namespace,
                    isLegacy: slice.isLegacy,
                    service: slice.service
                )
            )
            liveCounts[kind, default: 0] += 1
        }
        if slices[index].service != slice.service {
            detach(index, at: moment.time)
            slices[index].service = slice.service
        }
        guard !slice.service.isEmpty else { return }
        let key = serviceKey(of: index)
        let others = endpoints[key]?.slices ?? []
        // What was known of Endpoints before slices keeps its time; from then on the slices say it better.
        if slice.isLegacy, others.contains(where: { !slices[$0].isLegacy }) { return }
        if !slice.isLegacy { for other in others.sorted() where slices[other].isLegacy { detach(other, at: start) } }
        endpoints[key, default: EndpointHistory()].slices.insert(index)
        update(index, slice.members, from: start)
    }

    mutating func endSlice(_ index: Int, at time: Timestamp, wasDeleted: Bool) {
        guard slices[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[slices[index].isLegacy ? .endpoints : .endpointSlice, default: 0] -= 1
        detach(index, at: time)
    }

    /// Ends all that a slice says of its service.
    private mutating func detach(_ index: Int, at time: Timestamp) {
        update(index, [], from: time)
        endpoints[serviceKey(of: index)]?.slices.remove(index)
    }

    private func serviceKey(of slice: Int) -> String { "\(slices[slice].namespace)/\(slices[slice].service)" }

    /// Replaces the members of a slice; what stays the same keeps its interval.
    private mutating func update(_ index: Int, _ members: [EndpointSlice.Member], from time: Timestamp) {
        let record = slices[index]
        guard record.members != members else { return }
        slices[index].members = members
        let key = serviceKey(of: index)
        let (removed, added) = Difference.between(record.members, members)
        var history = endpoints[key] ?? EndpointHistory()
        // Not held twice, so that it is changed in place.
        endpoints[key] = nil
        if !removed.isEmpty {
            let gone = Set(removed)
            for row in history.open where row.slice == index && gone.contains(row.member) {
                var ended = row
                ended.until = max(row.from, time)
                history.closed.append(ended)
            }
            history.open.removeAll { $0.slice == index && gone.contains($0.member) }
        }
        for member in added {
            history.open.append(ServiceEndpoint(member: member, from: time, until: .distantFuture, slice: index))
        }
        endpoints[key] = history
        // A pod whose conditions changed is in both.
        let (podsRemoved, podsAdded) = (Set(removed.map(\.podUID)), Set(added.map(\.podUID)))
        for pod in podsRemoved.subtracting(podsAdded).subtracting([""]).sorted()
        where !members.contains(where: { $0.podUID == pod }) {
            deselect(uid: pod, .slice(index), at: time)
        }
        for pod in podsAdded.subtracting(podsRemoved).subtracting([""]).sorted()
        where !record.members.contains(where: { $0.podUID == pod }) {
            select(uid: pod, service: record.service, .slice(index), from: time)
        }
    }

    // MARK: Memberships

    mutating func select(uid: String, service: String, _ source: Membership.Source, from time: Timestamp) {
        memberships[uid, default: []].append(Membership(source: source, service: service, from: time))
        if let pod = pods.index(of: uid) { rebuildIdentities(of: pod, from: time) }
    }

    mutating func deselect(uid: String, _ source: Membership.Source, at time: Timestamp) {
        guard let rows = memberships[uid],
            let row = rows.firstIndex(where: { $0.source == source && $0.until == .distantFuture })
        else { return }
        memberships[uid]?[row].until = max(rows[row].from, time)
        if let pod = pods.index(of: uid) { rebuildIdentities(of: pod, from: time) }
    }

    mutating func deselect(pod: Int, _ source: Membership.Source, at time: Timestamp) {
        deselect(uid: pods[pod].id, source, at: time)
    }

    // MARK: Selection by labels, while no slice has been seen

    var selectsByLabels: Bool { configuration.usesSelectors && selectable.isActive }

    private mutating func startUsingSlices() {
        guard selectable.isActive else { return }
        selectable = SelectorIndex()
        selectable.isActive = false
        for uid in memberships.keys {
            memberships[uid] = nil
            if let pod = pods.index(of: uid) { rebuildIdentities(of: pod, from: .distantPast) }
        }
    }

    mutating func reselect(pod: Int, from time: Timestamp) {
        guard selectsByLabels else { return }
        for service in selectable.services(of: pods[pod].namespace) { match(service: service, pod: pod, from: time) }
    }

    mutating func reselect(service: Int, from time: Timestamp) {
        guard selectsByLabels else { return }
        for pod in selectable.pods(of: services[service].namespace) { match(service: service, pod: pod, from: time) }
    }

    private mutating func match(service: Int, pod: Int, from time: Timestamp) {
        let source = Membership.Source.selector(service: service)
        let uid = pods[pod].id
        let isSelected = memberships[uid]?.contains { $0.source == source && $0.until == .distantFuture } ?? false
        let matches = selectable.matches(service: service, pod: pod)
        if matches, !isSelected {
            select(uid: uid, service: services[service].name, source, from: time)
        } else if !matches, isSelected {
            deselect(uid: uid, source, at: time)
        }
    }
}

/// The live pods and services with selectors of each namespace, kept only while selection is by labels.
struct SelectorIndex: Sendable {
    var isActive = true
    private var labels: [String: [Int: [String: String]]] = [:]
    private var selectors: [String: [Int: [String: String]]] = [:]
    private var namespaceOfPod: [Int: String] = [:]

    func pods(of namespace: String) -> [Int] { labels[namespace].map { Array($0.keys) } ?? [] }

    func services(of namespace: String) -> [Int] { selectors[namespace].map { Array($0.keys) } ?? [] }

    mutating func update(pod: Int, namespace: String, _ list: [Identity.Label]) {
        namespaceOfPod[pod] = namespace
        labels[namespace, default: [:]][pod] = Dictionary(list.map { ($0.key, $0.value) }) { $1 }
    }

    mutating func remove(pod: Int, namespace: String) {
        namespaceOfPod[pod] = nil
        labels[namespace]?[pod] = nil
    }

    mutating func update(service: Int, namespace: String, _ selector: [String: String]) {
        selectors[namespace, default: [:]][service] = selector
    }

    mutating func remove(service: Int, namespace: String) { selectors[namespace]?[service] = nil }

    /// Whether the selector is not empty and the pod has all of its labels.
    func matches(service: Int, pod: Int) -> Bool {
        guard let namespace = namespaceOfPod[pod], let selector = selectors[namespace]?[service],
            let labels = labels[namespace]?[pod]
        else { return false }
        return !selector.isEmpty && selector.allSatisfy { labels[$0.key] == $0.value }
    }
}

/// What two lists of endpoints do not have in common, found quickly where they are nearly the same.
private enum Difference {
    typealias Members = [EndpointSlice.Member]

    static func between(_ former: Members, _ now: Members) -> (removed: Members, added: Members) {
        var start = 0
        let shorter = min(former.count, now.count)
        while start < shorter, former[start] == now[start] { start += 1 }
        var end = 0
        while end < shorter - start, former[former.count - 1 - end] == now[now.count - 1 - end] { end += 1 }
        let before = Set(former[start..<former.count - end])
        let after = Set(now[start..<now.count - end])
        // What is the same at another place, or twice, is neither.
        func missing(_ members: ArraySlice<EndpointSlice.Member>, _ found: Set<EndpointSlice.Member>, in all: Members)
            -> Members
        {
            let missing = members.filter { !found.contains($0) }
            guard !missing.isEmpty else { return [] }
            let common = all[..<start] + all[(all.count - end)...]
            guard missing.count > 16 else { return missing.filter { !common.contains($0) } }
            let elsewhere = Set(common)
            return missing.filter { !elsewhere.contains($0) }
        }
        return (
            missing(former[start..<former.count - end], after, in: now),
            missing(now[start..<now.count - end], before, in: former)
        )
    }
}
