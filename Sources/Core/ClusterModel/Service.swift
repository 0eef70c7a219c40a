import JSONText
import NetworkAddressing

/// A service: its addresses, ports and selector.
package struct Service: Sendable, Hashable {
    /// One port of a service.
    package struct Port: Sendable, Hashable {
        /// The port's name; empty where it has none.
        package let name: String
        /// TCP, UDP or SCTP.
        package let transport: TransportProtocol
        /// The port at the service's addresses.
        package let number: UInt16
        /// The port at every node; 0 for none.
        package let nodePort: UInt16
        /// The port at the pods as it was written: a number or the name of a container's port.
        package let target: String

        /// A service port.
        package init(
            name: String = "",
            transport: TransportProtocol = .tcp,
            number: UInt16,
            nodePort: UInt16 = 0,
            target: String = ""
        ) {
            self.name = name
            self.transport = transport
            self.number = number
            self.nodePort = nodePort
            self.target = target
        }
    }

    /// What it says of itself.
    package var metadata: ObjectMetadata
    /// `spec.type`, such as `ClusterIP`.
    package var type = "ClusterIP"
    /// `spec.clusterIPs`; empty for headless and external-name services.
    package var clusterAddresses: [IPAddress] = []
    /// `spec.externalIPs`.
    package var externalAddresses: [IPAddress] = []
    /// The addresses of its load balancer.
    package var balancerAddresses: [IPAddress] = []
    /// The ports.
    package var ports: [Port] = []
    /// The labels its pods have; empty for a service whose endpoints are made by hand.
    package var selector: [String: String] = [:]

    /// A service of which only the metadata is known.
    package init(metadata: ObjectMetadata) { self.metadata = metadata }
}

extension Service {
    init(metadata: ObjectMetadata, json: JSONValue) {
        self.init(metadata: metadata)
        let spec = json["spec"]
        type = spec?["type"]?.text ?? "ClusterIP"
        selector = spec?["selector"]?.strings ?? [:]
        let cluster = (spec?["clusterIPs"]?.items ?? []) + [spec?["clusterIP"]].compactMap(\.self)
        clusterAddresses = [IPAddress](texts: cluster.compactMap(\.text))
        externalAddresses = [IPAddress](texts: (spec?["externalIPs"]?.items ?? []).compactMap(\.text))
        balancerAddresses = [IPAddress](list: json["status"]?["loadBalancer"]?["ingress"], single: nil)
        ports = (spec?["ports"]?.items ?? []).compactMap { json in
            guard let number = json["port"]?.int.flatMap(UInt16.init(exactly:)), number > 0 else { return nil }
            return Port(
                name: json["name"]?.text ?? "",
                transport: TransportProtocol(apiName: json["protocol"]?.text),
                number: number,
                nodePort: json["nodePort"]?.int.flatMap(UInt16.init(exactly:)) ?? 0,
                target: json["targetPort"].flatMap { $0.text ?? $0.int.map(String.init) } ?? ""
            )
        }
    }
}
