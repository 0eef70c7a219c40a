import FlowModel
import NetworkAddressing

/// Reports as the JSON events that Insight's probe posted, for what still reads those: ECS 1.4 in its own dialect.
///
/// Members and their order are as there. The times are those of the report's first and last packet, not of a window;
/// a report without packets makes no event, and without events nothing is to be posted.
package struct InsightEventEncoder: Sendable {
    private let hostname: [UInt8]
    private var buffer = RecordBuffer()
    /// Events in the array so far.
    package private(set) var events = 0

    /// An encoder whose events name a host.
    package init(hostname: String) { self.hostname = jsonString(hostname.isEmpty ? "undefined" : hostname) }

    /// Bytes of the array so far.
    package var size: Int { buffer.count }

    /// Adds a report.
    package mutating func add(_ observation: Observation) {
        let packets = observation.forward.packets &+ observation.backward.packets
        guard packets > 0 else { return }
        buffer.put(byte: events == 0 ? UInt8(ascii: "[") : UInt8(ascii: ","))
        events += 1
        buffer.literal(#"{"type":"","ecs":{"version":"1.4"},"agent":{"hostname":"#)
        buffer.put(hostname)
        buffer.literal(#","type":"insight"},"event":{"duration":"#)
        buffer.put(UInt64(max(0, observation.end.since(observation.start))))
        buffer.literal(
            #","kind":"event","action":"network_flow","category":"network_traffic","dataset":"flow","start":""#
        )
        buffer.put(InsightEventEncoder.time(observation.start))
        buffer.literal(#"","end":""#)
        buffer.put(InsightEventEncoder.time(observation.end))
        buffer.literal(#""},"source":{"#)
        end(observation.source, observation.forward, observation.transport)
        buffer.literal(#"},"destination":{"#)
        end(observation.destination, observation.backward, observation.transport)
        buffer.literal(#"},"network":{"type":"ip"#)
        buffer.literal(observation.source.address.family == .v4 ? "v4" : "v6")
        buffer.literal(#"","bytes":"#)
        buffer.put(observation.forward.bytes &+ observation.backward.bytes)
        buffer.literal(#","packets":"#)
        buffer.put(packets)
        buffer.literal(#","transport":""#)
        buffer.put(observation.transport.name)
        buffer.literal(#"","community_id":""#)
        buffer.putCommunityID(observation.transport, observation.source, observation.destination, seed: 0)
        buffer.literal(#""}}"#)
    }

    /// The array's bytes; the encoder is empty again.
    package mutating func finish() -> [UInt8] {
        if events > 0 { buffer.put(byte: UInt8(ascii: "]")) }
        defer {
            buffer.removeAll()
            events = 0
        }
        return Array(buffer.bytes)
    }

    private mutating func end(_ end: Endpoint, _ sent: TrafficCount, _ transport: TransportProtocol) {
        buffer.literal(#""address":""#)
        buffer.put(end.address)
        buffer.literal(#"","ip":""#)
        buffer.put(end.address)
        buffer.literal(#"","port":"#)
        buffer.put(UInt64(transport.hasPorts ? end.port : 0))
        buffer.literal(#","bytes":"#)
        buffer.put(sent.bytes)
        buffer.literal(#","packets":"#)
        buffer.put(sent.packets)
    }

    /// RFC3339Nano of Go's time package: as many decimals as are needed, none for whole seconds.
    private static func time(_ time: Timestamp) -> String {
        var text = time.rfc3339.dropLast()
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text + "Z"
    }
}
