import ClusterModel
import NetworkAddressing

/// What is new in an object, in a few words.
enum ChangeSummary {
    static func text(from former: ClusterObject?, to object: ClusterObject) -> String {
        var words: [String] = []
        switch (former, object) {
        case (.pod(let old)?, .pod(let new)): pod(old, new, &words)
        case (nil, .pod(let new)): pod(Pod(metadata: new.metadata), new, &words)
        case (.service(let old)?, .service(let new)): service(old, new, &words)
        case (nil, .service(let new)): service(Service(metadata: new.metadata), new, &words)
        case (.endpointSlice(let old)?, .endpointSlice(let new)): slice(old, new, &words)
        case (nil, .endpointSlice(let new)): slice(EndpointSlice(metadata: new.metadata), new, &words)
        case (.node(let old)?, .node(let new)): addresses(old.addresses, new.addresses, &words)
        case (nil, .node(let new)): addresses([], new.addresses, &words)
        default: break
        }
        if let former {
            let (old, new) = (former.metadata, object.metadata)
            if old.deletionAsked == nil, new.deletionAsked != nil { words.append("deletion asked") }
            if old.labels != new.labels { words.append("labels") }
            if old.controller != new.controller { words.append("controller") }
        }
        return words.joined(separator: ", ")
    }

    private static func pod(_ old: Pod, _ new: Pod, _ words: inout [String]) {
        if old.phase != new.phase { words.append("phase \(new.phase.rawValue)") }
        if old.node != new.node { words.append("node \(new.node)") }
        addresses(old.addresses, new.addresses, &words)
        if old.sandboxReady == nil, new.sandboxReady != nil { words.append("sandbox ready") }
        if !old.containerStarts.isEmpty, new.containerStarts.count > old.containerStarts.count {
            words.append("container started")
        }
    }

    private static func service(_ old: Service, _ new: Service, _ words: inout [String]) {
        if old.type != new.type { words.append("type \(new.type)") }
        addresses(
            old.clusterAddresses + old.externalAddresses + old.balancerAddresses,
            new.clusterAddresses + new.externalAddresses + new.balancerAddresses,
            &words
        )
        if old.ports != new.ports {
            words.append("ports " + new.ports.map { "\($0.number)/\($0.transport.name)" }.joined(separator: " "))
        }
        if old.selector != new.selector {
            let pairs = new.selector.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            words.append("selector " + (pairs.isEmpty ? "none" : pairs.joined(separator: " ")))
        }
    }

    private static func slice(_ old: EndpointSlice, _ new: EndpointSlice, _ words: inout [String]) {
        let (before, now) = (ready(old), ready(new))
        let added = now.filter { !before.contains($0) }
        let gone = before.filter { !now.contains($0) }
        if !added.isEmpty { words.append("ready " + added.joined(separator: " ")) }
        if !gone.isEmpty { words.append("not ready " + gone.joined(separator: " ")) }
    }

    private static func ready(_ slice: EndpointSlice) -> [String] {
        slice.members.filter(\.isReady).flatMap(\.addresses).map { "\($0)" }
    }

    private static func addresses(_ old: [IPAddress], _ new: [IPAddress], _ words: inout [String]) {
        let added = new.filter { !old.contains($0) }
        let gone = old.filter { !new.contains($0) }
        if !added.isEmpty { words.append("address " + added.map { "\($0)" }.joined(separator: " ")) }
        if !gone.isEmpty { words.append("no more " + gone.map { "\($0)" }.joined(separator: " ")) }
    }
}
