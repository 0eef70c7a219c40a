import ClusterHistory
import FlowAttribution
import FlowModel
import FlowQuery
import NetworkAddressing

/// One column of flows as text.
struct FlowColumn: Sendable {
    let title: String
    /// Whether it is set to the right, and in CSV never quoted.
    let isNumber: Bool
    /// The width where rows are not known beforehand; a longer cell shifts its row.
    let streamWidth: Int
    /// The cell of a flow, given the seed of the Community ID.
    let text: @Sendable (AttributedFlow, UInt16) -> String

    init(
        _ title: String,
        _ streamWidth: Int = 0,
        isNumber: Bool = false,
        _ text: @escaping @Sendable (AttributedFlow, UInt16) -> String
    ) {
        self.title = title
        self.isNumber = isNumber
        self.streamWidth = max(streamWidth, title.unicodeScalars.count)
        self.text = text
    }

    /// The columns of a format, in order; none for `jsonl`.
    static func columns(of format: FlowTextFormat) -> [FlowColumn] {
        switch format {
        case .jsonl: []
        case .csv: csv
        case .table: narrow
        case .wide: wide
        }
    }

    private static let narrow = [
        FlowColumn("TIME", 24) { flow, _ in HumanUnits.time(flow.observation.end) },
        FlowColumn("SOURCE", 28) { flow, _ in who(flow.source) },
        FlowColumn("DESTINATION", 36) { flow, _ in whom(flow.destination) },
        FlowColumn("PORT", 5, isNumber: true) { flow, _ in port(flow.destination.endpoint, flow) },
        FlowColumn("PROTO", 5) { flow, _ in flow.observation.transport.name },
        FlowColumn("BYTES→", 7, isNumber: true) { flow, _ in HumanUnits.bytes(flow.observation.forward.bytes) },
        FlowColumn("BYTES←", 7, isNumber: true) { flow, _ in HumanUnits.bytes(flow.observation.backward.bytes) },
        FlowColumn("PACKETS", isNumber: true) { flow, _ in "\(flow.total.packets)" },
        FlowColumn("DURATION", isNumber: true) { flow, _ in HumanUnits.duration(duration(flow)) },
        FlowColumn("BASIS", 30) { flow, _ in "\(flow.source.basis.name)→\(flow.destination.basis.name)" },
        FlowColumn("TROUBLE", 20) { flow, _ in dash(flow.observation.trouble.joined(separator: " ")) },
    ]

    private static let wide =
        narrow + wideAnalysis + [
            FlowColumn("SOURCE-POD", 40) { flow, _ in object(flow.source) },
            FlowColumn("SOURCE-ADDRESS", 21) { flow, _ in address(flow.source.endpoint, flow) },
            FlowColumn("SOURCE-ORIGINAL", 21) { flow, _ in flow.source.original.map { address($0, flow) } ?? "-" },
            FlowColumn("SOURCE-NODE", 12) { flow, _ in dash(flow.source.identity?.node) },
            FlowColumn("DESTINATION-POD", 40) { flow, _ in object(flow.destination) },
            FlowColumn("DESTINATION-ADDRESS", 21) { flow, _ in address(flow.destination.endpoint, flow) },
            FlowColumn("DESTINATION-ORIGINAL", 21) { flow, _ in
                flow.destination.original.map { address($0, flow) } ?? "-"
            },
            FlowColumn("DESTINATION-NODE", 12) { flow, _ in dash(flow.destination.identity?.node) },
            FlowColumn("OBSERVER", 30) { flow, _ in dash(flow.point.name) },
            FlowColumn("EVIDENCE", 14) { flow, _ in flow.observation.evidence.name },
            FlowColumn("REASON", 20) { flow, _ in flow.observation.endReason.name },
            FlowColumn("COMMUNITY-ID", 30, communityID),
        ]

    private static let csv: [FlowColumn] =
        [
            FlowColumn("time") { flow, _ in flow.observation.end.rfc3339 },
            FlowColumn("start") { flow, _ in flow.observation.start.rfc3339 },
            FlowColumn("flow_start") { flow, _ in flow.observation.flowStart.rfc3339 },
            FlowColumn("duration_ns", isNumber: true) { flow, _ in "\(duration(flow))" },
            FlowColumn("sequence", isNumber: true) { flow, _ in "\(flow.observation.sequence)" },
            FlowColumn("reason") { flow, _ in flow.observation.endReason.name },
            FlowColumn("transport") { flow, _ in flow.observation.transport.name },
        ]
        + ends("source", \.source, \.forward) + ends("destination", \.destination, \.backward) + [
            FlowColumn("destination_service") { flow, _ in
                flow.destination.service.map { "\($0.namespace)/\($0.name)" } ?? ""
            },
            FlowColumn("bytes", isNumber: true) { flow, _ in "\(flow.total.bytes)" },
            FlowColumn("packets", isNumber: true) { flow, _ in "\(flow.total.packets)" },
            FlowColumn("direction") { flow, _ in flow.direction.rawValue },
            FlowColumn("evidence") { flow, _ in flow.observation.evidence.name },
            FlowColumn("side") { flow, _ in "\(flow.side)" },
            FlowColumn("observer") { flow, _ in flow.point.name },
            FlowColumn("community_id", 0, communityID),
        ] + csvAnalysis

    private static func ends(
        _ name: String,
        _ end: any KeyPath<AttributedFlow, AttributedEnd> & Sendable,
        _ sent: any KeyPath<Observation, TrafficCount> & Sendable
    ) -> [FlowColumn] {
        [
            FlowColumn("\(name)_ip") { flow, _ in "\(flow[keyPath: end].endpoint.address)" },
            FlowColumn("\(name)_port", isNumber: true) { flow, _ in
                flow.observation.transport.hasPorts ? "\(flow[keyPath: end].endpoint.port)" : ""
            },
            FlowColumn("\(name)_bytes", isNumber: true) { flow, _ in "\(flow.observation[keyPath: sent].bytes)" },
            FlowColumn("\(name)_packets", isNumber: true) { flow, _ in
                "\(flow.observation[keyPath: sent].packets)"
            },
            FlowColumn("\(name)_orig_ip") { flow, _ in flow[keyPath: end].original.map { "\($0.address)" } ?? "" },
            FlowColumn("\(name)_orig_port", isNumber: true) { flow, _ in
                guard let original = flow[keyPath: end].original, flow.observation.transport.hasPorts else {
                    return ""
                }
                return "\(original.port)"
            },
            FlowColumn("\(name)_kind") { flow, _ in flow[keyPath: end].identity?.kind.rawValue ?? "" },
            FlowColumn("\(name)_namespace") { flow, _ in flow[keyPath: end].identity?.namespace ?? "" },
            FlowColumn("\(name)_name") { flow, _ in flow[keyPath: end].identity?.name ?? "" },
            FlowColumn("\(name)_uid") { flow, _ in flow[keyPath: end].identity?.uid ?? "" },
            FlowColumn("\(name)_workload_kind") { flow, _ in flow[keyPath: end].identity?.workload?.kind ?? "" },
            FlowColumn("\(name)_workload") { flow, _ in flow[keyPath: end].identity?.workload?.name ?? "" },
            FlowColumn("\(name)_node") { flow, _ in flow[keyPath: end].identity?.node ?? "" },
            FlowColumn("\(name)_zone") { flow, _ in flow[keyPath: end].identity?.zone ?? "" },
            FlowColumn("\(name)_basis") { flow, _ in flow[keyPath: end].basis.name },
        ]
    }
}

extension FlowColumn {
    private static let communityID: @Sendable (AttributedFlow, UInt16) -> String = { flow, seed in
        CommunityID.text(
            transport: flow.observation.transport,
            source: flow.source.endpoint,
            destination: flow.destination.endpoint,
            seed: seed
        )
    }

    private static func duration(_ flow: AttributedFlow) -> Int64 {
        max(0, flow.observation.end.since(flow.observation.start))
    }

    static func dash(_ text: String?) -> String { text.map { $0.isEmpty ? "-" : $0 } ?? "-" }

    /// `namespace/workload`, or what is known instead, at last the address.
    private static func who(_ end: AttributedEnd) -> String {
        guard let identity = end.identity else { return end.domain ?? "\(end.endpoint.address)" }
        switch identity.kind {
        case .pod: return "\(identity.namespace)/\(identity.workload?.name ?? identity.name)"
        case .service: return "service/\(identity.namespace)/\(identity.name)"
        case .node, .host, .network: return "\(identity.kind.rawValue)/\(identity.name)"
        }
    }

    /// The same, with the service that was called.
    private static func whom(_ end: AttributedEnd) -> String {
        guard let service = end.service, end.identity?.kind != .service else { return who(end) }
        return "\(who(end)) (\(service.name))"
    }

    /// The pod or other object itself.
    private static func object(_ end: AttributedEnd) -> String {
        guard let identity = end.identity else { return "-" }
        return identity.namespace.isEmpty ? identity.name : "\(identity.namespace)/\(identity.name)"
    }

    private static func port(_ end: Endpoint, _ flow: AttributedFlow) -> String {
        flow.observation.transport.hasPorts ? "\(end.port)" : "-"
    }

    private static func address(_ end: Endpoint, _ flow: AttributedFlow) -> String {
        flow.observation.transport.hasPorts ? "\(end)" : "\(end.address)"
    }
}
