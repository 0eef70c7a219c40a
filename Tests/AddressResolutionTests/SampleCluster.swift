import AddressResolution
import ClusterHistory
import ClusterModel
import FlowAttribution
import FlowModel
import NetworkAddressing

/// A small cluster in which 10.1.0.8 goes from `old` to `new`, with what shares addresses and ports.
enum SampleCluster {
    static func at(_ seconds: Double) -> Timestamp {
        Timestamp(seconds: 1_795_000_000, nanoseconds: Int64((seconds * 1e9).rounded()))
    }

    static func address(_ text: String) -> IPAddress { IPAddress(text) ?? IPAddress(v4: 0) }

    private static func metadata(_ name: String, _ uid: String) -> ObjectMetadata {
        ObjectMetadata(name: name, namespace: "shop", uid: uid, labels: ["app": name])
    }

    static func pod(_ name: String, _ address: String, ready: Double) -> Pod {
        var pod = Pod(metadata: metadata(name, "uid-\(name)"))
        pod.addresses = [SampleCluster.address(address)]
        pod.hostAddresses = [SampleCluster.address("192.168.0.1")]
        pod.node = "node-1"
        pod.phase = .running
        pod.sandboxReady = at(ready)
        return pod
    }

    static func service(_ name: String, cluster: String?, external: [String] = [], ports: [Service.Port]) -> Service {
        var service = Service(metadata: metadata(name, "uid-\(name)"))
        service.clusterAddresses = cluster.map { [address($0)] } ?? []
        service.externalAddresses = external.map(address)
        service.ports = ports
        service.selector = ["app": name]
        return service
    }

    static var history: ClusterHistory {
        var history = ClusterHistory()
        func see(_ object: ClusterObject, _ seconds: Double) { history.apply(.changed(object, at: at(seconds))) }
        var node = Node(metadata: ObjectMetadata(name: "node-1", uid: "uid-node-1"))
        node.addresses = [address("192.168.0.1")]
        node.podBlocks = [IPPrefix("10.1.0.0/24")].compactMap(\.self)
        see(.node(node), 0)
        var exporter = pod("exporter", "192.168.0.1", ready: 1)
        exporter.usesHostNetwork = true
        exporter.ports = [Pod.Port(number: 9100)]
        see(.pod(exporter), 1)
        let old = pod("old", "10.1.0.8", ready: 3)
        see(.pod(old), 3.5)
        see(
            .service(
                service("old", cluster: "10.96.0.5", ports: [.init(number: 5432, nodePort: 31000, target: "5432")])
            ),
            4
        )
        see(.service(service("tcp-x", cluster: nil, external: ["7.7.7.7"], ports: [.init(number: 53)])), 5)
        let udp = Service.Port(transport: .udp, number: 53)
        see(.service(service("udp-x", cluster: nil, external: ["7.7.7.7"], ports: [udp])), 6)
        history.apply(.deleted(.pod(old), at: at(90)))
        see(.pod(pod("new", "10.1.0.8", ready: 90)), 90.4)
        history.apply(.gap(.pod, from: at(200), until: at(210), reason: "disconnected"))
        see(.pod(pod("late", "10.1.0.9", ready: 300)), 300.5)
        return history
    }

    static var resolver: AddressResolver { AddressResolver(recording: history, clock: at(1_000)) }

    static func answer(_ text: String, _ seconds: Double) throws -> AddressAnswer {
        resolver.answer(AddressQuestion(try AddressText(text), at: at(seconds)), asked: text)
    }
}
