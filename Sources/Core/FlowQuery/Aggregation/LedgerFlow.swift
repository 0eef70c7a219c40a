import FlowAttribution
import FlowModel
import NetworkAddressing

/// One flow as one point saw it: the sum of its reports.
struct LedgerFlow {
    let identity: FlowIdentity
    /// Whether the lower endpoint is held to be the initiator.
    var isAscending = true
    /// Whether no other entry of the same flow comes before this one.
    var isFirstPart = true
    /// The flow of the same conversation that was added before this one.
    let previous: Int?
    private(set) var evidence = DirectionEvidence.firstPacket
    private(set) var place = WitnessPlace.between
    private(set) var reports = 0
    private(set) var lastSeen = Timestamp.distantPast
    /// The service that was called.
    private(set) var service: ServiceName?
    private var evidenceTime = Timestamp.distantFuture
    private var fromLower = TrafficCount()
    private var fromUpper = TrafficCount()

    init(_ identity: FlowIdentity, previous: Int?) {
        self.identity = identity
        self.previous = previous
    }

    /// What the initiator sent.
    var forward: TrafficCount { isAscending ? fromLower : fromUpper }
    /// What the responder sent.
    var backward: TrafficCount { isAscending ? fromUpper : fromLower }
    var sourceNode: Int { isAscending ? identity.lowerNode : identity.upperNode }
    var destinationNode: Int { isAscending ? identity.upperNode : identity.lowerNode }
    var sourcePod: Int { isAscending ? identity.lowerPod : identity.upperPod }
    var destinationPod: Int { isAscending ? identity.upperPod : identity.lowerPod }
    var transport: TransportProtocol { identity.key.transport }
    /// The port that was called; 0 for protocols without ports.
    var port: UInt16 {
        guard transport.hasPorts else { return 0 }
        return isAscending ? identity.key.upper.port : identity.key.lower.port
    }

    mutating func add(_ flow: AttributedFlow, isAscending: Bool) {
        let observation = flow.observation
        let (lower, upper) =
            isAscending
            ? (observation.forward, observation.backward) : (observation.backward, observation.forward)
        fromLower.packets &+= lower.packets
        fromLower.bytes &+= lower.bytes
        fromUpper.packets &+= upper.packets
        fromUpper.bytes &+= upper.bytes
        // Of equal evidence the earliest counts, so that the order of adding does not.
        if reports == 0 || observation.evidence > evidence
            || observation.evidence == evidence && observation.start < evidenceTime
        {
            evidence = observation.evidence
            evidenceTime = observation.start
            self.isAscending = isAscending
        }
        if flow.side != .between { place = WitnessPlace(flow.side, isAscending: isAscending) }
        reports += 1
        lastSeen = max(lastSeen, observation.end)
        if service == nil { service = flow.destination.service }
    }
}
