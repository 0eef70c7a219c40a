import ClusterModel
import FlowModel
import NetworkAddressing

extension ClusterHistory {
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
        let closing = OwnerClosing(at: moment.time, isCertain: !moment.isListing)
        for address in nodes[index].claims where !node.addresses.contains(address) {
            addresses.update(OwnedKey(address)) { $0.close(owner, closing) }
        }
        for block in nodes[index].blockClaims where !node.podBlocks.contains(block) {
            blocks.update(OwnedKey(block)) { $0.close(owner, closing) }
        }
        var opening = OwnerOpening(
            owner: owner,
            evidence: start,
            sure: start,
            learntAt: moment.time,
            isCertain: !moment.isListing
        )
        for block in node.podBlocks where !nodes[index].blockClaims.contains(block) {
            open(block, opening)
        }
        opening.backward = configuration.backwardExtension
        for address in node.addresses where !nodes[index].claims.contains(address) {
            reuses += addresses.update(OwnedKey(address)) { $0.open(opening) }
        }
        nodes[index].claims = node.addresses
        nodes[index].blockClaims = node.podBlocks
    }

    mutating func endNode(_ index: Int, at time: Timestamp, wasDeleted: Bool) {
        guard nodes[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[.node, default: 0] -= 1
        let owner = OwnerKey(kind: .node, index: index)
        let closing = OwnerClosing(at: time, isCertain: wasDeleted)
        for address in nodes[index].claims { addresses.update(OwnedKey(address)) { $0.close(owner, closing) } }
        for block in nodes[index].blockClaims { blocks.update(OwnedKey(block)) { $0.close(owner, closing) } }
        nodes[index].claims = []
        nodes[index].blockClaims = []
    }

    /// Opens a block of addresses, which is found by its length from then on.
    mutating func open(_ block: IPPrefix, _ opening: OwnerOpening) {
        let family = block.address.family
        if blockLengths[family]?.contains(block.length) != true {
            blockLengths[family, default: []].append(block.length)
            blockLengths[family]?.sort(by: >)
        }
        _ = blocks.update(OwnedKey(block)) { $0.open(opening) }
    }

    mutating func change(_ object: ServiceCIDR, id: String, _ moment: Moment) {
        let index: Int
        let start: Timestamp
        if let known = serviceBlocks.index(of: id) {
            guard serviceBlocks.isNews(known, version: object.metadata.version) else { return }
            index = known
            start = moment.time
            if serviceBlocks[index].presence.renew(object.metadata.version) {
                liveCounts[.serviceCIDR, default: 0] += 1
            }
        } else {
            start = moment.beginning(of: object.metadata)
            let presence = Presence(version: object.metadata.version, from: start)
            index = serviceBlocks.append(ServiceBlocksRecord(presence: presence, id: id))
            liveCounts[.serviceCIDR, default: 0] += 1
        }
        let former = serviceBlocks[index].claims
        release(former.filter { !object.blocks.contains($0) }, of: index, at: moment.time, !moment.isListing)
        serviceBlocks[index].claims = object.blocks
        for block in object.blocks where !former.contains(block) {
            open(
                block,
                OwnerOpening(
                    owner: OwnerKey(kind: .service, index: index),
                    evidence: start,
                    sure: start,
                    learntAt: moment.time,
                    isCertain: !moment.isListing,
                    // Two objects may name one block.
                    isExclusive: false
                )
            )
        }
    }

    mutating func endServiceBlocks(_ index: Int, at time: Timestamp, wasDeleted: Bool) {
        guard serviceBlocks[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[.serviceCIDR, default: 0] -= 1
        release(serviceBlocks[index].claims, of: index, at: time, wasDeleted)
        serviceBlocks[index].claims = []
    }

    private mutating func release(_ claims: [IPPrefix], of index: Int, at time: Timestamp, _ isCertain: Bool) {
        for block in claims {
            blocks.update(OwnedKey(block)) {
                $0.close(OwnerKey(kind: .service, index: index), OwnerClosing(at: time, isCertain: isCertain))
            }
        }
    }
}
