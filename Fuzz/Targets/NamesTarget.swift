import ClusterHistory
import ClusterModel
import FlowModel
import NetworkAddressing
import PacketParsing
import ReverseNames

extension FuzzTarget {
    /// DNS questions about addresses; an input is a datagram.
    package static let names = FuzzTarget(name: "names") { bytes in
        guard let zone = ReverseZone("cluster.local") else { throw BrokenPromise(description: "this is a zone") }
        for overTCP in [false, true] {
            let reply = zone.answer(
                Array(bytes),
                overTCP: overTCP,
                history: SmallCluster.history,
                now: Timestamp(seconds: 50)
            )
            guard let reply else {
                try require(bytes.count < 12 || bytes[2] & 0x80 != 0, "only what is no question is left without answer")
                continue
            }
            try require(reply.count >= 12 && bytes.count >= 12, "an answer has a header, and so had its question")
            try require(reply[0] == bytes[0] && reply[1] == bytes[1], "an answer has the number of its question")
            try require(reply[2] & 0x80 != 0 && reply[3] & 0x70 == 0, "an answer says that it is one, and no more")
            try require(overTCP || reply.count <= 1232, "a datagram is not longer than crosses most paths")
            let code = reply[3] & 15
            try require(code != 1 && code != 4 || reply.count == 12, "an error is its code alone")
            // A question that is refused is repeated as it is, whatever its class.
            guard code == 0 || code == 3 else { continue }
            let message = reply.withUnsafeBytes { DNSMessage($0.bytes) }
            try require(message?.isResponse == true, "an answer can be read")
        }
    }
}

/// A cluster with a service, and a pod with more names than a datagram takes.
enum SmallCluster {
    static let history: ClusterHistory = {
        var history = ClusterHistory()
        func see(_ object: ClusterObject) { history.apply(.changed(object, at: Timestamp(seconds: 1))) }
        func metadata(_ name: String) -> ObjectMetadata { ObjectMetadata(name: name, namespace: "shop", uid: name) }
        var service = Service(metadata: metadata("web"))
        service.clusterAddresses = [IPAddress(v4: 0x0a60_0005), IPAddress(v6: 0xfd00_0000_0000_0000, 5)]
        service.externalAddresses = [IPAddress(v4: 0x0807_0605)]
        service.ports = [.init(number: 80, nodePort: 30_080)]
        see(.service(service))
        var node = Node(metadata: ObjectMetadata(name: "node", uid: "node"))
        node.addresses = [IPAddress(v4: 0xc0a8_0001)]
        see(.node(node))
        var pod = Pod(metadata: metadata("pod"))
        pod.addresses = [IPAddress(v4: 0x0a01_0007)]
        pod.phase = .running
        see(.pod(pod))
        for index in 0..<40 {
            var slice = EndpointSlice(metadata: metadata("slice-\(index)"))
            slice.service = "service-\(index)"
            slice.members = [.init(addresses: pod.addresses, podUID: "pod", podName: "pod")]
            see(.endpointSlice(slice))
        }
        return history
    }()
}
