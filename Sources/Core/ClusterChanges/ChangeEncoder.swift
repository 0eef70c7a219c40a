import ClusterModel
import FlowModel
import JSONText
import NetworkAddressing
import RecordFormats

/// How changes are written.
package enum ChangeFormat: String, Sendable, Hashable, CaseIterable {
    /// One JSON object with all of them.
    case json
    /// A JSON object for each, one a line.
    case jsonl
    /// For people.
    case table

    /// The media type, with parameters.
    package var mediaType: String {
        switch self {
        case .json: "application/json"
        case .jsonl: "application/x-ndjson"
        case .table: "text/plain; charset=utf-8"
        }
    }
}

extension [ClusterChange] {
    /// The changes as text; `matched` says how many there are beyond those given.
    package func text(_ format: ChangeFormat, matched: Int) -> [UInt8] {
        switch format {
        case .table:
            return TextTable.render(
                ["TIME", "ACTION", "KIND", "OBJECT", "WHAT"],
                map { change in
                    let metadata = change.object?.metadata
                    let name = metadata.map { $0.namespace.isEmpty ? $0.name : "\($0.namespace)/\($0.name)" }
                    return [
                        change.time == .distantPast ? "-" : change.time.rfc3339, change.action.word,
                        change.kind.rawValue, name ?? "-", change.summary,
                    ]
                }
            )
        case .jsonl:
            var writer = JSONWriter()
            for change in self {
                writer.object(change)
                writer.newline()
            }
            return writer.bytes
        case .json:
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("events")
            writer.beginArray()
            for change in self { writer.object(change) }
            writer.endArray()
            writer.key("matched")
            writer.int(matched)
            writer.endObject()
            return writer.bytes
        }
    }
}

extension JSONWriter {
    fileprivate mutating func object(_ change: ClusterChange) {
        beginObject()
        key("ts")
        if change.time == .distantPast { null() } else { int(change.time.nanoseconds) }
        key("time")
        if change.time == .distantPast { null() } else { string(change.time.rfc3339) }
        key("kind")
        string(change.kind.component)
        key("action")
        string(change.action.rawValue)
        key("object")
        if let object = change.object {
            beginObject()
            key("kind")
            string(object.kind.rawValue)
            key("namespace")
            if object.metadata.namespace.isEmpty { null() } else { string(object.metadata.namespace) }
            key("name")
            string(object.metadata.name)
            key("uid")
            if object.metadata.uid.isEmpty { null() } else { string(object.metadata.uid) }
            endObject()
        } else {
            null()
        }
        key("summary")
        string(change.summary)
        key("message")
        string(change.message)
        endObject()
    }
}

extension ClusterChange {
    /// The text that SysFlow's records carry: the object reduced to what is read of it, as JSON.
    package var message: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("apiVersion")
        writer.string("v1")
        writer.key("items")
        writer.beginArray()
        if let object { writer.item(object) }
        writer.endArray()
        writer.key("kind")
        writer.string(kind.rawValue)
        if action == .error {
            writer.key("reason")
            writer.string(summary)
        }
        writer.key("type")
        writer.string(action.word)
        writer.endObject()
        return writer.text
    }
}

extension JSONWriter {
    fileprivate mutating func item(_ object: ClusterObject) {
        beginObject()
        switch object {
        case .pod(let pod): members(pod)
        case .service(let service): members(service)
        case .node(let node): addresses("addresses", node.addresses)
        case .endpointSlice(let slice): members(slice)
        case .namespace, .workload, .serviceCIDR: break
        }
        let metadata = object.metadata
        key("labels")
        map(metadata.labels)
        member("name", metadata.name)
        if !metadata.namespace.isEmpty { member("namespace", metadata.namespace) }
        if let owner = metadata.controller { member("owner", "\(owner.kind)/\(owner.name)") }
        if let created = metadata.created { member("timestamp", created.rfc3339) }
        if !metadata.uid.isEmpty { member("uid", metadata.uid) }
        endObject()
    }

    private mutating func members(_ pod: Pod) {
        if let address = pod.hostAddresses.first { member("hostIP", "\(address)") }
        if !pod.node.isEmpty { member("nodeName", pod.node) }
        member("phase", pod.phase.rawValue)
        if let address = pod.addresses.first { member("podIP", "\(address)") }
        if pod.addresses.count > 1 { addresses("podIPs", pod.addresses) }
    }

    private mutating func members(_ service: Service) {
        if let address = service.clusterAddresses.first { member("clusterIP", "\(address)") }
        if service.clusterAddresses.count > 1 { addresses("clusterIPs", service.clusterAddresses) }
        key("ports")
        beginArray()
        for port in service.ports {
            beginObject()
            if !port.name.isEmpty { member("name", port.name) }
            if port.nodePort > 0 { number("nodePort", port.nodePort) }
            number("port", port.number)
            member("protocol", port.transport.name.uppercased())
            if !port.target.isEmpty { member("targetPort", port.target) }
            endObject()
        }
        endArray()
        key("selector")
        map(service.selector)
        member("type", service.type)
    }

    private mutating func members(_ slice: EndpointSlice) {
        key("endpoints")
        beginArray()
        for endpoint in slice.members {
            beginObject()
            addresses("addresses", endpoint.addresses)
            if !endpoint.podName.isEmpty { member("pod", endpoint.podName) }
            key("ready")
            bool(endpoint.isReady)
            endObject()
        }
        endArray()
        if !slice.service.isEmpty { member("service", slice.service) }
    }

    private mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        string(text)
    }

    private mutating func number(_ name: StaticString, _ value: UInt16) {
        key(name)
        int(value)
    }

    private mutating func addresses(_ name: StaticString, _ addresses: [IPAddress]) {
        key(name)
        beginArray()
        for address in addresses { string("\(address)") }
        endArray()
    }

    private mutating func map(_ members: [String: String]) {
        beginObject()
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            key(text: name)
            string(value)
        }
        endObject()
    }
}
