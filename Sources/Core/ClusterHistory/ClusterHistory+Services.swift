import ClusterModel
import FlowModel
import NetworkAddressing

extension ClusterHistory {
    mutating func change(_ service: Service, id: String, _ moment: Moment) {
        let index: Int
        var start = moment.time
        var evidence = moment.time
        if let known = services.index(of: id) {
            guard services.isNews(known, version: service.metadata.version) else { return }
            index = known
            if services[index].presence.renew(service.metadata.version) {
                liveCounts[.service, default: 0] += 1
            }
        } else {
            start = moment.beginning(of: service.metadata)
            // A service has its cluster address from its creation on.
            evidence = min(service.metadata.created ?? start, moment.time)
            index = services.append(
                ServiceRecord(
                    presence: Presence(version: service.metadata.version, from: start),
                    id: id,
                    namespace: service.metadata.namespace,
                    name: service.metadata.name
                )
            )
            liveCounts[.service, default: 0] += 1
        }
        services[index].facts.set(ServiceRecord.Facts(service), from: start)
        claim(index, service, evidence, moment)
        if selectsByLabels {
            selectable.update(service: index, namespace: service.metadata.namespace, service.selector)
        }
        reselect(service: index, from: start)
    }

    mutating func endService(_ index: Int, at time: Timestamp, wasDeleted: Bool) {
        guard services[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[.service, default: 0] -= 1
        let owner = OwnerKey(kind: .service, index: index)
        for address in services[index].clusterClaims + services[index].sharedClaims {
            addresses[address]?.close(owner, at: time, isCertain: wasDeleted)
        }
        for port in services[index].nodePortClaims {
            nodePorts[port]?.close(owner, at: time, isCertain: wasDeleted)
        }
        services[index].clusterClaims = []
        services[index].sharedClaims = []
        services[index].nodePortClaims = []
        let affected = selectable.pods(of: services[index].namespace)
        selectable.remove(service: index, namespace: services[index].namespace)
        for pod in affected { deselect(pod: pod, .selector(service: index), at: time) }
    }

    private mutating func claim(_ index: Int, _ service: Service, _ evidence: Timestamp, _ moment: Moment) {
        let owner = OwnerKey(kind: .service, index: index)
        let cluster = service.clusterAddresses
        let shared = (service.externalAddresses + service.balancerAddresses).filter { !cluster.contains($0) }
        let ports = service.ports.filter { $0.nodePort > 0 }
            .map { NodePort(transport: $0.transport, number: $0.nodePort) }
        let former = services[index]
        services[index].clusterClaims = cluster
        services[index].sharedClaims = shared
        services[index].nodePortClaims = ports
        let kept = cluster + shared
        for address in former.clusterClaims + former.sharedClaims where !kept.contains(address) {
            addresses[address]?.close(owner, at: moment.time, isCertain: !moment.isListing)
        }
        for port in former.nodePortClaims where !ports.contains(port) {
            nodePorts[port]?.close(owner, at: moment.time, isCertain: !moment.isListing)
        }
        // What another service has taken since is not taken back.
        for address in kept where !(former.clusterClaims + former.sharedClaims).contains(address) {
            let isExclusive = cluster.contains(address)
            reuses += addresses[address, default: OwnerTable()].open(
                owner,
                evidence: evidence,
                extension: 0,
                learntAt: moment.time,
                isCertain: !moment.isListing,
                isExclusive: isExclusive
            )
        }
        for port in ports where !former.nodePortClaims.contains(port) {
            _ = nodePorts[port, default: OwnerTable()].open(
                owner,
                evidence: evidence,
                extension: 0,
                learntAt: moment.time,
                isCertain: !moment.isListing
            )
        }
    }

    mutating func change(_ node: Node, id: String, _ moment: Moment) {
        let index: Int
        var start = moment.time
        let name = node.metadata.name
        if let known = nodes.index(of: id) {
            guard nodes.isNews(known, version: node.metadata.version) else { return }
            index = known
            if nodes[index].presence.renew(node.metadata.version) { liveCounts[.node, default: 0] += 1 }
        } else {
            start = moment.beginning(of: node.metadata)
            let presence = Presence(version: node.metadata.version, from: start)
            index = nodes.append(NodeRecord(presence: presence, id: id, name: name))
            liveCounts[.node, default: 0] += 1
        }
        let identity = Identity(
            kind: .node,
            name: name,
            uid: node.metadata.uid,
            node: name,
            zone: node.zone,
            labels: [Identity.Label](node.metadata.labels),
            addresses: node.addresses
        )
        if nodes[index].identities.last != identity { nodes[index].identities.set(identity, from: start) }
        if zones[name]?.last != node.zone {
            let isFirst = zones[name] == nil
            zones[name, default: Timeline()].set(node.zone, from: start)
            for pod in podsByNode[name] ?? [] { rebuildIdentities(of: pod, from: isFirst ? .distantPast : start) }
        }
        claim(index, node, start, moment)
    }

    private mutating func claim(_ index: Int, _ node: Node, _ start: Timestamp, _ moment: Moment) {
        let owner = OwnerKey(kind: .node, index: index)
        for address in nodes[index].claims where !node.addresses.contains(address) {
            addresses[address]?.close(owner, at: moment.time, isCertain: !moment.isListing)
        }
        for block in nodes[index].blockClaims where !node.podBlocks.contains(block) {
            blocks[block]?.close(owner, at: moment.time, isCertain: !moment.isListing)
        }
        for address in node.addresses where !nodes[index].claims.contains(address) {
            reuses += addresses[address, default: OwnerTable()].open(
                owner,
                evidence: start,
                extension: configuration.backwardExtension,
                learntAt: moment.time,
                isCertain: !moment.isListing
            )
        }
        for block in node.podBlocks where !nodes[index].blockClaims.contains(block) {
            let family = block.address.family
            if blockLengths[family]?.contains(block.length) != true {
                blockLengths[family, default: []].append(block.length)
                blockLengths[family]?.sort(by: >)
            }
            _ = blocks[block, default: OwnerTable()].open(
                owner,
                evidence: start,
                extension: 0,
                learntAt: moment.time,
                isCertain: !moment.isListing
            )
        }
        nodes[index].claims = node.addresses
        nodes[index].blockClaims = node.podBlocks
    }

    mutating func endNode(_ index: Int, at time: Timestamp, wasDeleted: Bool) {
        guard nodes[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[.node, default: 0] -= 1
        let owner = OwnerKey(kind: .node, index: index)
        for address in nodes[index].claims { addresses[address]?.close(owner, at: time, isCertain: wasDeleted) }
        for block in nodes[index].blockClaims { blocks[block]?.close(owner, at: time, isCertain: wasDeleted) }
        nodes[index].claims = []
        nodes[index].blockClaims = []
    }
}

extension ServiceRecord.Facts {
    init(_ service: Service) {
        identity = Identity(
            kind: .service,
            namespace: service.metadata.namespace,
            name: service.metadata.name,
            uid: service.metadata.uid,
            services: [service.metadata.name],
            labels: [Identity.Label](service.metadata.labels),
            addresses: service.clusterAddresses
        )
        ports = service.ports
        selector = service.selector
    }
}
