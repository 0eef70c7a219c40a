import FlowAttribution
import FlowModel
import NetworkAddressing

/// The words that fields with few values take.
enum FilterWords {
    static let bases = Basis.allCases.map(\.name)
    static let sides = ObservedSide.allCases.map(\.word)
    static let evidence = DirectionEvidence.allCases.map(\.name)
    static let endReasons = FlowEndReason.allCases.map(\.word)
    static let directions = FlowDirection.allCases.map(\.rawValue)
    static let tcpStates = TCPState.allCases.map(\.name)
    static let tunnelKinds = TunnelKind.allCases.map(\.name)
}

extension ObservedSide {
    var word: String {
        switch self {
        case .source: "source"
        case .destination: "destination"
        case .between: "between"
        }
    }
}

extension FlowEndReason {
    /// One word for filters, where `name` has several.
    var word: String {
        switch self {
        case .idleTimeout: "idle_timeout"
        case .activeTimeout: "active_timeout"
        case .endOfFlow: "end_of_flow"
        case .forcedEnd: "forced_end"
        case .lackOfResources: "lack_of_resources"
        }
    }
}

/// Which way a flow goes as its observation point sees it: ECS `network.direction`.
package enum FlowDirection: String, Sendable, Hashable, CaseIterable {
    /// Into the pod or host whose interface the point is.
    case ingress
    /// Out of it.
    case egress
    /// Between two known ends, seen by neither of them.
    case `internal`
    /// None of these can be said.
    case unknown
}

extension AttributedFlow {
    /// Which way the flow goes as its observation point sees it.
    package var direction: FlowDirection {
        switch side {
        case .source: .egress
        case .destination: .ingress
        case .between: source.identity != nil && destination.identity != nil ? .internal : .unknown
        }
    }
}
