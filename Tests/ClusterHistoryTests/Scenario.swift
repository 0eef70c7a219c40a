import ClusterHistory
import ClusterModel
import FlowModel
import NetworkAddressing

/// Short ways to write objects and times down.
enum Scenario {
    static let start: Int64 = 1_795_000_000

    /// So many seconds after the start.
    static func at(_ seconds: Double) -> Timestamp {
        Timestamp(seconds: start, nanoseconds: Int64((seconds * 1e9).rounded()))
    }

    static func address(_ text: String) -> IPAddress { IPAddress(text) ?? IPAddress(v4: 0) }

    /// A running pod; its UID is its name unless told otherwise.
    static func pod(
        _ name: String,
        _ addresses: String...,
        uid: String? = nil,
        version: Int = 0,
        phase: Pod.Phase = .running,
        ready: Double? = nil,
        finished: Double? = nil,
        labels: [String: String] = [:],
        node: String = "n1",
        controller: OwnerReference? = nil
    ) -> Pod {
        var pod = Pod(metadata: metadata(name, uid: uid, version: version, labels: labels, controller: controller))
        pod.addresses = addresses.map(address)
        pod.hostAddresses = [address("192.168.0.1")]
        pod.phase = phase
        pod.sandboxReady = ready.map { at($0.rounded(.down)) }
        pod.lastFinish = finished.map { at($0.rounded(.down)) }
        pod.node = node
        return pod
    }

    static func service(
        _ name: String,
        _ addresses: String...,
        version: Int = 0,
        created: Double? = nil,
        ports: [Service.Port] = [.init(number: 80)],
        selector: [String: String] = [:]
    ) -> Service {
        var service = Service(metadata: metadata(name, version: version, created: created))
        service.clusterAddresses = addresses.map(address)
        service.ports = ports
        service.selector = selector
        return service
    }

    static func slice(_ name: String, of service: String, version: Int = 0, pods: String...) -> EndpointSlice {
        var slice = EndpointSlice(metadata: metadata(name, version: version))
        slice.service = service
        slice.members = pods.map { EndpointSlice.Member(addresses: [], podUID: $0, podName: $0) }
        return slice
    }

    static func metadata(
        _ name: String,
        uid: String? = nil,
        version: Int = 0,
        created: Double? = nil,
        labels: [String: String] = [:],
        controller: OwnerReference? = nil
    ) -> ObjectMetadata {
        ObjectMetadata(
            name: name,
            namespace: "shop",
            uid: uid ?? name,
            resourceVersion: version == 0 ? "" : "\(version)",
            created: created.map { at($0.rounded(.down)) },
            labels: labels,
            controller: controller
        )
    }
}

extension ClusterHistory {
    mutating func see(_ pod: Pod, at seconds: Double) { apply(.changed(.pod(pod), at: Scenario.at(seconds))) }
    mutating func see(_ service: Service, at seconds: Double) {
        apply(.changed(.service(service), at: Scenario.at(seconds)))
    }
    mutating func see(_ slice: EndpointSlice, at seconds: Double) {
        apply(.changed(.endpointSlice(slice), at: Scenario.at(seconds)))
    }
    mutating func lose(_ pod: Pod, at seconds: Double) { apply(.deleted(.pod(pod), at: Scenario.at(seconds))) }
    mutating func list(_ pods: [Pod], version: Int, at seconds: Double) {
        apply(
            .listed(.pod, objects: pods.map(ClusterObject.pod), resourceVersion: "\(version)", at: Scenario.at(seconds))
        )
    }

    /// The UIDs of an address's owners.
    func uids(_ address: String, _ seconds: Double) -> [String] {
        owners(of: Scenario.address(address), at: Scenario.at(seconds)).map(\.identity.uid)
    }
}
