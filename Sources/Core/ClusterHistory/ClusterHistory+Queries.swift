import ClusterModel
import FlowModel
import NetworkAddressing

extension ClusterHistory {
    // MARK: Addresses

    /// Everyone who had an address at a time, in the order in which they got it; several when nothing tells them
    /// apart, and none of them is a pod that shares the address with its node.
    package func owners(of address: IPAddress, at time: Timestamp) -> [AddressOwner] {
        addresses.rows(of: OwnedKey(address), at: time).compactMap { owner($0, at: time) }
    }

    /// Who had an address at a time, if it was exactly one; the same as `owners(of:at:)` at less cost.
    package func soleOwner(of address: IPAddress, at time: Timestamp) -> AddressOwner? {
        switch addresses.sole(OwnedKey(address), at: time) {
        case .none: return nil
        case .one(let span): return owner(span, at: time)
        case .several:
            let owners = owners(of: address, at: time)
            return owners.count == 1 ? owners[0] : nil
        }
    }

    /// The number, among those of its kind, of who had an address at a time; `nil` for nobody and for several.
    ///
    /// All that an index without names can say, and as cheap.
    package func ownerNumber(of address: IPAddress, at time: Timestamp) -> Int? {
        guard case .one(let span) = addresses.sole(OwnedKey(address), at: time) else { return nil }
        return Int(span.index)
    }

    /// Who had an address last before a time and had it no more; its identity as of its end.
    package func lastOwner(before time: Timestamp, of address: IPAddress) -> AddressOwner? {
        addresses.table(of: OwnedKey(address)).lastRow(endedBy: time)
            .flatMap { owner($0, at: $0.until.advanced(by: -1)) }
    }

    /// Who got an address next after a time; its identity as of its beginning.
    package func nextOwner(after time: Timestamp, of address: IPAddress) -> AddressOwner? {
        addresses.table(of: OwnedKey(address)).firstRow(after: time).flatMap { owner($0, at: $0.from) }
    }

    private func owner(_ span: OwnerIndex.Span, at time: Timestamp) -> AddressOwner? {
        let identity =
            span.kind == .pod
            ? podIdentity(Int(span.index), at: time)
            : identity(of: OwnerKey(kind: span.kind, index: Int(span.index)), at: time)
        return identity.map {
            AddressOwner(
                kind: span.kind,
                identity: $0,
                from: span.from,
                until: span.until,
                fromCertain: span.isCertainFrom,
                untilCertain: span.isCertainUntil
            )
        }
    }

    func owner(_ row: OwnerRow, at time: Timestamp) -> AddressOwner? {
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

    @inline(__always)
    func podIdentity(_ number: Int, at time: Timestamp) -> Identity? {
        podIdentities.read(number) { $0.value(at: time) }
    }

    func identity(of owner: OwnerKey, at time: Timestamp) -> Identity? {
        switch owner.kind {
        case .pod: podIdentity(owner.index, at: time)
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
        hostPods.rows(of: OwnedKey(address), at: time).compactMap { row in
            answers(row.owner.index, port, transport, at: time) ? identity(of: row.owner, at: time) : nil
        }
    }

    /// Whether a pod that shares a node's address answers at a port of it.
    func answers(_ pod: Int, _ port: UInt16, _ transport: TransportProtocol, at time: Timestamp) -> Bool {
        guard port > 0, let facts = pods[pod].facts.value(at: time) else { return false }
        return facts.ports.contains {
            $0.transport == transport
                && ($0.hostPort == port || facts.usesHostNetwork && $0.number == port)
        }
    }

    /// The smallest known block that contains an address, as a network named by the block: a node's pods, with
    /// that node; services'; or one that the configuration names.
    package func network(containing address: IPAddress, at time: Timestamp) -> Identity? {
        for length in blockLengths[address.family] ?? [] {
            guard let block = IPPrefix(address, length: length),
                let row = blocks.rows(of: OwnedKey(block), at: time).last
            else { continue }
            guard row.owner.kind == .node else { return Identity(kind: .network, name: "\(block)") }
            let node = nodes[row.owner.index]
            return Identity(
                kind: .network,
                name: "\(block)",
                node: node.name,
                zone: node.identities.value(at: time)?.zone ?? ""
            )
        }
        let known = configuration.blocks.filter { $0.contains(address) }.max { $0.length < $1.length }
        return known.map { Identity(kind: .network, name: "\($0)") }
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
        for row in addresses.rows(of: OwnedKey(address), at: time) where row.owner.kind == .service {
            if serves(row.owner.index, port, transport, at: time) { return identity(of: row.owner, at: time) }
        }
        return nil
    }

    func serves(_ service: Int, _ port: UInt16, _ transport: TransportProtocol, at time: Timestamp) -> Bool {
        guard let facts = services[service].facts.value(at: time) else { return false }
        return !transport.hasPorts
            || facts.ports.contains { $0.number == port && $0.transport == transport }
    }

    /// The service that is called at a port of every node.
    package func nodePortService(port: UInt16, transport: TransportProtocol, at time: Timestamp) -> Identity? {
        nodePorts.rows(of: OwnedKey(NodePort(transport: transport, number: port)), at: time).last.flatMap {
            identity(of: $0.owner, at: time)
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
        guard let history = endpoints["\(namespace)/\(name)"] else { return [] }
        return (history.closed + history.open).filter { $0.from <= time && time < $0.until }
            .sorted { ($0.from, $0.slice) < ($1.from, $1.slice) }
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
                return living.count == 1 ? podIdentity(first, at: time) : nil
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
        pods.index(of: uid).flatMap { podIdentity($0, at: time) }
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
