import JSONText
import NetworkAddressing

/// A part of the endpoints of one service, all of one address family.
package struct EndpointSlice: Sendable, Hashable {
    /// One endpoint.
    package struct Member: Sendable, Hashable {
        /// Its addresses; all mean the same.
        package var addresses: [IPAddress]
        /// Whether it takes new connections; unknown counts as yes, as the API says.
        package var isReady: Bool
        /// Whether it answers, also while it terminates; unknown counts as `isReady`.
        package var isServing: Bool
        /// Whether its pod is being deleted.
        package var isTerminating: Bool
        /// The pod's UID; empty where the endpoint is no pod.
        package var podUID: String
        /// The pod's name; empty where the endpoint is no pod.
        package var podName: String
        /// The name it has below the service's; empty where it has none.
        package var hostname: String

        /// An endpoint, ready unless told otherwise.
        package init(
            addresses: [IPAddress],
            isReady: Bool = true,
            isServing: Bool = true,
            isTerminating: Bool = false,
            podUID: String = "",
            podName: String = "",
            hostname: String = ""
        ) {
            self.addresses = addresses
            self.isReady = isReady
            self.isServing = isServing
            self.isTerminating = isTerminating
            self.podUID = podUID
            self.podName = podName
            self.hostname = hostname
        }
    }

    /// A port that all endpoints of the slice serve.
    package struct Port: Sendable, Hashable {
        /// The service port's name; empty where it has none.
        package let name: String
        /// TCP, UDP or SCTP.
        package let transport: TransportProtocol
        /// The port at the pods; 0 for all ports.
        package let number: UInt16

        /// A port of the endpoints.
        package init(name: String = "", transport: TransportProtocol = .tcp, number: UInt16) {
            self.name = name
            self.transport = transport
            self.number = number
        }
    }

    /// What it says of itself.
    package var metadata: ObjectMetadata
    /// The service it belongs to, in the same namespace; empty for none.
    package var service = ""
    /// The endpoints.
    package var members: [Member] = []
    /// The ports.
    package var ports: [Port] = []
    /// Whether it was read from an Endpoints object.
    package var isLegacy = false

    /// A slice of which only the metadata is known.
    package init(metadata: ObjectMetadata) { self.metadata = metadata }
}

extension EndpointSlice {
    init(metadata: ObjectMetadata, json: JSONValue) {
        self.init(metadata: metadata)
        service = metadata.labels["kubernetes.io/service-name"] ?? ""
        members = (json["endpoints"]?.items ?? []).map { json in
            let conditions = json["conditions"]
            let target = json["targetRef"]
            let isPod = target?["kind"]?.text == "Pod"
            let isReady = conditions?["ready"]?.flag ?? true
            return Member(
                addresses: [IPAddress](texts: (json["addresses"]?.items ?? []).compactMap(\.text)),
                isReady: isReady,
                isServing: conditions?["serving"]?.flag ?? isReady,
                isTerminating: conditions?["terminating"]?.flag ?? false,
                podUID: isPod ? target?["uid"]?.text ?? "" : "",
                podName: isPod ? target?["name"]?.text ?? "" : "",
                hostname: json["hostname"]?.text ?? ""
            )
        }
        ports = (json["ports"]?.items ?? []).map { Port(json: $0) }
    }

    /// All that an Endpoints object, named like its service, lists; a pod that is not ready is known to be there.
    init(metadata: ObjectMetadata, endpoints json: JSONValue) {
        self.init(metadata: metadata)
        isLegacy = true
        service = metadata.name
        for subset in json["subsets"]?.items ?? [] {
            for (list, isReady) in [("addresses", true), ("notReadyAddresses", false)] {
                for entry in subset[list]?.items ?? [] {
                    let target = entry["targetRef"]
                    let isPod = target?["kind"]?.text == "Pod"
                    members.append(
                        Member(
                            addresses: [IPAddress](texts: [entry["ip"]?.text].compactMap(\.self)),
                            isReady: isReady,
                            isServing: isReady,
                            podUID: isPod ? target?["uid"]?.text ?? "" : "",
                            podName: isPod ? target?["name"]?.text ?? "" : ""
                        )
                    )
                }
            }
            for json in subset["ports"]?.items ?? [] {
                let port = Port(json: json)
                if !ports.contains(port) { ports.append(port) }
            }
        }
    }
}

extension EndpointSlice.Port {
    fileprivate init(json: JSONValue) {
        self.init(
            name: json["name"]?.text ?? "",
            transport: TransportProtocol(apiName: json["protocol"]?.text),
            number: json["port"]?.int.flatMap(UInt16.init(exactly:)) ?? 0
        )
    }
}
