import FlowModel
import JSONText
import NetworkAddressing

/// A pod: where it runs, which addresses it says it has, and the evidence of when.
package struct Pod: Sendable, Hashable {
    /// `status.phase`.
    package enum Phase: String, Sendable, Hashable {
        case pending = "Pending"
        case running = "Running"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case unknown = "Unknown"

        /// Whether all containers have ended for good; such a pod keeps `podIP` but no longer has the address.
        package var isTerminal: Bool { self == .succeeded || self == .failed }
    }

    /// A port that a container declares.
    package struct Port: Sendable, Hashable {
        /// The port in the pod's network namespace.
        package let number: UInt16
        /// TCP, UDP or SCTP.
        package let transport: TransportProtocol
        /// The port of the node that leads to it; 0 for none.
        package let hostPort: UInt16

        /// A declared port.
        package init(number: UInt16, transport: TransportProtocol = .tcp, hostPort: UInt16 = 0) {
            self.number = number
            self.transport = transport
            self.hostPort = hostPort
        }
    }

    /// What it says of itself.
    package var metadata: ObjectMetadata
    /// The node it is bound to; empty before.
    package var node = ""
    /// Whether it shares the node's network namespace and addresses.
    package var usesHostNetwork = false
    /// The ports its containers declare, init containers that stay included.
    package var ports: [Port] = []
    /// The phase; `unknown` where missing.
    package var phase = Phase.unknown
    /// `status.podIPs`, or `status.podIP`, without duplicates.
    package var addresses: [IPAddress] = []
    /// The node's addresses as the pod knows them.
    package var hostAddresses: [IPAddress] = []
    /// Since when the sandbox is ready, to the second; `nil` while it is not or where it is not said.
    package var sandboxReady: Timestamp?
    /// When each container last started or ended before, to the second.
    package var containerStarts: [Timestamp] = []
    /// When the first of the containers that run now started, or that ran last in a terminal pod, to the second.
    package var runningSince: Timestamp?
    /// When the last of the ended containers ended, to the second; of a terminal pod that says nothing of its
    /// containers, when it ceased to be ready.
    package var lastFinish: Timestamp?

    /// A pod of which only the metadata is known.
    package init(metadata: ObjectMetadata) { self.metadata = metadata }
}

extension Pod {
    init(metadata: ObjectMetadata, json: JSONValue) {
        self.init(metadata: metadata)
        let spec = json["spec"]
        let status = json["status"]
        node = spec?["nodeName"]?.text ?? ""
        usesHostNetwork = spec?["hostNetwork"]?.flag ?? false
        let containers = (spec?["containers"]?.items ?? []) + (spec?["initContainers"]?.items ?? [])
        ports = containers.flatMap { $0["ports"]?.items ?? [] }.compactMap { Port(json: $0) }
        phase = status?["phase"]?.text.flatMap(Phase.init(rawValue:)) ?? .unknown
        addresses = [IPAddress](list: status?["podIPs"], single: status?["podIP"])
        hostAddresses = [IPAddress](list: status?["hostIPs"], single: status?["hostIP"])
        let conditions = status?["conditions"]?.items ?? []
        let sandbox = conditions.first {
            $0["type"]?.text == "PodReadyToStartContainers" && $0["status"]?.text == "True"
        }
        sandboxReady = sandbox?["lastTransitionTime"]?.time
        for name in ["containerStatuses", "initContainerStatuses"] {
            for container in status?[name]?.items ?? [] { readTimes(of: container) }
        }
        if phase.isTerminal, lastFinish == nil {
            let ready = conditions.first { $0["type"]?.text == "Ready" && $0["status"]?.text == "False" }
            lastFinish = ready?["lastTransitionTime"]?.time
        }
        // The order of a dictionary's members is not the same on every run.
        containerStarts.sort()
    }

    private mutating func readTimes(of container: JSONValue) {
        for key in ["state", "lastState"] {
            for (name, detail) in container[key]?.fields ?? [:] {
                if let start = detail["startedAt"]?.time {
                    containerStarts.append(start)
                    if key == "state", name == "running" || phase.isTerminal {
                        runningSince = runningSince.map { min($0, start) } ?? start
                    }
                }
                guard let finish = detail["finishedAt"]?.time else { continue }
                lastFinish = lastFinish.map { max($0, finish) } ?? finish
            }
        }
    }
}

extension Pod.Port {
    fileprivate init?(json: JSONValue) {
        guard let number = json["containerPort"]?.int.flatMap(UInt16.init(exactly:)), number > 0 else {
            return nil
        }
        self.init(
            number: number,
            transport: TransportProtocol(apiName: json["protocol"]?.text),
            hostPort: json["hostPort"]?.int.flatMap(UInt16.init(exactly:)) ?? 0
        )
    }
}

extension TransportProtocol {
    /// `TCP`, `UDP` or `SCTP`; TCP where nothing is said, as the API defaults it.
    init(apiName: String?) {
        switch apiName {
        case "UDP": self = .udp
        case "SCTP": self = .sctp
        default: self = .tcp
        }
    }
}

extension [IPAddress] {
    /// The addresses of `[{"ip": …}]` and of a single one, in order, without duplicates.
    init(list: JSONValue?, single: JSONValue?) {
        self.init(texts: (list?.items ?? []).compactMap { $0["ip"]?.text } + [single?.text].compactMap(\.self))
    }

    /// The addresses among texts, in order, without duplicates.
    init(texts: [String]) {
        self = []
        for address in texts.compactMap({ IPAddress($0) }) where !contains(address) { append(address) }
    }
}
