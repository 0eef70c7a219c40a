import ClusterHistory
import FlowAttribution
import FlowModel
import FlowQuery
import JSONText
import NetworkAddressing

/// Attributed flows as documents of the Elastic Common Schema 9.4; `docs/reference/ecs.md` lists the fields.
///
/// One encoder is meant for many flows: what identities and observation points contribute is encoded once.
package struct ECSFlowEncoder: Sendable {
    /// The release of ECS that documents name.
    package static let ecsVersion = "9.4.0"

    private let seed: UInt16
    private let version: [UInt8]
    var buffer = RecordBuffer()
    private var identities = IdentityFragments()
    private var points: [ObjectIdentifier: PointFragment] = [:]

    /// An encoder of no flow yet.
    ///
    /// - Parameters:
    ///   - version: The product's version, which `observer.version` carries.
    ///   - seed: The seed of the Community ID.
    package init(version: String = productVersion, seed: UInt16 = 0) {
        self.seed = seed
        self.version = jsonString(version)
    }

    /// Appends one document, without a line feed.
    package mutating func encode(_ flow: AttributedFlow, into output: inout [UInt8]) {
        buffer.removeAll()
        let point = pointFragment(flow.point)
        time(flow.observation)
        event(flow.observation, point)
        let source = flow.source.identity.map { identities.fragment(of: $0) }
        let destination = flow.destination.identity.map { identities.fragment(of: $0) }
        buffer.literal(#"},"source":{"#)
        end(flow.source, flow.observation.forward, flow.observation.transport, source)
        buffer.literal(#"},"destination":{"#)
        end(flow.destination, flow.observation.backward, flow.observation.transport, destination)
        network(flow)
        buffer.put(flow.direction == .egress ? point.egress : point.ingress)
        podsight(flow, source, destination)
        buffer.literal("}")
        if let dns = flow.observation.dns { question(dns) }
        if let http = flow.observation.http { request(http) }
        buffer.literal(#","type":"flow"}"#)
        buffer.append(to: &output)
    }
}

extension ECSFlowEncoder {
    private mutating func time(_ observation: Observation) {
        buffer.literal(#"{"@timestamp":""#)
        buffer.put(observation.end)
        buffer.literal(
            #"","ecs":{"version":"9.4.0"},"event":{"kind":"event","category":["network"],"type":["connection""#
        )
        if observation.sequence == 1 { buffer.literal(#","start""#) }
        if observation.endReason.isLast { buffer.literal(#","end""#) }
    }

    private mutating func event(_ observation: Observation, _ point: PointFragment) {
        buffer.literal(
            #"],"action":"network_flow","dataset":"podsight.flow","module":"podsight","id":""#
        )
        buffer.put(ReportID(observation, point: point.hash))
        buffer.literal(#"","start":""#)
        buffer.put(observation.start)
        buffer.literal(#"","end":""#)
        buffer.put(observation.end)
        buffer.literal(#"","duration":"#)
        // A clock that was set back makes no flow of negative length.
        buffer.put(UInt64(max(0, observation.end.since(observation.start))))
        buffer.literal(#","sequence":"#)
        buffer.put(UInt64(observation.sequence))
        buffer.literal(#","reason":""#)
        buffer.put(observation.endReason.name)
        buffer.literal(#"""#)
    }

    private mutating func end(
        _ end: AttributedEnd,
        _ sent: TrafficCount,
        _ transport: TransportProtocol,
        _ fragment: IdentityFragment?
    ) {
        buffer.literal(#""ip":""#)
        buffer.put(end.endpoint.address)
        if transport.hasPorts {
            buffer.literal(#"","port":"#)
            buffer.put(UInt64(end.endpoint.port))
            buffer.literal(#","address":""#)
        } else {
            buffer.literal(#"","address":""#)
        }
        buffer.put(end.endpoint.address)
        buffer.literal(#"","bytes":"#)
        long(sent.bytes)
        buffer.literal(#","packets":"#)
        long(sent.packets)
        if let domain = end.domain {
            buffer.literal(#","domain":"#)
            string(domain)
        }
        if let original = end.original { self.original(original, transport) }
        if let fragment { kubernetes(fragment, calling: end.service) }
    }

    private mutating func original(_ original: Endpoint, _ transport: TransportProtocol) {
        buffer.literal(#","orig_ip":""#)
        buffer.put(original.address)
        guard transport.hasPorts else {
            buffer.literal("\"")
            return
        }
        buffer.literal(#"","orig_port":"#)
        buffer.put(UInt64(original.port))
    }

    private mutating func kubernetes(_ fragment: IdentityFragment, calling service: ServiceName?) {
        guard !fragment.head.isEmpty else { return }
        buffer.literal(",")
        buffer.put(fragment.head)
        if let service {
            buffer.literal(#","service":{"name":"#)
            string(service.name)
            buffer.literal("}")
        } else {
            buffer.put(fragment.service)
        }
        buffer.put(fragment.tail)
    }

    private mutating func network(_ flow: AttributedFlow) {
        let observation = flow.observation
        buffer.literal(#"},"network":{"transport":""#)
        // Its name is looked up in a table; these two are nearly all.
        switch observation.transport {
        case .tcp: buffer.literal("tcp")
        case .udp: buffer.literal("udp")
        default: buffer.put(observation.transport.name)
        }
        buffer.literal(#"","iana_number":""#)
        buffer.put(UInt64(observation.transport.rawValue))
        buffer.literal(#"","type":"ip"#)
        buffer.literal(flow.source.endpoint.address.family == .v4 ? "v4" : "v6")
        buffer.literal(#"","bytes":"#)
        long(flow.total.bytes)
        buffer.literal(#","packets":"#)
        long(flow.total.packets)
        buffer.literal(#","community_id":""#)
        let isAsSeen =
            flow.source.endpoint == observation.source && flow.destination.endpoint == observation.destination
        if isAsSeen, let digest = observation.communityID {
            // The meter has computed it.
            buffer.putCommunityID(digest)
        } else {
            buffer.putCommunityID(
                observation.transport,
                flow.source.endpoint,
                flow.destination.endpoint,
                seed: seed
            )
        }
        if let called = flow.destination.original {
            buffer.literal(#"","orig_community_id":""#)
            buffer.putCommunityID(observation.transport, flow.source.endpoint, called, seed: seed)
        } else if let masked = flow.source.original {
            buffer.literal(#"","orig_community_id":""#)
            buffer.putCommunityID(observation.transport, masked, flow.destination.endpoint, seed: seed)
        }
        if observation.http != nil {
            buffer.literal(#"","protocol":"http"#)
        } else if observation.dns != nil {
            buffer.literal(#"","protocol":"dns"#)
        }
        switch flow.direction {
        case .ingress: buffer.literal(#"","direction":"ingress"},"#)
        case .egress: buffer.literal(#"","direction":"egress"},"#)
        case .internal: buffer.literal(#"","direction":"internal"},"#)
        case .unknown: buffer.literal(#"","direction":"unknown"},"#)
        }
    }

    private mutating func podsight(
        _ flow: AttributedFlow,
        _ source: IdentityFragment?,
        _ destination: IdentityFragment?
    ) {
        let observation = flow.observation
        buffer.literal(#","podsight":{"direction_evidence":""#)
        buffer.put(observation.evidence.name)
        buffer.literal(#"","flow":{"start":""#)
        buffer.put(observation.flowStart)
        switch flow.side {
        case .source: buffer.literal(#""},"side":"source""#)
        case .destination: buffer.literal(#""},"side":"destination""#)
        case .between: buffer.literal(#""},"side":"between""#)
        }
        if observation.transport == .tcp {
            buffer.literal(#","tcp":{"source_flags":""#)
            flags(observation.forwardFlags)
            buffer.literal(#"","destination_flags":""#)
            flags(observation.backwardFlags)
            buffer.literal(#"""#)
            if let report = observation.tcp { quality(report) }
            buffer.literal("}")
        } else if observation.transport.isICMP {
            icmp(observation)
        }
        if let exchanges = observation.exchanges { latency(exchanges) }
        if let dns = observation.dns { report(dns) }
        if let http = observation.http { report(http) }
        if let tunnel = observation.tunnel { self.tunnel(tunnel) }
        if observation.superPackets > 0 {
            buffer.literal(#","super_packets":"#)
            buffer.put(UInt64(observation.superPackets))
        }
        buffer.literal(#","attribution":{"source":{"#)
        attribution(flow.source, source)
        buffer.literal(#"},"destination":{"#)
        attribution(flow.destination, destination)
        buffer.literal("}}")
    }

    private mutating func icmp(_ observation: Observation) {
        buffer.literal(#","icmp":{"type":"#)
        buffer.put(UInt64(observation.source.port))
        let type = UInt8(truncatingIfNeeded: observation.source.port)
        if CommunityIDPorts.counterpart(of: type, transport: observation.transport) == nil {
            buffer.literal(#","code":"#)
        } else {
            buffer.literal(#","reply_type":"#)
        }
        buffer.put(UInt64(observation.destination.port))
        buffer.literal("}")
    }

    private mutating func attribution(_ end: AttributedEnd, _ fragment: IdentityFragment?) {
        buffer.literal(#""basis":""#)
        buffer.put(end.basis.name)
        buffer.literal(#"""#)
        if let fragment, !fragment.name.isEmpty {
            buffer.literal(#","name":"#)
            buffer.put(fragment.name)
        }
        if !end.reason.isEmpty {
            buffer.literal(#","reason":"#)
            string(end.reason)
        }
        guard !end.candidates.isEmpty else { return }
        buffer.literal(#","candidates":["#)
        for (index, candidate) in end.candidates.enumerated() {
            if index > 0 { buffer.literal(",") }
            string(candidate.description)
        }
        buffer.literal("]")
    }

    /// A number that Elasticsearch's `long` can hold.
    mutating func long(_ number: UInt64) {
        buffer.put(min(number, UInt64(Int64.max)))
    }

    private mutating func flags(_ flags: UInt8) {
        for bit in 0..<8 where flags & (1 << UInt8(bit)) != 0 {
            let letters: StaticString = "FSRPAUEC"
            buffer.put(byte: letters.utf8Start[bit])
        }
    }

    /// A JSON string; names of Kubernetes objects need no escape, and others are rare.
    mutating func string(_ text: String) {
        let isPlain = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        guard isPlain else { return buffer.put(jsonString(text)) }
        buffer.literal(#"""#)
        buffer.put(text)
        buffer.literal(#"""#)
    }
}

/// Text as a JSON string, with its quotes and escapes.
func jsonString(_ text: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.string(text)
    return writer.bytes
}

/// An observation point's part of a document.
private final class PointFragment: Sendable {
    /// Holds the point, so that its address in memory stays its own.
    let point: ObservationPoint
    /// `"observer":{…}` with the interface as the one that packets came in by.
    let ingress: [UInt8]
    /// The same with the interface as the one that packets left by.
    let egress: [UInt8]
    /// The point's name, hashed.
    let hash: UInt64

    init(point: ObservationPoint, ingress: [UInt8], egress: [UInt8], hash: UInt64) {
        self.point = point
        self.ingress = ingress
        self.egress = egress
        self.hash = hash
    }
}

extension ECSFlowEncoder {
    private mutating func pointFragment(_ point: ObservationPoint) -> PointFragment {
        if let known = points[ObjectIdentifier(point)] { return known }
        if points.count >= 4096 { points.removeAll(keepingCapacity: true) }
        let fragment = PointFragment(
            point: point,
            ingress: observer(point, #","ingress":{"interface":{"name":"#),
            egress: observer(point, #","egress":{"interface":{"name":"#),
            hash: ReportID.hash(point.name)
        )
        points[ObjectIdentifier(point)] = fragment
        return fragment
    }

    private func observer(_ point: ObservationPoint, _ interfaceKey: String) -> [UInt8] {
        var bytes = Array(#""observer":{"name":"#.utf8) + jsonString(point.name)
        bytes += Array(
            #","type":"flow-probe","vendor":"Podsight","product":"podsight","version":"#.utf8
        )
        bytes += version
        if let interface = point.interface {
            bytes += Array(interfaceKey.utf8) + jsonString(interface) + Array("}}".utf8)
        }
        return bytes + Array("}".utf8)
    }
}
