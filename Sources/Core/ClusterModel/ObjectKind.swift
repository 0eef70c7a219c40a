/// The kinds of Kubernetes object that attribution needs; the raw value is the API's `kind`.
package enum ObjectKind: String, Sendable, Hashable, CaseIterable {
    case namespace = "Namespace"
    case node = "Node"
    case pod = "Pod"
    case service = "Service"
    case endpointSlice = "EndpointSlice"
    case replicaSet = "ReplicaSet"
    case deployment = "Deployment"
    case statefulSet = "StatefulSet"
    case daemonSet = "DaemonSet"
    case job = "Job"
    case cronJob = "CronJob"
    /// What preceded EndpointSlices; counts for a service only while none of its slices is known.
    case endpoints = "Endpoints"
    /// A block of addresses for services, from Kubernetes 1.33 on.
    case serviceCIDR = "ServiceCIDR"

    /// The kinds that a live cluster is followed by: what any cluster has, each fact once.
    package static let followed: [ObjectKind] = [
        .namespace, .node, .pod, .service, .endpointSlice, .replicaSet, .deployment, .statefulSet, .daemonSet, .job,
        .cronJob,
    ]

    /// The path under which the API server lists and watches all objects of this kind.
    package var apiPath: String {
        switch self {
        case .namespace: "/api/v1/namespaces"
        case .node: "/api/v1/nodes"
        case .pod: "/api/v1/pods"
        case .service: "/api/v1/services"
        case .endpointSlice: "/apis/discovery.k8s.io/v1/endpointslices"
        case .replicaSet: "/apis/apps/v1/replicasets"
        case .deployment: "/apis/apps/v1/deployments"
        case .statefulSet: "/apis/apps/v1/statefulsets"
        case .daemonSet: "/apis/apps/v1/daemonsets"
        case .job: "/apis/batch/v1/jobs"
        case .cronJob: "/apis/batch/v1/cronjobs"
        case .endpoints: "/api/v1/endpoints"
        case .serviceCIDR: "/apis/networking.k8s.io/v1/servicecidrs"
        }
    }

    /// The kind of an API path; `nil` for all others, those of one namespace or one object included.
    package init?(apiPath: some StringProtocol) {
        guard let kind = ObjectKind.allCases.first(where: { $0.apiPath == apiPath }) else { return nil }
        self = kind
    }
}
