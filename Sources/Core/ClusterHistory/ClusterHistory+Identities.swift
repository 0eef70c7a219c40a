import ClusterModel
import FlowModel

extension ClusterHistory {
    /// Computes anew how a pod is named from a time on; equal neighbours become one instance.
    mutating func rebuildIdentities(of index: Int, from start: Timestamp) {
        let record = pods[index]
        guard let first = record.facts.starts.first, let firstFacts = record.facts.values.first else { return }
        var identities = podIdentities[index]
        identities.cut(from: start)
        let begin = identities.last == nil ? first : max(first, start)
        var points: Set<Timestamp> = [begin]
        func add(_ times: [Timestamp]) { for time in times where time > begin { points.insert(time) } }
        add(record.facts.starts)
        for membership in memberships[record.id] ?? [] { add([membership.from, membership.until]) }
        for facts in record.facts.values {
            if let zone = zones[facts.node] { add(zone.starts) }
            if let controller = facts.controller, let known = workloads.index(of: controller.uid) {
                add(workloads[known].controller.starts)
            }
        }
        points.remove(.distantFuture)
        for point in points.sorted() {
            let identity = identity(of: record, record.facts.value(at: point) ?? firstFacts, at: point)
            if identities.last != identity { identities.set(identity, from: point) }
        }
        podIdentities[index] = identities
    }

    private func identity(of record: PodRecord, _ facts: PodFacts, at time: Timestamp) -> Identity {
        var services: [String] = []
        for membership in memberships[record.id] ?? []
        where membership.from <= time && time < membership.until && !services.contains(membership.service) {
            services.append(membership.service)
        }
        return Identity(
            kind: .pod,
            namespace: record.namespace,
            name: record.name,
            uid: record.uid,
            node: facts.node,
            zone: zones[facts.node]?.value(at: time) ?? "",
            workload: workload(of: record, facts, at: time),
            services: services.sorted(),
            labels: facts.labels,
            addresses: facts.addresses
        )
    }

    /// The top of the owner chain, as far as it is known.
    private func workload(of record: PodRecord, _ facts: PodFacts, at time: Timestamp) -> Identity.Workload {
        // The owner of a static pod's mirror is its node.
        guard let controller = facts.controller, controller.kind != "Node" else {
            return Identity.Workload(kind: "Pod", name: record.name)
        }
        guard ["ReplicaSet", "Job"].contains(controller.kind) else {
            return Identity.Workload(kind: controller.kind, name: controller.name)
        }
        if let known = workloads.index(of: controller.uid) {
            let top = (workloads[known].controller.value(at: time) ?? nil) ?? controller
            return Identity.Workload(kind: top.kind, name: top.name)
        }
        // A ReplicaSet that nobody has seen names its Deployment, if the pod's label has the hash of its name.
        let hash = facts.labels.first { $0.key == "pod-template-hash" }?.value ?? ""
        if controller.kind == "ReplicaSet", !hash.isEmpty, controller.name.hasSuffix("-" + hash) {
            let name = String(controller.name.dropLast(hash.count + 1))
            if !name.isEmpty { return Identity.Workload(kind: "Deployment", name: name) }
        }
        return Identity.Workload(kind: controller.kind, name: controller.name)
    }

    mutating func change(_ workload: WorkloadObject, id: String, _ moment: Moment) {
        let controller = workload.metadata.controller
        if let index = workloads.index(of: id) {
            guard workloads.isNews(index, version: workload.metadata.version) else { return }
            if workloads[index].presence.renew(workload.metadata.version) {
                liveCounts[workload.kind, default: 0] += 1
            }
            guard let former = workloads[index].controller.last, former != controller else { return }
            workloads[index].controller.set(controller, from: moment.time)
            for pod in podsByController[id] ?? [] { rebuildIdentities(of: pod, from: moment.time) }
            return
        }
        let start = moment.beginning(of: workload.metadata)
        let index = workloads.append(
            WorkloadRecord(
                presence: Presence(version: workload.metadata.version, from: start),
                id: id,
                kind: workload.kind
            )
        )
        workloads[index].controller.set(controller, from: start)
        liveCounts[workload.kind, default: 0] += 1
        for pod in podsByController[id] ?? [] { rebuildIdentities(of: pod, from: .distantPast) }
    }

    mutating func endWorkload(_ index: Int, at time: Timestamp, wasDeleted: Bool) {
        guard workloads[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[workloads[index].kind, default: 0] -= 1
    }

    mutating func change(_ namespace: Namespace, id: String, _ moment: Moment) {
        if let index = namespaces.index(of: id) {
            guard namespaces.isNews(index, version: namespace.metadata.version) else { return }
            if namespaces[index].presence.renew(namespace.metadata.version) {
                liveCounts[.namespace, default: 0] += 1
            }
            return
        }
        let start = moment.beginning(of: namespace.metadata)
        let presence = Presence(version: namespace.metadata.version, from: start)
        _ = namespaces.append(NamespaceRecord(presence: presence, id: id))
        liveCounts[.namespace, default: 0] += 1
    }

    mutating func endNamespace(_ index: Int, at time: Timestamp, wasDeleted: Bool) {
        guard namespaces[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[.namespace, default: 0] -= 1
    }
}
