import ClusterHistory
import FlowModel
import NetworkAddressing

/// An observation with the identity of each of its ends as of its own time.
package struct AttributedFlow: Sendable {
    /// What was metered, turned round where the attribution had stronger evidence of the direction.
    package var observation: Observation
    /// Where it was metered.
    package var point: ObservationPoint
    /// Which end's own interface the observation point is.
    package var side: ObservedSide
    /// The initiator.
    package var source: AttributedEnd
    /// The responder.
    package var destination: AttributedEnd

    /// An observation with its attribution.
    package init(
        observation: Observation,
        point: ObservationPoint,
        side: ObservedSide,
        source: AttributedEnd,
        destination: AttributedEnd
    ) {
        self.observation = observation
        self.point = point
        self.side = side
        self.source = source
        self.destination = destination
    }

    /// Packets and bytes of both directions.
    package var total: TrafficCount {
        TrafficCount(
            packets: observation.forward.packets &+ observation.backward.packets,
            bytes: observation.forward.bytes &+ observation.backward.bytes
        )
    }
}

/// Which end of a flow the observation point belongs to; the raw order is the order of precedence in totals.
package enum ObservedSide: UInt8, Sendable, Hashable, Comparable, CaseIterable {
    /// The source's own interface; both ends in one pod (loopback) count as this.
    case source
    /// The destination's own interface.
    case destination
    /// Neither: a bridge, an uplink, a mirror port.
    case between

    /// Whether the left one takes precedence in totals.
    package static func < (lhs: ObservedSide, rhs: ObservedSide) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// One end of an attributed flow.
package struct AttributedEnd: Sendable, Hashable {
    /// The end itself, translations undone: the true client or the pod that answered.
    package var endpoint: Endpoint
    /// What network address translation put in its place on the other side of the translator; `nil` without one.
    ///
    /// For a destination whom the initiator called, such as a service address; for a source who it was made to look
    /// like, such as a node. The same wherever the flow was seen.
    package var original: Endpoint?
    /// Who it is; `nil` when `basis` is `unknown`, `ambiguous` or `dnsAnswer`, or for well-known addresses.
    package var identity: Identity?
    /// On what evidence.
    package var basis: Basis
    /// Why nobody of the cluster is named, or which well-known block it is in; empty otherwise.
    package var reason: String
    /// Everyone it could be, when ambiguous.
    package var candidates: [Identity]
    /// The service that was called to get here (`namespace`, `name`), where known; only of a destination.
    package var service: ServiceName?
    /// The name that the source had been given this address for; only of a destination whose `basis` is `dnsAnswer`.
    package var domain: String?

    /// One end with its attribution.
    package init(
        endpoint: Endpoint,
        original: Endpoint? = nil,
        identity: Identity? = nil,
        basis: Basis,
        reason: String = "",
        candidates: [Identity] = [],
        service: ServiceName? = nil,
        domain: String? = nil
    ) {
        self.endpoint = endpoint
        self.original = original
        self.identity = identity
        self.basis = basis
        self.reason = reason
        self.candidates = candidates
        self.service = service
        self.domain = domain
    }
}

/// A service by namespace and name.
package struct ServiceName: Sendable, Hashable {
    /// The namespace.
    package let namespace: String
    /// The service's name.
    package let name: String

    /// A service by namespace and name.
    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }
}

/// The evidence an attribution rests on, in the order in which it is asked for.
package enum Basis: UInt8, Sendable, Hashable, CaseIterable {
    /// The observation point is this pod's own interface.
    case observationPoint
    /// A translation led to an address that had an owner at that time.
    case translation
    /// The address had one owner at the flow's time.
    case address
    /// A node's address.
    case node
    /// A node's address and a port that one hostNetwork pod there listens on.
    case hostPort
    /// A service's address and port, with no translation known.
    case service
    /// A known block of addresses.
    case cidr
    /// The source had asked for a name and was given this address.
    case dnsAnswer
    /// Loopback, link-local, multicast, broadcast, metadata service.
    case wellKnown
    /// Several owners that time and port cannot tell apart.
    case ambiguous
    /// Nobody known had the address at that time.
    case unknown

    /// The name in records, such as `observation_point`.
    package var name: String {
        switch self {
        case .observationPoint: "observation_point"
        case .translation: "translation"
        case .address: "address"
        case .node: "node"
        case .hostPort: "host_port"
        case .service: "service"
        case .cidr: "cidr"
        case .dnsAnswer: "dns_answer"
        case .wellKnown: "well_known"
        case .ambiguous: "ambiguous"
        case .unknown: "unknown"
        }
    }
}
