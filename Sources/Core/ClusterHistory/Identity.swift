import NetworkAddressing

/// Who is behind an address: the result of an attribution.
///
/// A reference, because many flows share one identity; two identities are equal when all fields are.
package final class Identity: Sendable {
    /// What kind of thing this is.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case pod
        case service
        case node
        /// A machine outside Kubernetes that we know by itself, such as the one we run on.
        case host
        /// A block of addresses: pod, service or node CIDR.
        case network
    }

    /// The top of a pod's owner chain.
    package struct Workload: Sendable, Hashable {
        /// Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or Pod.
        package let kind: String
        /// The object's name.
        package let name: String

        /// A workload by kind and name.
        package init(kind: String, name: String) {
            self.kind = kind
            self.name = name
        }
    }

    /// What kind of thing it is.
    package let kind: Kind
    /// The namespace; empty for what has none.
    package let namespace: String
    /// Its name; a block of addresses is named by itself.
    package let name: String
    /// The Kubernetes UID; empty for what has none.
    package let uid: String
    /// The node it runs on (a pod's), or its own name (a node's); empty where unknown.
    package let node: String
    /// The topology zone of that node; empty where unknown.
    package let zone: String
    /// The workload; `nil` for what is not a pod.
    package let workload: Workload?
    /// Names of the services that selected the pod at that time, sorted; the own name of a service.
    package let services: [String]
    /// Labels as of that time, sorted by key.
    package let labels: [Label]
    /// The pod's addresses, or the service's cluster addresses.
    package let addresses: [IPAddress]

    /// One label of an object.
    package struct Label: Sendable, Hashable {
        /// The key, with its prefix if it has one.
        package let key: String
        /// The value; may be empty.
        package let value: String

        /// A label with its value.
        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// An identity with all that is known of it.
    package init(
        kind: Kind,
        namespace: String = "",
        name: String,
        uid: String = "",
        node: String = "",
        zone: String = "",
        workload: Workload? = nil,
        services: [String] = [],
        labels: [Label] = [],
        addresses: [IPAddress] = []
    ) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.node = node
        self.zone = zone
        self.workload = workload
        self.services = services
        self.labels = labels
        self.addresses = addresses
    }
}

extension Identity: Hashable {
    /// Whether all fields are equal.
    package static func == (lhs: Identity, rhs: Identity) -> Bool {
        lhs === rhs
            || lhs.kind == rhs.kind && lhs.name == rhs.name && lhs.namespace == rhs.namespace
                && lhs.uid == rhs.uid && lhs.node == rhs.node && lhs.zone == rhs.zone
                && lhs.workload == rhs.workload && lhs.services == rhs.services && lhs.labels == rhs.labels
                && lhs.addresses == rhs.addresses
    }

    /// Hashes what tells most identities apart.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(namespace)
        hasher.combine(name)
        hasher.combine(uid)
    }
}

extension Identity: CustomStringConvertible {
    /// `pod shop/web-1` or `node minikube`: how messages and candidates name it.
    package var description: String {
        namespace.isEmpty ? "\(kind.rawValue) \(name)" : "\(kind.rawValue) \(namespace)/\(name)"
    }
}
