import ClusterModel
import FlowModel

/// One change of one object of the cluster, in the shape of SysFlow's Kubernetes event (KE).
package struct ClusterChange: Sendable, Hashable {
    /// What happened; the raw value is SysFlow's `K8sAction`.
    package enum Action: String, Sendable, Hashable, CaseIterable {
        /// The object is there; in the first list it may have been there for long.
        case added = "K8S_COMPONENT_ADDED"
        /// The object changed.
        case modified = "K8S_COMPONENT_MODIFIED"
        /// The object is gone.
        case deleted = "K8S_COMPONENT_DELETED"
        /// Changes of the kind may have been missed.
        case error = "K8S_COMPONENT_ERROR"

        /// The word that the Kubernetes API has for it.
        package var word: String {
            switch self {
            case .added: "ADDED"
            case .modified: "MODIFIED"
            case .deleted: "DELETED"
            case .error: "ERROR"
            }
        }
    }

    /// When it was learnt; `distantPast` for a state that always holds.
    package let time: Timestamp
    /// The kind of object.
    package let kind: ObjectKind
    /// What happened.
    package let action: Action
    /// The object after the change, or as it was last; `nil` where none is meant.
    package let object: ClusterObject?
    /// In a few words what is new, such as `phase Running, address 172.17.0.9`; empty where nothing that is read changed.
    package let summary: String
}

extension ObjectKind {
    /// SysFlow's `K8sComponent`; `K8S_UNKNOWN` for the kinds that it has no name for.
    package var component: String {
        switch self {
        case .namespace: "K8S_NAMESPACES"
        case .node: "K8S_NODES"
        case .pod: "K8S_PODS"
        case .service: "K8S_SERVICES"
        case .replicaSet: "K8S_REPLICASETS"
        case .deployment: "K8S_DEPLOYMENTS"
        case .daemonSet: "K8S_DAEMONSETS"
        case .endpointSlice, .endpoints, .serviceCIDR, .statefulSet, .job, .cronJob: "K8S_UNKNOWN"
        }
    }
}

/// Which changes are asked for.
package struct ChangeQuery: Sendable, Hashable {
    /// From when.
    package var from = Timestamp.distantPast
    /// Until when, exclusive.
    package var to = Timestamp.distantFuture
    /// Of which kind of object; `nil` for all.
    package var kind: ObjectKind?
    /// Of which namespace; `nil` for all.
    package var namespace: String?
    /// The most changes, the newest.
    package var limit = Int.max

    /// All changes.
    package init() {}

    /// Whether a change is asked for.
    package func matches(_ change: ClusterChange) -> Bool {
        guard change.time >= from, change.time < to, kind == nil || change.kind == kind else { return false }
        guard let namespace else { return true }
        guard let object = change.object else { return false }
        return object.metadata.namespace == namespace || object.kind == .namespace && object.metadata.name == namespace
    }
}

extension ObjectKind {
    /// A kind by its name, its plural or kubectl's short form, in any case; `nil` for none of ours.
    package init?(named text: some StringProtocol) {
        let word = text.lowercased()
        let short = [
            "ns": "namespace", "no": "node", "po": "pod", "svc": "service", "rs": "replicaset",
            "deploy": "deployment", "sts": "statefulset", "ds": "daemonset", "cj": "cronjob",
        ]
        let name = short[word] ?? word
        let kind = ObjectKind.allCases.first { kind in
            let own = kind.rawValue.lowercased()
            return name == own || name == own + "s"
        }
        guard let kind else { return nil }
        self = kind
    }
}
