import FlowAttribution
import FlowModel
import FlowQuery
import JSONText
import NetworkAddressing

extension FlowGraph {
    /// The graph as the JSON of `GET /api/v1/graph`, without a line feed.
    package func json() -> [UInt8] {
        var writer = JSONWriter(capacity: 1024 + 300 * (nodes.count + edges.count))
        writer.beginObject()
        writer.time("from", from)
        writer.time("to", to)
        writer.key("seconds")
        writer.double(seconds)
        writer.key("scope")
        writer.string(scope.rawValue)
        writer.key("totals")
        writer.beginObject()
        writer.number("bytes", totals.bytes)
        writer.number("packets", totals.packets)
        writer.number("flows", totals.flows)
        writer.number("reports", totals.reports)
        writer.number("countedTwiceAvoided", totals.countedTwiceAvoided)
        writer.endObject()
        writer.key("nodes")
        writer.beginArray()
        for node in nodes { writer.node(node) }
        writer.endArray()
        writer.key("edges")
        writer.beginArray()
        for edge in edges { writer.edge(edge) }
        writer.endArray()
        writer.key("hidden")
        writer.beginObject()
        writer.number("nodes", hidden.nodes)
        writer.number("edges", hidden.edges)
        writer.number("bytes", hidden.bytes)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func number(_ name: StaticString, _ value: some FixedWidthInteger) {
        key(name)
        int(value)
    }

    fileprivate mutating func text(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    fileprivate mutating func time(_ name: StaticString, _ value: Timestamp) {
        key(name)
        ascii(atMost: 30) { value.writeRFC3339(into: $0) }
    }

    fileprivate mutating func traffic(_ name: StaticString, _ value: TrafficCount) {
        key(name)
        beginObject()
        number("bytes", value.bytes)
        number("packets", value.packets)
        endObject()
    }

    fileprivate mutating func node(_ node: GraphNode) {
        beginObject()
        text("id", node.id)
        text("namespace", node.namespace)
        text("kind", node.kind)
        text("name", node.name)
        number("sentBytes", node.sentBytes)
        number("receivedBytes", node.receivedBytes)
        number("flows", node.flows)
        number("pods", node.pods)
        endObject()
    }

    fileprivate mutating func edge(_ edge: GraphEdge) {
        beginObject()
        text("id", edge.id)
        text("source", edge.source)
        text("target", edge.target)
        traffic("forward", edge.forward)
        traffic("backward", edge.backward)
        number("bytes", edge.bytes)
        number("flows", edge.flows)
        key("bytesPerSecond")
        double(edge.bytesPerSecond)
        key("ports")
        beginArray()
        for port in edge.ports {
            beginObject()
            text("transport", port.transport.name)
            number("port", port.port)
            number("bytes", port.bytes)
            endObject()
        }
        endArray()
        key("services")
        beginArray()
        for service in edge.services { string("\(service.namespace)/\(service.name)") }
        endArray()
        time("lastSeen", edge.lastSeen)
        endObject()
    }
}
