import FlowModel

/// What a term of a filter asks about.
enum FilterField: Sendable, Hashable {
    /// Of one end; with neither `src.` nor `dst.` in front, of either.
    case end(EndField, FilterEnd?)
    /// Of the flow as a whole.
    case flow(FlowField)
}

/// One of a flow's two ends.
enum FilterEnd: String, Sendable, Hashable, CaseIterable {
    case source = "src"
    case destination = "dst"
}

/// A field that each end has.
enum EndField: Sendable, Hashable {
    case namespace, pod, workload, kind, service, address, port, domain, node, zone, basis, name, uid
    case label(String)

    /// All but labels, by their names in filters.
    static let named: [(name: String, field: EndField)] = [
        ("ns", .namespace), ("pod", .pod), ("workload", .workload), ("kind", .kind), ("service", .service),
        ("ip", .address), ("port", .port), ("domain", .domain), ("node", .node), ("zone", .zone), ("basis", .basis),
        ("name", .name), ("uid", .uid),
    ]

    var name: String {
        if case .label(let key) = self { return "label.\(key)" }
        return EndField.named.first { $0.field == self }?.name ?? ""
    }
}

/// A field of the flow as a whole.
enum FlowField: String, Sendable, Hashable, CaseIterable {
    case transport = "proto"
    case bytes
    case packets
    case duration
    case observer
    case side
    case evidence
    case endReason = "reason"
    case sequence
    case communityID = "community_id"
    case originalAddress = "orig.ip"
    case originalPort = "orig.port"
    case direction
    case tcpState = "tcp.state"
    case roundTrip = "rtt"
    case retransmitted
    case outOfOrder = "out_of_order"
    case lost
    case zeroWindows = "zero_windows"
    case resets
    case exchanges
    case latencyMedian = "latency.p50"
    case latencyP90 = "latency.p90"
    case latencyP99 = "latency.p99"
    case latencyLongest = "latency.max"
    case dnsName = "dns.name"
    case dnsType = "dns.type"
    case dnsCode = "dns.code"
    case dnsAnswer = "dns.answer"
    case httpMethod = "http.method"
    case httpHost = "http.host"
    case httpPath = "http.path"
    case httpStatus = "http.status"
    case tunnelKind = "tunnel"
    case tunnelAddress = "tunnel.ip"
    case tunnelIdentifier = "tunnel.id"
}

/// How a field's values are written.
enum FilterValueKind: Sendable, Hashable {
    case text
    /// One of these words.
    case word([String])
    case address
    case port
    case transport
    case count
    case bytes
    case duration
}

extension FilterField {
    /// The name in filters, such as `src.ns`.
    var name: String {
        switch self {
        case .end(let field, let end): (end.map { "\($0.rawValue)." } ?? "") + field.name
        case .flow(let field): field.rawValue
        }
    }

    /// The field of a name; `nil` if there is none.
    init?(name: String) {
        if let field = FlowField(rawValue: name) {
            self = .flow(field)
            return
        }
        var rest = Substring(name)
        var end: FilterEnd?
        for candidate in FilterEnd.allCases where rest.hasPrefix("\(candidate.rawValue).") {
            end = candidate
            rest = rest.dropFirst(candidate.rawValue.count + 1)
            break
        }
        if rest.hasPrefix("label."), rest.count > 6 {
            self = .end(.label(String(rest.dropFirst(6))), end)
        } else if let field = EndField.named.first(where: { $0.name == rest })?.field {
            self = .end(field, end)
        } else {
            return nil
        }
    }

    /// Every field's name, `label.` left out.
    static let names: [String] =
        EndField.named.flatMap { named in [named.name, "src.\(named.name)", "dst.\(named.name)"] }
        + FlowField.allCases.map(\.rawValue)

    /// Words that people know from elsewhere, and ours.
    private static let synonyms = [
        "namespace": "ns", "protocol": "proto", "transport": "proto", "svc": "service", "host": "node",
        "deployment": "workload", "address": "ip", "addr": "ip", "labels": "label.KEY", "label": "label.KEY",
        "point": "observer", "cid": "community_id", "src": "src.ip", "dst": "dst.ip", "size": "bytes",
        "latency": "latency.p99", "state": "tcp.state", "retransmissions": "retransmitted", "method": "http.method",
        "status": "http.status", "path": "http.path", "query": "dns.name", "rcode": "dns.code", "vni": "tunnel.id",
    ]

    /// The field that an unknown name may have meant.
    static func suggestion(for name: String) -> String? {
        var rest = name.lowercased()
        if FilterField(name: rest) != nil { return rest }
        var prefix = ""
        for (long, short) in [("source.", "src."), ("destination.", "dst."), ("src.", "src."), ("dst.", "dst.")]
        where rest.hasPrefix(long) {
            prefix = short
            rest = String(rest.dropFirst(long.count))
            break
        }
        if FilterField(name: prefix + rest) != nil { return prefix + rest }
        if let known = synonyms[rest] { return prefix + known }
        return Spelling.nearest(to: name, among: names)
    }

    var valueKind: FilterValueKind {
        switch self {
        case .end(.address, _): .address
        case .end(.port, _): .port
        case .end(.basis, _): .word(FilterWords.bases)
        case .end: .text
        case .flow(let field): field.valueKind
        }
    }

    /// Whether letters of either case are the same in this field; Kubernetes' own names are small throughout.
    var ignoresCase: Bool {
        switch self {
        case .end(.kind, _), .end(.domain, _): true
        case .flow(.dnsName), .flow(.dnsType), .flow(.httpMethod), .flow(.httpHost): true
        default: false
        }
    }
}

extension FlowField {
    var valueKind: FilterValueKind {
        switch self {
        case .transport: .transport
        case .bytes: .bytes
        case .originalAddress, .dnsAnswer, .tunnelAddress: .address
        case .originalPort: .port
        case .packets, .sequence, .retransmitted, .outOfOrder, .lost, .zeroWindows, .resets, .exchanges, .httpStatus,
            .tunnelIdentifier:
            .count
        case .duration, .roundTrip, .latencyMedian, .latencyP90, .latencyP99, .latencyLongest: .duration
        case .observer, .communityID, .dnsName, .dnsType, .httpMethod, .httpHost, .httpPath: .text
        case .side: .word(FilterWords.sides)
        case .evidence: .word(FilterWords.evidence)
        case .endReason: .word(FilterWords.endReasons)
        case .direction: .word(FilterWords.directions)
        case .tcpState: .word(FilterWords.tcpStates)
        case .dnsCode: .word(DNSNames.headerCodes)
        case .tunnelKind: .word(FilterWords.tunnelKinds)
        }
    }
}
