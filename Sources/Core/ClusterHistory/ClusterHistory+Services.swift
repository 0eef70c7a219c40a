import ClusterModel
import FlowModel
import NetworkAddressing

extension ClusterHistory {
    mutating func change(_ service: Service, id: String, _ moment: Moment) {
        let index: Int
        var hasReturned = false
        var start = moment.time
        var evidence = moment.time
        if let known = services.index(of: id) {
            guard services.isNews(known, version: service.metadata.version) else { return }
            index = known
            hasReturned = services[index].presence.renew(service.metadata.version)
            if hasReturned { liveCounts[.service, default: 0] += 1 }
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
        claim(index, service, evidence, moment)
        let facts = ServiceRecord.Facts(service)
        guard services[index].facts.last != facts || hasReturned else { return }
        if services[index].facts.last != facts { services[index].facts.set(facts, from: start) }
        if selectsByLabels {
            selectable.update(service: index, namespace: service.metadata.namespace, service.selector)
        }
        reselect(service: index, from: start)
    }

    mutating func endService(_ index: Int, at time: Timestamp, wasDeleted: Bool) {
        guard services[index].presence.end(at: time, wasDeleted: wasDeleted) else { return }
        liveCounts[.service, default: 0] -= 1
        let owner = OwnerKey(kind: .service, index: index)
        let closing = OwnerClosing(at: time, isCertain: wasDeleted)
        for address in services[index].clusterClaims + services[index].sharedClaims {
            addresses.update(OwnedKey(address)) { $0.close(owner, closing) }
        }
        for port in services[index].nodePortClaims { nodePorts.update(OwnedKey(port)) { $0.close(owner, closing) } }
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
        let closing = OwnerClosing(at: moment.time, isCertain: !moment.isListing)
        for address in former.clusterClaims + former.sharedClaims where !kept.contains(address) {
            addresses.update(OwnedKey(address)) { $0.close(owner, closing) }
        }
        for port in former.nodePortClaims where !ports.contains(port) {
            nodePorts.update(OwnedKey(port)) { $0.close(owner, closing) }
        }
        var opening = OwnerOpening(
            owner: owner,
            evidence: evidence,
            sure: evidence,
            learntAt: moment.time,
            isCertain: !moment.isListing
        )
        for port in ports where !former.nodePortClaims.contains(port) {
            _ = nodePorts.update(OwnedKey(port)) { $0.open(opening) }
        }
        // What another service has taken since is not taken back.
        for address in kept where !(former.clusterClaims + former.sharedClaims).contains(address) {
            opening.isExclusive = cluster.contains(address)
            reuses += addresses.update(OwnedKey(address)) { $0.open(opening) }
        }
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
        externalAddresses = service.externalAddresses
        balancerAddresses = service.balancerAddresses
        ports = service.ports
        selector = service.selector
    }
}
