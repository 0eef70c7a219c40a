import ClusterHistory
import FlowModel
import NetworkAddressing

/// Gives each end of an observation its identity as of the observation's own time.
///
/// A value made of immutable facts: attributing the same observation again gives the same answer. The evidence
/// is asked for in the order of `Basis`; where it does not settle the matter the answer says so, never guesses.
package struct Attributor: Sendable {
    /// Who owned which address when.
    package var history: ClusterHistory
    /// What network address translation did.
    package var translations: TranslationTable
    /// Machines known without Kubernetes, such as the one we run on.
    package var hosts: [IPAddress: Identity]
    /// What names clients were told about addresses.
    package var answers = DNSAnswers()

    /// An attributor over the given facts.
    package init(
        history: ClusterHistory,
        translations: TranslationTable = TranslationTable(),
        hosts: [IPAddress: Identity] = [:]
    ) {
        self.history = history
        self.translations = translations
        self.hosts = hosts
    }

    /// The observation with both ends attributed, turned round where there is stronger evidence of its direction.
    package func attribute(_ observation: Observation, at point: ObservationPoint) -> AttributedFlow {
        let seen = TimeWindow(observation)
        let matches = translations.matches(
            observation.transport,
            from: observation.source,
            to: observation.destination,
            between: seen.start,
            and: seen.end
        )
        let window = TimeWindow(observation, opened: matches.first?.translation.from)
        let observation = directed(observation, matches.first, window)
        // Turning the observation round turns its matches round with it.
        let ends = Ends(observation, matches.map(\.translation))
        let own = ownPod(of: point, window)
        let isPod = { (address: IPAddress) in own?.addresses.contains(address) == true }
        let isHost = { (address: IPAddress) in point.addresses.contains(address) }
        let sourceIsOwn = isPod(observation.source.address)
        let destinationIsOwn = isPod(observation.destination.address)

        var source = attribute(ends.sources, observation, window, own: sourceIsOwn ? own : nil)
        var destination = attribute(ends.destinations, observation, window, own: destinationIsOwn ? own : nil)
        source.original = ends.originalSource
        destination.original = ends.originalDestination
        destination.service = calledService(ends.called, observation.transport, window)
        name(&destination, for: source.endpoint.address, at: observation.flowStart)

        let side: ObservedSide
        if sourceIsOwn || !destinationIsOwn && isHost(observation.source.address) {
            side = .source
        } else if destinationIsOwn || isHost(observation.destination.address) {
            side = .destination
        } else {
            side = .between
        }
        return AttributedFlow(
            observation: observation,
            point: point,
            side: side,
            source: source,
            destination: destination
        )
    }
}

/// When an observation's ends are to be asked for.
struct TimeWindow {
    let start: Timestamp
    let end: Timestamp

    /// A TCP connection belongs to those who opened it, however long it is held; all else to its own report's time.
    ///
    /// `opened` is when the kernel first tracked the connection, which may be long before the first packet seen here.
    init(_ observation: Observation, opened: Timestamp? = nil) {
        guard observation.transport == .tcp else {
            start = observation.start
            end = observation.end
            return
        }
        let opened = opened.flatMap { $0 == .distantPast ? nil : $0 } ?? observation.flowStart
        start = min(observation.flowStart, opened)
        end = start
    }
}

/// The true ends of an observation, and what stood in their place on the other side of the translator.
private struct Ends {
    private(set) var sources: [Endpoint] = []
    private(set) var destinations: [Endpoint] = []
    private(set) var originalSource: Endpoint?
    private(set) var originalDestination: Endpoint?
    /// Whom the initiator called.
    private(set) var called: Endpoint

    init(_ observation: Observation, _ translations: [Translation]) {
        called = observation.destination
        for translation in translations.reversed() {
            let client = translation.originalSource
            let server = translation.replySource
            let mask = translation.replyDestination == client ? nil : translation.replyDestination
            let target = translation.originalDestination == server ? nil : translation.originalDestination
            let isForward = observation.source == client || observation.source == translation.replyDestination
            sources.removeAll { $0 == (isForward ? client : server) }
            sources.insert(isForward ? client : server, at: 0)
            destinations.removeAll { $0 == (isForward ? server : client) }
            destinations.insert(isForward ? server : client, at: 0)
            originalSource = isForward ? mask : target
            originalDestination = isForward ? target : mask
            if isForward { called = translation.originalDestination }
        }
        if sources.isEmpty { sources = [observation.source] }
        if destinations.isEmpty { destinations = [observation.destination] }
    }
}

extension Attributor {
    /// The observation with its direction settled by conntrack or a known service, if those are the best evidence.
    private func directed(
        _ observation: Observation,
        _ match: TranslationTable.Match?,
        _ window: TimeWindow
    ) -> Observation {
        if let match, observation.evidence < .conntrack {
            guard !match.sourceIsInitiator else {
                var confirmed = observation
                confirmed.evidence = .conntrack
                return confirmed
            }
            return observation.turned(evidence: .conntrack)
        }
        guard observation.evidence < .servicePort else { return observation }
        let sourceListens = listens(observation.source, observation.transport, window)
        let destinationListens = listens(observation.destination, observation.transport, window)
        guard sourceListens != destinationListens else { return observation }
        guard destinationListens else { return observation.turned(evidence: .servicePort) }
        var confirmed = observation
        confirmed.evidence = .servicePort
        return confirmed
    }

    /// Whether there is anybody to ask for; a probe that prints knows of no cluster.
    private var knowsCluster: Bool { history.lastEventTime != nil }

    private func listens(_ end: Endpoint, _ transport: TransportProtocol, _ window: TimeWindow) -> Bool {
        guard transport.hasPorts, knowsCluster else { return false }
        if history.service(at: end.address, port: end.port, transport: transport, at: window.start) != nil {
            return true
        }
        return !history.hostNetworkPods(at: end.address, port: end.port, transport: transport, at: window.start).isEmpty
    }

    /// The pod whose own interface the observation point is, as of the window.
    private func ownPod(of point: ObservationPoint, _ window: TimeWindow) -> Identity? {
        guard let name = point.pod else { return nil }
        return history.pod(named: name, at: window.start) ?? history.pod(named: name, at: window.end)
    }

    private func calledService(
        _ called: Endpoint,
        _ transport: TransportProtocol,
        _ window: TimeWindow
    ) -> ServiceName? {
        guard knowsCluster else { return nil }
        let found =
            history.service(at: called.address, port: called.port, transport: transport, at: window.start)
            ?? nodePort(called, transport, window)
        return found.map { ServiceName(namespace: $0.namespace, name: $0.name) }
    }

    private func nodePort(
        _ end: Endpoint,
        _ transport: TransportProtocol,
        _ window: TimeWindow
    ) -> Identity? {
        guard history.owners(of: end.address, at: window.start).contains(where: { $0.kind == .node }) else {
            return nil
        }
        return history.nodePortService(port: end.port, transport: transport, at: window.start)
    }

    /// Gives a destination whom nobody of the cluster is known to be the name that the client knew it by.
    private func name(_ destination: inout AttributedEnd, for client: IPAddress, at time: Timestamp) {
        guard destination.basis == .unknown || destination.basis == .wellKnown,
            let name = answers.name(of: destination.endpoint.address, for: client, at: time)
        else { return }
        destination.basis = .dnsAnswer
        destination.domain = name
    }

    /// One end, from the endpoints it can be: one, unless two translations cannot be told apart.
    private func attribute(
        _ endpoints: [Endpoint],
        _ observation: Observation,
        _ window: TimeWindow,
        own: Identity?
    ) -> AttributedEnd {
        guard endpoints.count > 1 else {
            return identify(endpoints[0], observation, window, own: own)
        }
        let ends = endpoints.map { identify($0, observation, window, own: own) }
        let identities = ends.compactMap(\.identity)
        guard Set(identities).count > 1 else { return ends[0] }
        return AttributedEnd(
            endpoint: endpoints[0],
            basis: .ambiguous,
            reason: "\(ends.count) translations of this tuple within the report",
            candidates: identities
        )
    }

    private func identify(
        _ end: Endpoint,
        _ observation: Observation,
        _ window: TimeWindow,
        own: Identity?
    ) -> AttributedEnd {
        if let own, own.addresses.contains(end.address) {
            return AttributedEnd(endpoint: end, identity: own, basis: .observationPoint)
        }
        let isAsSeen = end == observation.source || end == observation.destination
        return identify(end, observation.transport, window, podBasis: isAsSeen ? .address : .translation)
    }
}

extension Attributor {
    static let severalOwners = "the address changed hands then, or too close to it"

    /// One endpoint by who had its address, and its port where that tells, in the order of `Basis`.
    func identify(
        _ end: Endpoint,
        _ transport: TransportProtocol,
        _ window: TimeWindow,
        podBasis: Basis
    ) -> AttributedEnd {
        guard knowsCluster else { return identifyByAddress(end, window) }
        switch history.podHolding(end.address, from: window.start, to: window.end) {
        case .nobody: return identifyOtherThanPod(end, transport, window)
        case .one(let pod): return AttributedEnd(endpoint: end, identity: pod, basis: podBasis)
        case .several(let pods): return ambiguous(end, Attributor.severalOwners, pods)
        case .unseen(let pod):
            return unseen(end, "changes of pods were missed; \(pod) had it before or after", pod)
        }
    }

    private func identifyOtherThanPod(
        _ end: Endpoint,
        _ transport: TransportProtocol,
        _ window: TimeWindow
    ) -> AttributedEnd {
        switch history.holder(of: end.address, kind: .node, from: window.start, to: window.end) {
        case .one(let node), .unseen(let node): return identifyOnNode(node, end, transport, window)
        case .several(let nodes): return ambiguous(end, "the address went from one node to another then", nodes)
        case .nobody: break
        }
        return identifyService(end, transport, window) ?? identifyByAddress(end, window)
    }

    /// An end that nobody of the cluster had.
    private func identifyByAddress(_ end: Endpoint, _ window: TimeWindow) -> AttributedEnd {
        if let host = hosts[end.address] {
            return AttributedEnd(endpoint: end, identity: host, basis: .address)
        }
        if let network = history.network(containing: end.address, at: window.start) {
            let reason = whyUnknown(end.address, window.start)
            return AttributedEnd(endpoint: end, identity: network, basis: .cidr, reason: reason)
        }
        if let name = WellKnownAddress.name(of: end.address) {
            return AttributedEnd(endpoint: end, basis: .wellKnown, reason: name)
        }
        return AttributedEnd(endpoint: end, basis: .unknown, reason: whyUnknown(end.address, window.start))
    }

    /// An end that one may have had, or somebody nobody has seen.
    private func unseen(_ end: Endpoint, _ reason: String, _ candidate: Identity) -> AttributedEnd {
        AttributedEnd(endpoint: end, basis: .unknown, reason: reason, candidates: [candidate])
    }

    private func ambiguous(_ end: Endpoint, _ reason: String, _ candidates: [Identity]) -> AttributedEnd {
        AttributedEnd(endpoint: end, basis: .ambiguous, reason: reason, candidates: candidates)
    }

    /// The service whose address and port it is, or else whose address.
    private func identifyService(
        _ end: Endpoint,
        _ transport: TransportProtocol,
        _ window: TimeWindow,
        needsPort: Bool = false
    ) -> AttributedEnd? {
        for transport in needsPort ? [transport] : [transport, nil] {
            let holder = history.holder(
                of: end.address,
                kind: .service,
                port: end.port,
                transport: transport,
                from: window.start,
                to: window.end
            )
            switch holder {
            case .one(let service): return AttributedEnd(endpoint: end, identity: service, basis: .service)
            case .unseen(let service):
                return unseen(end, "changes of services were missed; \(service) had it before or after", service)
            case .several(let services):
                return ambiguous(end, "several services have this address then", services)
            case .nobody: continue
            }
        }
        return nil
    }

    private func identifyOnNode(
        _ node: Identity,
        _ end: Endpoint,
        _ transport: TransportProtocol,
        _ window: TimeWindow
    ) -> AttributedEnd {
        let holder = history.hostPodHolding(
            end.address,
            port: end.port,
            transport: transport,
            from: window.start,
            to: window.end
        )
        switch holder {
        case .one(let pod): return AttributedEnd(endpoint: end, identity: pod, basis: .hostPort)
        case .several(let pods):
            return ambiguous(end, "several hostNetwork pods on node \(node.name) name this port", pods)
        // While changes were missed, the node is all that is sure.
        case .nobody, .unseen: break
        }
        // A load balancer may hand out the nodes' own addresses.
        if let service = identifyService(end, transport, window, needsPort: true) { return service }
        if let service = history.nodePortService(port: end.port, transport: transport, at: window.start) {
            return AttributedEnd(endpoint: end, identity: service, basis: .service)
        }
        return AttributedEnd(endpoint: end, identity: node, basis: .node)
    }

    private func whyUnknown(_ address: IPAddress, _ time: Timestamp) -> String {
        guard knowsCluster else { return "no cluster is known" }
        if let last = history.lastOwner(before: time, of: address) {
            return "no owner at this time; \(last.identity) had it until \(last.until)"
        }
        if let next = history.nextOwner(after: time, of: address) {
            return "no owner at this time; \(next.identity) had it from \(next.from)"
        }
        return history.network(containing: address, at: time) == nil
            ? "not an address of this cluster" : "nobody is known to have had this address"
    }
}
