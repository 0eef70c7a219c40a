import FlowModel
import NetworkAddressing

extension FilterCondition {
    /// Whether what analysis found in a report passes; of several exchanges, any.
    ///
    /// What was not found never does.
    func matchesAnalysis(_ field: FlowField, _ observation: Observation) -> Bool {
        switch field {
        case .dnsName, .dnsType, .dnsCode, .dnsAnswer:
            observation.dns?.exchanges.contains { matches(field, $0) } ?? false
        case .httpMethod, .httpHost, .httpPath, .httpStatus:
            observation.http?.exchanges.contains { matches(field, $0) } ?? false
        case .tunnelKind, .tunnelAddress, .tunnelIdentifier:
            observation.tunnel.map { matches(field, $0) } ?? false
        case .exchanges, .latencyMedian, .latencyP90, .latencyP99, .latencyLongest:
            observation.exchanges.map { matches(field, $0) } ?? false
        default:
            observation.tcp.map { matches(field, $0) } ?? false
        }
    }

    private func matches(_ field: FlowField, _ exchange: DNSExchange) -> Bool {
        switch field {
        case .dnsName: matches(exchange.name)
        case .dnsType: matches(DNSNames.type(exchange.type))
        case .dnsCode: exchange.code.map { matches(DNSNames.code($0)) } ?? false
        default: exchange.answers.contains { matches($0) }
        }
    }

    private func matches(_ field: FlowField, _ exchange: HTTPExchange) -> Bool {
        switch field {
        case .httpMethod: matches(known: exchange.method)
        case .httpHost: matches(known: exchange.host)
        case .httpPath: matches(known: exchange.path)
        default: exchange.status.map { matches(UInt64($0)) } ?? false
        }
    }

    private func matches(_ field: FlowField, _ tunnel: Tunnel) -> Bool {
        switch field {
        case .tunnelKind: matches(tunnel.kind.name)
        case .tunnelAddress: matches(tunnel.source) || matches(tunnel.destination)
        default: matches(UInt64(tunnel.identifier))
        }
    }

    private func matches(_ field: FlowField, _ histogram: LatencyHistogram) -> Bool {
        switch field {
        case .exchanges: matches(histogram.count)
        case .latencyMedian: matches(nanoseconds: histogram.quantile(0.5))
        case .latencyP90: matches(nanoseconds: histogram.quantile(0.9))
        case .latencyP99: matches(nanoseconds: histogram.quantile(0.99))
        default: histogram.entries.isEmpty ? false : matches(nanoseconds: histogram.longest)
        }
    }

    private func matches(_ field: FlowField, _ report: TCPReport) -> Bool {
        switch field {
        case .tcpState: matches(report.state.name)
        case .roundTrip: matches(nanoseconds: report.handshakeRTT)
        case .retransmitted: matches(report, \.retransmitted)
        case .outOfOrder: matches(report, \.outOfOrder)
        case .lost: matches(report, \.lost)
        case .zeroWindows: matches(report, \.zeroWindows)
        case .resets: matches(report, \.resets)
        default: false
        }
    }

    /// Counts are of both directions.
    private func matches(_ report: TCPReport, _ count: KeyPath<TCPCounts, UInt32>) -> Bool {
        matches(UInt64(report.forward[keyPath: count]) + UInt64(report.backward[keyPath: count]))
    }

    private func matches(nanoseconds: Int64?) -> Bool { nanoseconds.map { matches(UInt64(max(0, $0))) } ?? false }

    private func matches(_ address: IPAddress) -> Bool { values.contains { $0.matches(address) } }

    /// What was not seen is no text at all, so that `*` does not match it.
    private func matches(known text: String) -> Bool { !text.isEmpty && matches(text) }
}
