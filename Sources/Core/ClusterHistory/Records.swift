import ClusterModel
import FlowModel
import NetworkAddressing

/// Since when an object is known, in which version, and when it went.
struct Presence: Sendable {
    var version: UInt64?
    /// When the object began, as far as is known.
    var from: Timestamp
    /// When it was deleted, or was found missing.
    var until = Timestamp.distantFuture
    /// Whether the end was reported; an object that was merely missing from a list can come back.
    var wasDeleted = false

    var isLive: Bool { until == .distantFuture }

    /// Ends it; whether it was live until now.
    mutating func end(at time: Timestamp, wasDeleted: Bool) -> Bool {
        let wasLive = isLive
        if wasLive { until = max(from, time) }
        if wasDeleted { self.wasDeleted = true }
        return wasLive
    }

    /// Notes a newer version, which also brings back what was only missing from a list; whether it did that.
    mutating func renew(_ version: UInt64?) -> Bool {
        let wasLive = isLive
        self.version = version ?? self.version
        until = .distantFuture
        return !wasLive
    }
}

/// Something that has a presence.
protocol Tracked: Sendable {
    var presence: Presence { get set }
    /// What tells it from all others of its kind.
    var id: String { get }
}

/// All objects of a kind that were ever known, by their id.
struct ObjectStore<Record: Tracked>: Sendable {
    private var records = PagedStore<Record>()
    private var indices = ShardedMap<String, Int>()

    var count: Int { records.count }

    subscript(index: Int) -> Record {
        _read { yield records[index] }
        _modify { yield &records[index] }
    }

    func index(of id: String) -> Int? { indices[id] }

    mutating func append(_ record: Record) -> Int {
        let index = records.count
        indices[record.id] = index
        records.append(record)
        return index
    }

    /// Whether an event of a version tells anything new of an object; what was deleted stays deleted.
    func isNews(_ index: Int, version: UInt64?) -> Bool {
        let presence = records[index].presence
        guard !presence.wasDeleted else { return false }
        guard let known = presence.version, let version else { return true }
        return version > known || version == known && !presence.isLive
    }

    /// Takes what comes next of objects for news, whatever its version.
    mutating func forgetVersions(where isIncluded: (Record) -> Bool) {
        for index in 0..<records.count where isIncluded(records[index]) {
            records[index].presence.version = nil
            records[index].presence.wasDeleted = false
        }
    }

    /// Those that a list of a version should have named but did not.
    func missing(from present: Set<String>, version: UInt64?, where isIncluded: (Record) -> Bool) -> [Int] {
        (0..<records.count).filter { index in
            let record = records[index]
            guard record.presence.isLive, isIncluded(record), !present.contains(record.id) else { return false }
            guard let known = record.presence.version, let version else { return true }
            return known <= version
        }
    }
}

/// What a pod says of itself at a time.
struct PodFacts: Sendable, Hashable {
    let labels: [Identity.Label]
    let node: String
    let addresses: [IPAddress]
    let controller: OwnerReference?
    let ports: [Pod.Port]
    let usesHostNetwork: Bool
    /// The node's addresses as the pod knows them.
    let hostAddresses: [IPAddress]

    init(_ pod: Pod) {
        labels = [Identity.Label](pod.metadata.labels)
        node = pod.node
        addresses = pod.addresses
        controller = pod.metadata.controller
        ports = pod.ports
        usesHostNetwork = pod.usesHostNetwork
        hostAddresses = pod.hostAddresses
    }
}

struct PodRecord: Tracked {
    var presence: Presence
    let id: String
    let uid: String
    let namespace: String
    let name: String
    var facts = Timeline<PodFacts>()
    /// The addresses of its last state, whether or not others have taken them since.
    var claims: [IPAddress] = []
    /// The node addresses where it can be reached, by host network or host ports.
    var hostClaims: [IPAddress] = []
    /// The latest start that it has told of while it had its present addresses.
    var latestStart: Timestamp?
    /// Since when its sandbox is ready, as last told.
    var sandboxReady: Timestamp?
    /// Until when it surely lived while nobody had asked for its end: when a list had it, or it last told of a start.
    var lastAlive = Timestamp.distantPast
}

struct ServiceRecord: Tracked {
    /// A service at a time.
    struct Facts: Sendable, Hashable {
        let identity: Identity
        let externalAddresses: [IPAddress]
        let balancerAddresses: [IPAddress]
        let ports: [Service.Port]
        let selector: [String: String]
    }

    var presence: Presence
    let id: String
    let namespace: String
    let name: String
    var facts = Timeline<Facts>()
    var clusterClaims: [IPAddress] = []
    var sharedClaims: [IPAddress] = []
    var nodePortClaims: [NodePort] = []
}

struct NodePort: Hashable, Sendable {
    let transport: TransportProtocol
    let number: UInt16
}

struct NodeRecord: Tracked {
    var presence: Presence
    let id: String
    let name: String
    var identities = Timeline<Identity>()
    var claims: [IPAddress] = []
    var blockClaims: [IPPrefix] = []
}

struct WorkloadRecord: Tracked {
    var presence: Presence
    let id: String
    let kind: ObjectKind
    var controller = Timeline<OwnerReference?>()
}

struct NamespaceRecord: Tracked {
    var presence: Presence
    let id: String
}

struct SliceRecord: Tracked {
    var presence: Presence
    let id: String
    let namespace: String
    /// Whether it is an Endpoints object.
    let isLegacy: Bool
    var service: String
    var members: [EndpointSlice.Member] = []
}

struct ServiceBlocksRecord: Tracked {
    var presence: Presence
    let id: String
    var claims: [IPPrefix] = []
}

/// All endpoints that a service ever had.
struct EndpointHistory: Sendable {
    /// The slices that are there, in no order.
    var slices: Set<Int> = []
    /// What is so now.
    var open: [ClusterHistory.ServiceEndpoint] = []
    /// What was so, in the order in which it ended.
    var closed: [ClusterHistory.ServiceEndpoint] = []
}

/// That a service selected a pod from a time until a time, as one source says.
struct Membership: Sendable {
    enum Source: Hashable, Sendable {
        case slice(Int)
        case selector(service: Int)
    }

    let source: Source
    let service: String
    var from: Timestamp
    var until = Timestamp.distantFuture
}

extension [Identity.Label] {
    /// Labels sorted by key.
    init(_ labels: [String: String]) {
        self = labels.map { Identity.Label(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
    }
}
