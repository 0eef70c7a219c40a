import ClusterHistory
import FlowModel
import NetworkAddressing

extension Attributor {
    /// Who was behind an address, and a port where it is known, at a moment.
    ///
    /// The same answer that an end of a flow gets which begins at that moment, no translation leads to, and no observation
    /// point belongs to. A transport that is not known is each of those with ports, and `ambiguous` if they differ.
    package func identify(
        _ address: IPAddress,
        port: UInt16 = 0,
        transport: TransportProtocol? = nil,
        at time: Timestamp
    ) -> AttributedEnd {
        let window = TimeWindow(moment: time)
        let end = Endpoint(address, port: port)
        let first = identify(end, transport ?? .tcp, window, podBasis: .address)
        guard transport == nil, port > 0 else { return first }
        switch first.basis {
        // Only here does the port decide, and with it the transport.
        case .node, .hostPort, .service: break
        case .ambiguous where first.reason != Attributor.severalOwners: break
        default: return first
        }
        let leading = [TransportProtocol.tcp, .udp, .sctp].filter { leads(end, $0, time) }
            .map { identify(end, $0, window, podBasis: .address) }
        guard let only = leading.first else { return first }
        let named = leading.flatMap { $0.identity.map { [$0] } ?? $0.candidates }
        var distinct: [Identity] = []
        for identity in named where !distinct.contains(identity) { distinct.append(identity) }
        guard distinct.count > 1, leading.count > 1 else { return only }
        return AttributedEnd(
            endpoint: end,
            basis: .ambiguous,
            reason: "who answers at this port depends on the transport protocol",
            candidates: distinct
        )
    }

    /// Whether the port at an address leads to somebody.
    private func leads(_ end: Endpoint, _ transport: TransportProtocol, _ time: Timestamp) -> Bool {
        if history.service(at: end.address, port: end.port, transport: transport, at: time) != nil { return true }
        guard history.owners(of: end.address, at: time).contains(where: { $0.kind == .node }) else { return false }
        return !history.hostNetworkPods(at: end.address, port: end.port, transport: transport, at: time).isEmpty
            || history.nodePortService(port: end.port, transport: transport, at: time) != nil
    }
}

extension TimeWindow {
    /// A moment.
    init(moment: Timestamp) {
        start = moment
        end = moment
    }
}
