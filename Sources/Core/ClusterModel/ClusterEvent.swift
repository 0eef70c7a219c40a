import FlowModel

/// Something that was learnt of the cluster, at the time it was learnt.
package enum ClusterEvent: Sendable, Hashable {
    /// All objects of a kind as of one version; what is not among them is gone.
    case listed(ObjectKind, objects: [ClusterObject], resourceVersion: String, at: Timestamp)
    /// An object was added or modified.
    case changed(ClusterObject, at: Timestamp)
    /// An object was deleted; it carries its last state.
    case deleted(ClusterObject, at: Timestamp)
    /// Changes of a kind may have been missed between two times.
    case gap(ObjectKind, from: Timestamp, until: Timestamp, reason: String)

    /// When it was learnt.
    package var time: Timestamp {
        switch self {
        case .listed(_, _, _, let time), .changed(_, let time), .deleted(_, let time): time
        case .gap(_, _, let until, _): until
        }
    }

    /// The kind of object it is about.
    package var kind: ObjectKind {
        switch self {
        case .listed(let kind, _, _, _), .gap(let kind, _, _, _): kind
        case .changed(let object, _), .deleted(let object, _): object.kind
        }
    }
}
