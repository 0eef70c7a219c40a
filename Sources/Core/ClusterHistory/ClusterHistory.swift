import ClusterModel
import FlowModel
import NetworkAddressing

/// Every known version of every object, and every owner of every address, as intervals `[from, until)`.
///
/// A value: a copy is a snapshot, and costs little because later changes copy only the pages they touch.
package struct ClusterHistory: Sendable {
    /// How the history reads uncertain times.
    package struct Configuration: Sendable, Hashable {
        /// How long before the first evidence an address may have been in use, in nanoseconds.
        package var backwardExtension: Int64
        /// How long after its containers ended a pod may still send, in nanoseconds.
        package var finishTolerance: Int64
        /// By how much the clocks of nodes, API server and observers may differ, in nanoseconds: within that of a
        /// change of owner, nobody is named who is not the only one it can be.
        package var clockTolerance: Int64
        /// Whether services select pods by labels while no EndpointSlice has ever been seen.
        package var usesSelectors: Bool
        /// Blocks of addresses of the cluster that no object tells of.
        package var blocks: [IPPrefix]

        /// The defaults: two seconds, three seconds, clocks that agree, selectors, and no blocks.
        package init(
            backwardExtension: Int64 = 2_000_000_000,
            finishTolerance: Int64 = 3_000_000_000,
            clockTolerance: Int64 = 0,
            usesSelectors: Bool = true,
            blocks: [IPPrefix] = []
        ) {
            self.backwardExtension = backwardExtension
            self.finishTolerance = finishTolerance
            self.clockTolerance = clockTolerance
            self.usesSelectors = usesSelectors
            self.blocks = blocks
        }
    }

    /// A time in which changes of a kind may have been missed.
    package struct Gap: Sendable, Hashable {
        /// The kind of object.
        package let kind: ObjectKind
        /// When the kind was last known to be followed.
        package let from: Timestamp
        /// When it was known again.
        package let until: Timestamp
        /// Why it was not followed.
        package let reason: String
    }

    /// One endpoint of a service, from a time until a time.
    package struct ServiceEndpoint: Sendable, Hashable {
        /// The endpoint and its conditions.
        package let member: EndpointSlice.Member
        /// When it got into this state.
        package let from: Timestamp
        /// When it left this state, exclusive.
        package internal(set) var until: Timestamp
        let slice: Int
    }

    /// How the history reads uncertain times.
    package let configuration: Configuration
    /// The time of the latest event; `nil` before the first.
    package internal(set) var lastEventTime: Timestamp?
    /// The times in which changes may have been missed, in the order they became known.
    package internal(set) var gaps: [Gap] = []
    /// How often an address went to a new owner while the former's time was still open.
    package internal(set) var reuses = 0
    /// How many objects there are of each kind as of the latest event.
    package internal(set) var liveCounts: [ObjectKind: Int] = [:]

    var pods = ObjectStore<PodRecord>()
    /// How each pod is named, by its number; apart from the rest, so that it is found quickly.
    var podIdentities = PagedStore<Timeline<Identity>>()
    var services = ObjectStore<ServiceRecord>()
    var nodes = ObjectStore<NodeRecord>()
    var slices = ObjectStore<SliceRecord>()
    var serviceBlocks = ObjectStore<ServiceBlocksRecord>()
    var workloads = ObjectStore<WorkloadRecord>()
    var namespaces = ObjectStore<NamespaceRecord>()

    var addresses = OwnerIndex()
    var hostPods = OwnerIndex()
    var nodePorts = OwnerIndex()
    var blocks = OwnerIndex()
    /// The lengths of blocks per family, longest first.
    var blockLengths: [IPAddress.Family: [Int]] = [:]

    var memberships = ShardedMap<String, [Membership]>()
    var endpoints = ShardedMap<String, EndpointHistory>()
    var zones = ShardedMap<String, Timeline<String>>()
    var podsByName = ShardedMap<String, [Int]>()
    var podsByNode = ShardedMap<String, Set<Int>>()
    var podsByController = ShardedMap<String, Set<Int>>()
    var selectable = SelectorIndex()

    /// Until when each kind is known to have been followed without a gap.
    var followedUntil: [ObjectKind: Timestamp] = [:]
    /// The newest version seen of each kind, and the kinds of which a gap was told and no list since.
    private var newestVersions: [ObjectKind: UInt64] = [:]
    private var behindGap: Set<ObjectKind> = []
    /// When each kind was first learnt of.
    var followedSince: [ObjectKind: Timestamp] = [:]
    /// The same of pods.
    var podsFollowedSince = Timestamp.distantFuture
    /// When the last of the gaps ended.
    var gapsEnd = Timestamp.distantPast

    /// A history in which nothing has happened.
    package init(configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// A history of events in the order of their time.
    package init(_ events: some Sequence<ClusterEvent>, configuration: Configuration = Configuration()) {
        self.init(configuration: configuration)
        for event in events { apply(event) }
    }

    /// Learns an event; what is older than what is known of the object is passed over.
    package mutating func apply(_ event: ClusterEvent) {
        if followedSince[event.kind] == nil {
            followedSince[event.kind] = event.time
            if event.kind == .pod { podsFollowedSince = event.time }
        }
        switch event {
        case .listed(let kind, let objects, let resourceVersion, let time):
            let version = UInt64(resourceVersion)
            // A server that was set back or replaced counts from a lower number.
            if behindGap.remove(kind) != nil, let version, version < newestVersions[kind] ?? 0 {
                forgetVersions(of: kind)
            }
            newestVersions[kind] = version
            list(kind, objects, version: version, at: time)
            followedUntil[kind] = time
        case .changed(let object, let time):
            change(object, Moment(time: time, isListing: false))
            note(object)
            followedUntil[object.kind] = time
        case .deleted(let object, let time):
            delete(object, at: time)
            note(object)
            followedUntil[object.kind] = time
        case .gap(let kind, let from, let until, let reason):
            gaps.append(Gap(kind: kind, from: from, until: until, reason: reason))
            followedUntil[kind] = from
            behindGap.insert(kind)
            gapsEnd = max(gapsEnd, until)
        }
        lastEventTime = max(lastEventTime ?? event.time, event.time)
    }

    private mutating func note(_ object: ClusterObject) {
        guard let version = object.metadata.version else { return }
        newestVersions[object.kind] = max(newestVersions[object.kind] ?? 0, version)
    }

    /// Lets a list say of every object of a kind what is so now, whatever its version.
    private mutating func forgetVersions(of kind: ObjectKind) {
        switch kind {
        case .pod: pods.forgetVersions { _ in true }
        case .service: services.forgetVersions { _ in true }
        case .node: nodes.forgetVersions { _ in true }
        case .endpointSlice: slices.forgetVersions { !$0.isLegacy }
        case .endpoints: slices.forgetVersions { $0.isLegacy }
        case .serviceCIDR: serviceBlocks.forgetVersions { _ in true }
        case .namespace: namespaces.forgetVersions { _ in true }
        case .replicaSet, .deployment, .statefulSet, .daemonSet, .job, .cronJob:
            workloads.forgetVersions { $0.kind == kind }
        }
    }

    /// When and how something was learnt.
    struct Moment {
        let time: Timestamp
        let isListing: Bool

        /// When an object that was not known before began.
        ///
        /// Creation times are whole seconds; one that was just seen is better dated by the event itself.
        func beginning(of metadata: ObjectMetadata) -> Timestamp {
            guard let created = metadata.created else { return isListing ? .distantPast : time }
            let isOld = isListing || time.since(created) > 5_000_000_000
            return isOld ? min(created, time) : time
        }
    }

    private mutating func list(
        _ kind: ObjectKind,
        _ objects: [ClusterObject],
        version: UInt64?,
        at time: Timestamp
    ) {
        let present = Set(objects.map(\.id))
        let end = min(followedUntil[kind] ?? time, time)
        // What vanished goes first: its addresses may already have new owners in this list.
        switch kind {
        case .pod:
            for index in pods.missing(from: present, version: version, where: { _ in true }) {
                endPod(index, nil, at: end, wasDeleted: false, missedAt: time)
            }
        case .service:
            for index in services.missing(from: present, version: version, where: { _ in true }) {
                endService(index, at: end, wasDeleted: false)
            }
        case .node:
            for index in nodes.missing(from: present, version: version, where: { _ in true }) {
                endNode(index, at: end, wasDeleted: false)
            }
        case .endpointSlice, .endpoints:
            let isLegacy = kind == .endpoints
            for index in slices.missing(from: present, version: version, where: { $0.isLegacy == isLegacy }) {
                endSlice(index, at: end, wasDeleted: false)
            }
        case .serviceCIDR:
            for index in serviceBlocks.missing(from: present, version: version, where: { _ in true }) {
                endServiceBlocks(index, at: end, wasDeleted: false)
            }
        case .namespace:
            for index in namespaces.missing(from: present, version: version, where: { _ in true }) {
                endNamespace(index, at: end, wasDeleted: false)
            }
        case .replicaSet, .deployment, .statefulSet, .daemonSet, .job, .cronJob:
            for index in workloads.missing(from: present, version: version, where: { $0.kind == kind }) {
                endWorkload(index, at: end, wasDeleted: false)
            }
        }
        for object in objects { change(object, Moment(time: time, isListing: true)) }
    }

    private mutating func change(_ object: ClusterObject, _ moment: Moment) {
        switch object {
        case .pod(let pod): change(pod, id: object.id, moment)
        case .service(let service): change(service, id: object.id, moment)
        case .node(let node): change(node, id: object.id, moment)
        case .endpointSlice(let slice): change(slice, id: object.id, moment)
        case .serviceCIDR(let blocks): change(blocks, id: object.id, moment)
        case .workload(let workload): change(workload, id: object.id, moment)
        case .namespace(let namespace): change(namespace, id: object.id, moment)
        }
    }

    private mutating func delete(_ object: ClusterObject, at time: Timestamp) {
        let id = object.id
        // One that was not known before is learnt first, so that its past is known as well.
        change(object, Moment(time: time, isListing: false), onlyIfUnknown: id)
        switch object {
        case .pod(let pod):
            if let index = pods.index(of: id) { endPod(index, pod, at: time, wasDeleted: true) }
        case .service:
            if let index = services.index(of: id) { endService(index, at: time, wasDeleted: true) }
        case .node:
            if let index = nodes.index(of: id) { endNode(index, at: time, wasDeleted: true) }
        case .endpointSlice:
            if let index = slices.index(of: id) { endSlice(index, at: time, wasDeleted: true) }
        case .serviceCIDR:
            if let index = serviceBlocks.index(of: id) { endServiceBlocks(index, at: time, wasDeleted: true) }
        case .workload:
            if let index = workloads.index(of: id) { endWorkload(index, at: time, wasDeleted: true) }
        case .namespace:
            if let index = namespaces.index(of: id) { endNamespace(index, at: time, wasDeleted: true) }
        }
    }

    private mutating func change(_ object: ClusterObject, _ moment: Moment, onlyIfUnknown id: String) {
        let isKnown =
            switch object {
            case .pod: pods.index(of: id) != nil
            case .service: services.index(of: id) != nil
            case .node: nodes.index(of: id) != nil
            case .endpointSlice: slices.index(of: id) != nil
            case .serviceCIDR: serviceBlocks.index(of: id) != nil
            case .workload: workloads.index(of: id) != nil
            case .namespace: namespaces.index(of: id) != nil
            }
        if !isKnown { change(object, moment) }
    }
}
