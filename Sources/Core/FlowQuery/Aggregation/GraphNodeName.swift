import ClusterHistory
import FlowAttribution
import NetworkAddressing

extension GraphNode {
    /// What kind of thing a node of the graph is; the raw value is the word in its id.
    package struct Kind: RawRepresentable, Sendable, Hashable {
        /// The word, such as `Deployment`.
        package let rawValue: String

        /// A kind by its word, such as a workload's own.
        package init(rawValue: String) { self.rawValue = rawValue }

        /// A pod of its own, or any pod in a graph of pods.
        package static let pod = Kind(rawValue: "Pod")
        /// A namespace with all that is in it.
        package static let namespace = Kind(rawValue: "Namespace")
        /// A service address whose answering pod is not known; in a graph of services, its pods as well.
        package static let service = Kind(rawValue: "Service")
        /// A machine of the cluster.
        package static let node = Kind(rawValue: "Node")
        /// A machine known without Kubernetes.
        package static let host = Kind(rawValue: "Host")
        /// A block of addresses.
        package static let network = Kind(rawValue: "Network")
        /// Addresses outside the cluster.
        package static let external = Kind(rawValue: "External")
        /// A block whose meaning a standard fixes, such as multicast.
        package static let wellKnown = Kind(rawValue: "WellKnown")
        /// An address that somebody of the cluster has had, but not then, or of whom several are possible.
        package static let unknown = Kind(rawValue: "Unknown")
        /// All nodes beyond the limit.
        package static let more = Kind(rawValue: "More")

        /// The kind of an end that has no identity.
        init(ofUnidentified end: AttributedEnd) {
            switch end.basis {
            case .wellKnown: self = .wellKnown
            case .ambiguous: self = .unknown
            // The attribution's reason tells "had an owner at another time" from "never one of ours".
            default: self = end.reason.hasPrefix("no owner") ? .unknown : .external
            }
        }
    }

    /// Which node of a graph an end belongs to.
    package struct Name: Sendable, Hashable {
        /// The namespace; empty outside Kubernetes and for machines.
        package let namespace: String
        /// The kind.
        package let kind: Kind
        /// The name within the kind and namespace.
        package let name: String

        /// `namespace/Kind/name`, or `Kind/name` where there is no namespace or it is one.
        package var id: String {
            namespace.isEmpty || kind == .namespace
                ? "\(kind.rawValue)/\(name)" : "\(namespace)/\(kind.rawValue)/\(name)"
        }

        /// A node by its parts.
        package init(namespace: String = "", kind: Kind, name: String) {
            self.namespace = namespace
            self.kind = kind
            self.name = name
        }

        /// The node that an end belongs to in a graph of the given scope.
        package init(_ end: AttributedEnd, scope: GraphScope) {
            if let identity = end.identity {
                self.init(identity, called: end.service, scope: scope)
                return
            }
            // Where all candidates are of one workload, which of its pods it was does not matter.
            let candidates = Set(end.candidates.map { Name($0, called: end.service, scope: scope) })
            if candidates.count == 1, let only = candidates.first {
                self = only
                return
            }
            let name =
                switch end.basis {
                case .wellKnown: end.reason.isEmpty ? "address" : end.reason
                case .ambiguous: "ambiguous"
                case .dnsAnswer: end.domain ?? end.endpoint.address.description
                default: end.endpoint.address.description
                }
            self.init(kind: Kind(ofUnidentified: end), name: name)
        }

        private init(_ identity: Identity, called: ServiceName?, scope: GraphScope) {
            let namespace = identity.namespace
            switch (identity.kind, scope) {
            case (.node, _): self.init(kind: .node, name: identity.name)
            case (.host, _): self.init(kind: .host, name: identity.name)
            case (.network, _): self.init(kind: .network, name: identity.name)
            case (_, .namespace): self.init(namespace: namespace, kind: .namespace, name: namespace)
            case (.service, _): self.init(namespace: namespace, kind: .service, name: identity.name)
            case (.pod, .pod): self.init(namespace: namespace, kind: .pod, name: identity.name)
            case (.pod, .node): self.init(nodeOf: identity)
            case (.pod, .service): self.init(serviceOf: identity, called: called)
            case (.pod, .workload): self.init(workloadOf: identity)
            }
        }

        private init(nodeOf identity: Identity) {
            guard !identity.node.isEmpty else {
                self.init(kind: .unknown, name: "node not known")
                return
            }
            self.init(kind: .node, name: identity.node)
        }

        private init(serviceOf identity: Identity, called: ServiceName?) {
            if let called {
                self.init(namespace: called.namespace, kind: .service, name: called.name)
            } else if identity.services.count == 1 {
                self.init(namespace: identity.namespace, kind: .service, name: identity.services[0])
            } else {
                // With several services, to name one of them would be a guess.
                self.init(workloadOf: identity)
            }
        }

        private init(workloadOf identity: Identity) {
            self.init(
                namespace: identity.namespace,
                kind: identity.workload.map { Kind(rawValue: $0.kind) } ?? .pod,
                name: identity.workload?.name ?? identity.name
            )
        }
    }
}
