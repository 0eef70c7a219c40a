import FlowModel
import JSONText
import NetworkAddressing

extension ClusterObject {
    /// Writes the object as the Kubernetes API would, with nothing but what `decode` reads; reading it back gives
    /// the same object.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("kind")
        writer.string(kind.rawValue)
        writer.key("metadata")
        metadata.write(to: &writer)
        switch self {
        case .namespace, .workload: break
        case .node(let node): node.write(to: &writer)
        case .pod(let pod): pod.write(to: &writer)
        case .service(let service): service.write(to: &writer)
        case .endpointSlice(let slice): slice.isLegacy ? slice.writeSubsets(to: &writer) : slice.write(to: &writer)
        case .serviceCIDR(let range): range.write(to: &writer)
        }
        writer.endObject()
    }
}

extension ObjectMetadata {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.text("name", name)
        writer.text("namespace", namespace)
        writer.text("uid", uid)
        writer.text("resourceVersion", resourceVersion)
        writer.time("creationTimestamp", created)
        writer.time("deletionTimestamp", deletionAsked)
        if deletionGrace != 0 {
            writer.key("deletionGracePeriodSeconds")
            writer.int(deletionGrace)
        }
        writer.strings("labels", labels)
        if let controller {
            writer.key("ownerReferences")
            writer.beginArray()
            writer.beginObject()
            // Without these there would be no owner to read.
            writer.key("kind")
            writer.string(controller.kind)
            writer.key("name")
            writer.string(controller.name)
            writer.text("uid", controller.uid)
            writer.key("controller")
            writer.bool(true)
            writer.endObject()
            writer.endArray()
        }
        writer.endObject()
    }
}

extension Node {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("spec")
        writer.beginObject()
        writer.list("podCIDRs", podBlocks) { $0.string($1.description) }
        writer.endObject()
        writer.key("status")
        writer.beginObject()
        writer.list("addresses", addresses) { writer, address in
            writer.beginObject()
            writer.text("type", "InternalIP")
            writer.text("address", address.description)
            writer.endObject()
        }
        writer.endObject()
    }
}

extension Pod {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("spec")
        writer.beginObject()
        writer.text("nodeName", node)
        if usesHostNetwork {
            writer.key("hostNetwork")
            writer.bool(true)
        }
        // Which container declares a port is not kept.
        writer.list("containers", ports.isEmpty ? [] : [ports]) { writer, ports in
            writer.beginObject()
            writer.list("ports", ports) { writer, port in
                writer.beginObject()
                writer.number("containerPort", port.number)
                writer.transport(port.transport)
                writer.number("hostPort", port.hostPort)
                writer.endObject()
            }
            writer.endObject()
        }
        writer.endObject()
        writer.key("status")
        writer.beginObject()
        writer.text("phase", phase.rawValue)
        writer.addresses("podIPs", addresses)
        writer.addresses("hostIPs", hostAddresses)
        writer.list("conditions", [sandboxReady].compactMap(\.self)) { writer, time in
            writer.beginObject()
            writer.text("type", "PodReadyToStartContainers")
            writer.text("status", "True")
            writer.time("lastTransitionTime", time)
            writer.endObject()
        }
        // Which container started when is not kept, but which start is that of the one that runs.
        let running = runningSince.flatMap { containerStarts.firstIndex(of: $0) }
        var times = containerStarts.indices.filter { $0 != running }
            .map { ("lastState", "terminated", "startedAt", containerStarts[$0]) }
        if let lastFinish { times.append(("lastState", "terminated", "finishedAt", lastFinish)) }
        if running != nil, let runningSince {
            times.append(("state", phase.isTerminal ? "terminated" : "running", "startedAt", runningSince))
        }
        writer.list("containerStatuses", times) { writer, time in
            writer.beginObject()
            writer.key(text: time.0)
            writer.beginObject()
            writer.key(text: time.1)
            writer.beginObject()
            writer.key(text: time.2)
            writer.string(time.3.rfc3339)
            writer.endObject()
            writer.endObject()
            writer.endObject()
        }
        writer.endObject()
    }
}

extension ServiceCIDR {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("spec")
        writer.beginObject()
        writer.list("cidrs", blocks) { $0.string($1.description) }
        writer.endObject()
    }
}

extension Service {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("spec")
        writer.beginObject()
        writer.text("type", type)
        writer.list("clusterIPs", clusterAddresses) { $0.string($1.description) }
        writer.list("externalIPs", externalAddresses) { $0.string($1.description) }
        writer.strings("selector", selector)
        writer.list("ports", ports) { writer, port in
            writer.beginObject()
            writer.text("name", port.name)
            writer.transport(port.transport)
            writer.number("port", port.number)
            writer.number("nodePort", port.nodePort)
            writer.text("targetPort", port.target)
            writer.endObject()
        }
        writer.endObject()
        guard !balancerAddresses.isEmpty else { return }
        writer.key("status")
        writer.beginObject()
        writer.key("loadBalancer")
        writer.beginObject()
        writer.addresses("ingress", balancerAddresses)
        writer.endObject()
        writer.endObject()
    }
}

extension EndpointSlice {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.list("endpoints", members) { writer, member in
            writer.beginObject()
            writer.list("addresses", member.addresses) { $0.string($1.description) }
            writer.key("conditions")
            writer.beginObject()
            writer.key("ready")
            writer.bool(member.isReady)
            writer.key("serving")
            writer.bool(member.isServing)
            writer.key("terminating")
            writer.bool(member.isTerminating)
            writer.endObject()
            writer.text("hostname", member.hostname)
            writer.target(member)
            writer.endObject()
        }
        writer.list("ports", ports) { writer, port in port.write(to: &writer) }
    }

    /// The same as an Endpoints object: a subset for each endpoint keeps their order.
    fileprivate func writeSubsets(to writer: inout JSONWriter) {
        writer.key("subsets")
        writer.beginArray()
        writer.beginObject()
        writer.list("ports", ports) { writer, port in port.write(to: &writer) }
        writer.endObject()
        for member in members {
            writer.beginObject()
            writer.list(member.isReady ? "addresses" : "notReadyAddresses", [member]) { writer, member in
                writer.beginObject()
                writer.text("ip", member.addresses.first?.description ?? "")
                writer.target(member)
                writer.endObject()
            }
            writer.endObject()
        }
        writer.endArray()
    }
}

extension EndpointSlice.Port {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.text("name", name)
        writer.transport(transport)
        writer.number("port", number)
        writer.endObject()
    }
}

/// Members are left out where they say what their absence says.
extension JSONWriter {
    fileprivate mutating func text(_ key: StaticString, _ value: String) {
        guard !value.isEmpty else { return }
        self.key(key)
        string(value)
    }

    fileprivate mutating func number(_ key: StaticString, _ value: UInt16) {
        guard value != 0 else { return }
        self.key(key)
        int(value)
    }

    fileprivate mutating func time(_ key: StaticString, _ value: Timestamp?) {
        guard let value else { return }
        self.key(key)
        string(value.rfc3339)
    }

    fileprivate mutating func transport(_ transport: TransportProtocol) {
        switch transport {
        case .udp: text("protocol", "UDP")
        case .sctp: text("protocol", "SCTP")
        default: break
        }
    }

    fileprivate mutating func target(_ member: EndpointSlice.Member) {
        guard !member.podUID.isEmpty || !member.podName.isEmpty else { return }
        key("targetRef")
        beginObject()
        text("kind", "Pod")
        text("name", member.podName)
        text("uid", member.podUID)
        endObject()
    }

    fileprivate mutating func strings(_ key: StaticString, _ values: [String: String]) {
        guard !values.isEmpty else { return }
        self.key(key)
        beginObject()
        // The same object gives the same bytes.
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            self.key(text: name)
            string(value)
        }
        endObject()
    }

    fileprivate mutating func addresses(_ key: StaticString, _ addresses: [IPAddress]) {
        list(key, addresses) { writer, address in
            writer.beginObject()
            writer.text("ip", address.description)
            writer.endObject()
        }
    }

    fileprivate mutating func list<Element>(
        _ key: StaticString,
        _ elements: [Element],
        _ body: (inout JSONWriter, Element) -> Void
    ) {
        guard !elements.isEmpty else { return }
        self.key(key)
        beginArray()
        for element in elements { body(&self, element) }
        endArray()
    }
}
