import ClusterModel
import FlowModel
import NetworkAddressing

/// One owner's time at one address, with the evidence it rests on.
package struct AddressInterval: Sendable {
    /// How an owner has an address.
    package enum Holding: String, Sendable, Hashable, CaseIterable {
        /// A pod has it in its own network namespace.
        case pod
        /// A service is called at it.
        case service
        /// A node has it.
        case node
        /// A pod shares its node's address, by host network or a host port.
        case hostPod = "host_pod"
        /// It is an endpoint of a service.
        case endpoint
    }

    /// The address.
    package let address: IPAddress
    /// How the owner has it.
    package let holding: Holding
    /// The owner as of the time asked for; as of its beginning where all its times are asked for.
    package let identity: Identity
    /// When its time begins.
    package let from: Timestamp
    /// When its time ends, exclusive; `distantFuture` while it goes on.
    package let until: Timestamp
    /// The earliest proof of its time; what lies before it is the allowance for the API's delay.
    package let evidence: Timestamp
    /// Whether the beginning was seen as it happened, not inferred from a list.
    package let fromCertain: Bool
    /// Whether the end was seen as it happened; an end that has not come is certain.
    package let untilCertain: Bool
}

extension OwnerIndex {
    /// Whether an exclusive owner of a key ended less than a second before a time, or begins within one after it.
    fileprivate func changesHands(_ key: OwnedKey, near time: Timestamp) -> Bool {
        let second = OwnerTable.evidenceResolution
        return withRows(of: key) { spans, bounds in
            for index in (0..<OwnerIndex.count(spans, startingUntil: time.advanced(by: second))).reversed() {
                let span = spans[index]
                if bounds[index].isExclusive, span.until > span.from,
                    span.until <= time && time.since(span.until) < second || span.from > time
                {
                    return true
                }
                // None before it reaches into its time.
                if span.isAlone, span.from <= time.advanced(by: -second) { return false }
            }
            return false
        }
    }
}

extension ClusterHistory {
    /// The interval in which the owner of a kind and UID had an address at a time; `nil` if it had not.
    ///
    /// A pod that shares its node's address is found as well; `withHandOver` says whether another owner of the address
    /// ended or began less than a second from the time.
    package func interval(
        of identity: Identity,
        at address: IPAddress,
        _ time: Timestamp
    ) -> (interval: AddressInterval, nearHandOver: Bool)? {
        interval(of: identity, in: addresses, address, isHost: false, time)
            ?? interval(of: identity, in: hostPods, address, isHost: true, time)
    }

    private func interval(
        of identity: Identity,
        in index: OwnerIndex,
        _ address: IPAddress,
        isHost: Bool,
        _ time: Timestamp
    ) -> (interval: AddressInterval, nearHandOver: Bool)? {
        let key = OwnedKey(address)
        let rows = index.rows(of: key, at: time)
        guard let found = rows.last(where: { self.key(of: $0.owner, is: identity) }) else { return nil }
        return (interval(found, identity, address, isHost: isHost), index.changesHands(key, near: time))
    }

    /// Everyone who has an address at a time, in the order in which they got it: the pods that share a node's
    /// address come last.
    package func holders(of address: IPAddress, at time: Timestamp) -> [AddressInterval] {
        rows(of: address) { $0.rows.filter { $0.from <= time && time < $0.until } }.compactMap { row, isHost in
            identity(of: row.owner, at: time).map { interval(row, $0, address, isHost: isHost) }
        }
    }

    /// Everyone who ever had an address, in the order in which they got it.
    package func intervals(of address: IPAddress) -> [AddressInterval] {
        rows(of: address) { $0.rows }
            .filter { $0.row.until > $0.row.from }
            .compactMap { row, isHost in
                identity(of: row.owner, at: row.bounds.evidence).map { interval(row, $0, address, isHost: isHost) }
            }
            .sorted { ($0.from, $0.identity.uid) < ($1.from, $1.identity.uid) }
    }

    /// Every interval of every address that pods of a name, or of a `namespace/name`, ever had.
    package func intervals(ofPodNamed text: String) -> [AddressInterval] {
        let (namespace, name) = ClusterHistory.split(text)
        let indices = (podsByName[name] ?? []).filter { namespace == nil || pods[$0].namespace == namespace }
        return intervals(of: indices.map { OwnerKey(kind: .pod, index: $0) }) { key in
            pods[key.index].facts.values.flatMap { $0.addresses } + hostPods.keys.compactMap(\.address)
        }
    }

    /// Every interval of every address that services of a name, or of a `namespace/name`, ever had, and of every
    /// endpoint they had.
    package func intervals(ofServiceNamed text: String) -> [AddressInterval] {
        let (namespace, name) = ClusterHistory.split(text)
        let indices = (0..<services.count).filter {
            services[$0].name == name && (namespace == nil || services[$0].namespace == namespace)
        }
        let wanted = Set(indices.map { OwnerKey(kind: .service, index: $0) })
        guard !wanted.isEmpty else { return [] }
        // A service's external addresses are in its claims only as long as it has them.
        let own = intervals(of: Array(wanted)) { _ in addresses.keys.compactMap(\.address) }
        let namespaces = Set(indices.map { services[$0].namespace }).sorted()
        return own + namespaces.flatMap { endpointIntervals("\($0)/\(name)") }
    }

    /// The endpoints of a service; those that only changed their conditions go on.
    private func endpointIntervals(_ service: String) -> [AddressInterval] {
        var found: [AddressInterval] = []
        guard let history = endpoints[service] else { return [] }
        let all = (history.closed + history.open).sorted { ($0.from, $0.slice) < ($1.from, $1.slice) }
        for endpoint in all where endpoint.until > endpoint.from {
            for address in endpoint.member.addresses {
                let pod = podIdentity(uid: endpoint.member.podUID, at: endpoint.from)
                let identity = pod ?? Identity(kind: .host, name: "\(address)")
                let former = found.lastIndex {
                    $0.address == address && $0.identity.uid == identity.uid && $0.until == endpoint.from
                }
                let interval = AddressInterval(
                    address: address,
                    holding: .endpoint,
                    identity: identity,
                    from: former.map { found[$0].from } ?? endpoint.from,
                    until: endpoint.until,
                    evidence: endpoint.from,
                    fromCertain: true,
                    untilCertain: true
                )
                if let former { found[former] = interval } else { found.append(interval) }
            }
        }
        return found.sorted { ($0.from, $0.address) < ($1.from, $1.address) }
    }

    /// Whether there ever was a service of a name, or of a `namespace/name`.
    package func knowsService(named text: String) -> Bool {
        let (namespace, name) = ClusterHistory.split(text)
        return (0..<services.count).contains {
            services[$0].name == name && (namespace == nil || services[$0].namespace == namespace)
        }
    }

    private static func split(_ text: String) -> (namespace: String?, name: String) {
        guard let slash = text.firstIndex(of: "/") else { return (nil, text) }
        return (String(text[..<slash]), String(text[text.index(after: slash)...]))
    }

    private func intervals(of owners: [OwnerKey], at addresses: (OwnerKey) -> [IPAddress]) -> [AddressInterval] {
        var found: [AddressInterval] = []
        for owner in owners {
            for address in Set(addresses(owner)) {
                for (row, isHost) in rows(of: address, { $0.rows }) where row.owner == owner && row.until > row.from {
                    guard let identity = identity(of: owner, at: row.bounds.evidence) else { continue }
                    found.append(interval(row, identity, address, isHost: isHost))
                }
            }
        }
        return found.sorted { ($0.from, $0.address, $0.identity.uid) < ($1.from, $1.address, $1.identity.uid) }
    }

    private func rows(of address: IPAddress, _ select: (OwnerTable) -> [OwnerRow]) -> [(row: OwnerRow, isHost: Bool)] {
        select(addresses.table(of: OwnedKey(address))).map { ($0, false) }
            + select(hostPods.table(of: OwnedKey(address))).map { ($0, true) }
    }

    private func interval(
        _ row: OwnerRow,
        _ identity: Identity,
        _ address: IPAddress,
        isHost: Bool
    ) -> AddressInterval {
        let holding: AddressInterval.Holding =
            switch row.owner.kind {
            case .pod: isHost ? .hostPod : .pod
            case .service: .service
            case .node: .node
            }
        return AddressInterval(
            address: address,
            holding: holding,
            identity: identity,
            from: row.from,
            until: row.until,
            evidence: row.bounds.evidence,
            fromCertain: row.fromCertain,
            untilCertain: row.untilCertain
        )
    }

    private func key(of owner: OwnerKey, is identity: Identity) -> Bool {
        switch owner.kind {
        case .pod:
            identity.kind == .pod && pods[owner.index].uid == identity.uid
                && pods[owner.index].name == identity.name
        case .service:
            identity.kind == .service && services[owner.index].name == identity.name
                && services[owner.index].namespace == identity.namespace
        case .node: identity.kind == .node && nodes[owner.index].name == identity.name
        }
    }
}
