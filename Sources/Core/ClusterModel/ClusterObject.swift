import JSONText

/// One object of the cluster, reduced to what attribution needs.
package enum ClusterObject: Sendable, Hashable {
    case namespace(Namespace)
    case node(Node)
    case pod(Pod)
    case service(Service)
    /// A part of a service's endpoints; an Endpoints object counts as one, and says so.
    case endpointSlice(EndpointSlice)
    case serviceCIDR(ServiceCIDR)
    /// A ReplicaSet, Deployment, StatefulSet, DaemonSet, Job or CronJob.
    case workload(WorkloadObject)

    /// Its kind.
    package var kind: ObjectKind {
        switch self {
        case .namespace: .namespace
        case .node: .node
        case .pod: .pod
        case .service: .service
        case .endpointSlice(let slice): slice.isLegacy ? .endpoints : .endpointSlice
        case .serviceCIDR: .serviceCIDR
        case .workload(let workload): workload.kind
        }
    }

    /// What it says of itself.
    package var metadata: ObjectMetadata {
        switch self {
        case .namespace(let object): object.metadata
        case .node(let object): object.metadata
        case .pod(let object): object.metadata
        case .service(let object): object.metadata
        case .endpointSlice(let object): object.metadata
        case .serviceCIDR(let object): object.metadata
        case .workload(let object): object.metadata
        }
    }

    /// What tells it from all other objects of its kind: the UID, or `namespace/name` where it has none.
    package var id: String {
        let metadata = metadata
        return metadata.uid.isEmpty ? "\(metadata.namespace)/\(metadata.name)" : metadata.uid
    }

    /// The same object in another version.
    package func with(resourceVersion version: String) -> ClusterObject {
        func changed<Object>(_ object: Object, _ path: WritableKeyPath<Object, ObjectMetadata>) -> Object {
            var object = object
            object[keyPath: path].resourceVersion = version
            return object
        }
        return switch self {
        case .namespace(let object): .namespace(changed(object, \.metadata))
        case .node(let object): .node(changed(object, \.metadata))
        case .pod(let object): .pod(changed(object, \.metadata))
        case .service(let object): .service(changed(object, \.metadata))
        case .endpointSlice(let object): .endpointSlice(changed(object, \.metadata))
        case .workload(let object): .workload(changed(object, \.metadata))
        case .serviceCIDR(let object): .serviceCIDR(changed(object, \.metadata))
        }
    }

    /// Reads an object of a known kind, taking what is there and passing over what is not understood.
    /// - Throws: `UndecodableObject` for another kind, or where the name is missing.
    package static func decode(kind: ObjectKind, json: JSONValue) throws(UndecodableObject) -> ClusterObject {
        // Items of a list do not repeat their kind.
        if let stated = json["kind"]?.text, stated != kind.rawValue {
            throw UndecodableObject("is a \(stated), not a \(kind.rawValue)")
        }
        let metadata = try ObjectMetadata(decoding: json["metadata"])
        switch kind {
        case .namespace: return .namespace(Namespace(metadata: metadata))
        case .node: return .node(Node(metadata: metadata, json: json))
        case .pod: return .pod(Pod(metadata: metadata, json: json))
        case .service: return .service(Service(metadata: metadata, json: json))
        case .endpointSlice: return .endpointSlice(EndpointSlice(metadata: metadata, json: json))
        case .endpoints: return .endpointSlice(EndpointSlice(metadata: metadata, endpoints: json))
        case .serviceCIDR: return .serviceCIDR(ServiceCIDR(metadata: metadata, json: json))
        case .replicaSet, .deployment, .statefulSet, .daemonSet, .job, .cronJob:
            return .workload(WorkloadObject(kind: kind, metadata: metadata))
        }
    }
}

/// Why a piece of JSON is no object of its kind.
package struct UndecodableObject: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason as the end of a sentence, such as `has no name`.
    package let reason: String

    /// A reason.
    package init(_ reason: String) { self.reason = reason }

    /// The reason as a sentence.
    package var description: String { "the object \(reason)" }
}

/// A namespace.
package struct Namespace: Sendable, Hashable {
    /// What it says of itself.
    package var metadata: ObjectMetadata

    /// A namespace.
    package init(metadata: ObjectMetadata) { self.metadata = metadata }
}

/// A controller of pods, or of controllers of pods.
package struct WorkloadObject: Sendable, Hashable {
    /// ReplicaSet, Deployment, StatefulSet, DaemonSet, Job or CronJob.
    package var kind: ObjectKind
    /// What it says of itself.
    package var metadata: ObjectMetadata

    /// A workload object.
    package init(kind: ObjectKind, metadata: ObjectMetadata) {
        self.kind = kind
        self.metadata = metadata
    }
}
