import ClusterModel
import FlowModel
import NetworkAddressing

extension ClusterHistory {
    // MARK: Addresses

    /// Everyone who had an address at a time, in the order in which they got it; several when nothing tells them
    /// apart, and none of them is a pod that shares the address with its node.
    package func owners(of address: IPAddress, at time: Timestamp) -> [AddressOwner] {
        (addresses[address]?.rows(at: time) ?? []).compactMap { owner($0, at: time) }
    }

    /// Who had an address last before a time and had it no more; its identity as of its end.
    package func lastOwner(before time: Timestamp, of address: IPAddress) -> AddressOwner? {
        addresses[address]?.lastRow(endedBy: time).flatMap { owner($0, at: $0.until.advanced(by: -1)) }
    }

    /// Who got an address next after a time; its identity as of its beginning.
    package func nextOwner(after time: Timestamp, of address: IPAddress) -> AddressOwner? {
        addresses[address]?.firstRow(after: time).flatMap { owner($0, at: $0.from) }
    }

    private func owner(_ row: OwnerRow, at time: Timestamp) -> AddressOwner? {
        identity(of: row.owner, at: time).map {
            AddressOwner(
                kind: row.owner.kind,
                identity: $0,
                from: row.from,
                until: row.until,
                fromCertain: row.fromCertain,
                untilCertain: row.untilCertain
            )
        }
    }

    func identity(of owner: OwnerKey, at time: Timestamp) -> Identity? {
        switch owner.kind {
        case .pod: pods[owner.index].identities.value(at: time)
        case .service: services[owner.index].facts.value(at: time)?.identity
        case .node: nodes[owner.index].identities.value(at: time)
        }
    }

    /// The pods that share a node's address and answer at a port of it: by host network and a declared port, or
    /// by a host port.
    package func hostNetworkPods(
        at address: IPAddress,
        port: UInt16,
        transport: TransportProtocol,
        at time: Timestamp
    ) -> [Identity] {
        (hostPods[address]?.rows(at: time) ?? []).compactMap { row in
            let record = pods[row.owner.index]
            guard let facts = record.facts.value(at: time) else { return nil }
            let answers = facts.ports.contains {
                $0.transport == transport && port > 0
                    && ($0.hostPort == port || facts.usesHostNetwork && $0.number == port)
            }
            return answers ? record.identities.value(at: time) : nil
        }
    }

    /// The node block that contains an address, as a network named by the block with the node it belongs to.
    package func network(containing address: IPAddress, at time: Timestamp) -> Identity? {
        for length in blockLengths[address.family] ?? [] {
            guard let block = IPPrefix(address, length: length), let row = blocks[block]?.rows(at: time).last
            else { continue }
            let node = nodes[row.owner.index]
            return Identity(
                kind: .network,
                name: "\(block)",
                node: node.name,
                zone: node.identities.value(at: time)?.zone ?? ""
            )
        }
        return nil
    }

    // MARK: Services

    /// The service that is called at a cluster, external or load balancer address and port; for protocols
    /// without ports, the one that has the address.
    package func service(
        at address: IPAddress,
        port: UInt16,
        transport: TransportProtocol,
        at time: Timestamp
    ) -> Identity? {
        for row in addresses[address]?.rows(at: time) ?? [] where row.owner.kind == .service {
            guard let facts = services[row.owner.index].facts.value(at: time) else { continue }
            if !transport.hasPorts || facts.ports.contains(where: { $0.number == port && $0.transport == transport }) {
                return facts.identity
            }
        }
        return nil
    }

    /// The service that is called at a port of every node.
    package func nodePortService(port: UInt16, transport: TransportProtocol, at time: Timestamp) -> Identity? {
        nodePorts[NodePort(transport: transport, number: port)]?.rows(at: time).last.flatMap {
            services[$0.owner.index].facts.value(at: time)?.identity
        }
    }

    /// The services that selected a pod at a time, by name.
    package func services(selecting podUID: String, at time: Timestamp) -> [(namespace: String, name: String)] {
        guard let pod = pods.index(of: podUID) else { return [] }
        let rows = (memberships[podUID] ?? []).filter { $0.from <= time && time < $0.until }
        return Set(rows.map(\.service)).sorted().map { (namespace: pods[pod].namespace, name: $0) }
    }

    /// The endpoints of a service at a time, each with the interval of its state.
    package func endpointsOf(
        serviceNamespace namespace: String,
        name: String,
        at time: Timestamp
    ) -> [ServiceEndpoint] {
        (endpoints["\(namespace)/\(name)"] ?? []).filter { $0.from <= time && time < $0.until }
    }

    // MARK: Pods

    /// The pod of a name, or of a `namespace/name`, that existed at a time; `nil` when there was none or several.
    ///
    /// Up to five seconds after its end a pod is still found, if no other has its name by then.
    package func pod(named text: some StringProtocol, at time: Timestamp) -> Identity? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let namespace = parts.count == 2 ? String(parts[0]) : nil
        guard let name = parts.last, let indices = podsByName[String(name)] else { return nil }
        let named = indices.filter { namespace == nil || pods[$0].namespace == namespace }
        for tolerance: Int64 in [0, 5_000_000_000] {
            let living = named.filter {
                let presence = pods[$0].presence
                return presence.from <= time && time < presence.until.advanced(by: tolerance)
            }
            if let first = living.first {
                return living.count == 1 ? pods[first].identities.value(at: time) : nil
            }
        }
        return nil
    }

    /// Whether there ever was a pod of a name, or of a `namespace/name`.
    package func knowsPod(named text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.last, let indices = podsByName[String(name)] else { return false }
        return parts.count < 2 || indices.contains { pods[$0].namespace == parts[0] }
    }

    /// A pod as of a time; `nil` for a UID that was never seen.
    package func podIdentity(uid: String, at time: Timestamp) -> Identity? {
        pods.index(of: uid).flatMap { pods[$0].identities.value(at: time) }
    }

    /// All addresses a pod ever said it had, in the order in which it got them.
    package func podAddresses(uid: String) -> [IPAddress] {
        guard let index = pods.index(of: uid) else { return [] }
        var found: [IPAddress] = []
        for facts in pods[index].facts.values {
            for address in facts.addresses where !found.contains(address) { found.append(address) }
        }
        return found
    }
}
