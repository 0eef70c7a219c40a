import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing

extension Filter {
    /// Whether the flow passes.
    package func matches(_ flow: AttributedFlow) -> Bool { expression.matches(flow) }
}

extension FilterExpression {
    func matches(_ flow: AttributedFlow) -> Bool {
        switch self {
        case .contains(let pattern): flow.source.contains(pattern) || flow.destination.contains(pattern)
        case .condition(let condition): condition.matches(flow)
        case .not(let inner): !inner.matches(flow)
        case .and(let parts): parts.allSatisfy { $0.matches(flow) }
        case .or(let parts): parts.contains { $0.matches(flow) }
        }
    }
}

extension FilterCondition {
    func matches(_ flow: AttributedFlow) -> Bool {
        let holds =
            switch field {
            case .end(let field, .source): matches(field, flow.source, flow)
            case .end(let field, .destination): matches(field, flow.destination, flow)
            case .end(let field, nil):
                matches(field, flow.source, flow) || matches(field, flow.destination, flow)
            case .flow(let field): matches(field, flow)
            }
        // Without a prefix, "not equal" is to say that neither end is.
        return holds != comparison.isNegated
    }

    private func matches(_ field: EndField, _ end: AttributedEnd, _ flow: AttributedFlow) -> Bool {
        switch field {
        case .address: values.contains { $0.matches(end.endpoint.address) }
        case .port: flow.observation.transport.hasPorts && matches(UInt64(end.endpoint.port))
        default:
            values.contains { value in end.anyText(of: field, isQualified: value.isQualified) { value.matches($0) } }
        }
    }

    func matches(_ number: UInt64) -> Bool {
        guard comparison.isOrdered, case .numbers(let range) = values.first else {
            return values.contains { $0.matches(number) }
        }
        return switch comparison {
        case .greater: number > range.lowerBound
        case .greaterOrEqual: number >= range.lowerBound
        case .less: number < range.lowerBound
        default: number <= range.lowerBound
        }
    }

    private func matches(_ field: FlowField, _ flow: AttributedFlow) -> Bool {
        let observation = flow.observation
        switch field {
        case .transport: return values.contains(.transport(observation.transport))
        case .bytes: return matches(flow.total.bytes)
        case .packets: return matches(flow.total.packets)
        case .duration: return matches(UInt64(max(0, observation.end.since(observation.start))))
        case .sequence: return matches(UInt64(observation.sequence))
        case .observer: return matches(flow.point.name)
        case .side: return matches(flow.side.word)
        case .evidence: return matches(observation.evidence.name)
        case .endReason: return matches(observation.endReason.word)
        case .direction: return matches(flow.direction.rawValue)
        case .communityID: return flow.communityIDs.contains { matches($0) }
        case .originalAddress:
            return flow.originals.contains { end in values.contains { $0.matches(end.address) } }
        case .originalPort:
            return observation.transport.hasPorts && flow.originals.contains { matches(UInt64($0.port)) }
        default: return matchesAnalysis(field, observation)
        }
    }

    func matches(_ text: String) -> Bool { values.contains { $0.matches(text) } }
}

extension FilterValue {
    var isQualified: Bool {
        if case .text(let pattern) = self { return pattern.isQualified }
        return false
    }
}

extension AttributedFlow {
    /// The Community IDs of the flow between its true ends and as it stood in the packets.
    fileprivate var communityIDs: [String] {
        let transport = observation.transport
        return [
            (source.endpoint, destination.endpoint),
            (observation.source, observation.destination),
        ].map { CommunityID.text(transport: transport, source: $0, destination: $1) }
    }

    /// The ends as they stood in the packet, where a translation replaced them.
    fileprivate var originals: [Endpoint] { [source.original, destination.original].compactMap(\.self) }
}

extension Identity {
    /// Whether any of a field's texts passes; with `isQualified`, names come with what contains them as well.
    fileprivate func anyText(of field: EndField, isQualified: Bool, _ passes: (String) -> Bool) -> Bool {
        switch field {
        case .pod:
            return kind == .pod && (passes(name) || isQualified && passes("\(namespace)/\(name)"))
        case .workload:
            guard let workload else { return false }
            if passes(workload.name) { return true }
            let named = "\(workload.kind)/\(workload.name)"
            return isQualified
                && [named, "\(namespace)/\(workload.name)", "\(namespace)/\(named)"].contains(where: passes)
        case .label(let key): return labels.contains { $0.key == key && passes($0.value) }
        default:
            // What is not known is no text at all, so that `*` does not match it.
            let text = singleText(of: field)
            return !text.isEmpty && passes(text)
        }
    }

    private func singleText(of field: EndField) -> String {
        switch field {
        case .namespace: namespace
        case .node: node
        case .zone: zone
        case .uid: uid
        default: ""
        }
    }
}

extension AttributedEnd {
    /// Whether any of a field's texts passes; with `isQualified`, names come with what contains them as well.
    func anyText(of field: EndField, isQualified: Bool, _ passes: (String) -> Bool) -> Bool {
        switch field {
        case .basis: passes(basis.name)
        case .service: anyService(isQualified, passes)
        case .kind: anyKind(passes)
        case .domain: domain.map(passes) ?? false
        case .name:
            [.pod, .workload, .node, .service].contains { anyText(of: $0, isQualified: isQualified, passes) }
        default: identity?.anyText(of: field, isQualified: isQualified, passes) ?? false
        }
    }

    private func anyKind(_ passes: (String) -> Bool) -> Bool {
        guard let identity else { return passes(GraphNode.Kind(ofUnidentified: self).rawValue) }
        return passes(identity.kind.rawValue) || identity.workload.map { passes($0.kind) } ?? false
    }

    private func anyService(_ isQualified: Bool, _ passes: (String) -> Bool) -> Bool {
        if let service {
            if passes(service.name) { return true }
            if isQualified, passes("\(service.namespace)/\(service.name)") { return true }
        }
        guard let identity else { return false }
        let names = identity.kind == .service ? [identity.name] : identity.services
        return names.contains { passes($0) || isQualified && passes("\(identity.namespace)/\($0)") }
    }

    /// Whether any name, namespace or address of this end contains the text.
    func contains(_ pattern: TextPattern) -> Bool {
        for field in [EndField.namespace, .name, .kind, .domain]
        where anyText(of: field, isQualified: pattern.isQualified, pattern.matches) {
            return true
        }
        if let identity, pattern.matches(identity.name) { return true }
        // Writing out an address costs more than all the rest, so only for what can be part of one.
        let isAddressPart = pattern.source.utf8.allSatisfy { byte in
            byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "*")
                || byte == UInt8(ascii: "?") || IPAddressText.isHexDigit(byte)
        }
        guard isAddressPart else { return false }
        return pattern.matches(endpoint.address.description)
            || original.map { pattern.matches($0.address.description) } ?? false
    }
}

private enum IPAddressText {
    static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte.lowercasedASCII)
    }
}
