import FlowModel
import NetworkAddressing

/// What most TCP flows have: how the connection went and how fast it was answered.
extension ECSFlowEncoder {
    /// The members that follow the flags in `podsight.tcp`.
    mutating func quality(_ report: TCPReport) {
        buffer.literal(#","state":""#)
        buffer.put(report.state.name)
        if report.state.isOrderly {
            buffer.literal(#"","orderly":true"#)
        } else {
            buffer.literal(#"","orderly":false"#)
        }
        if let time = report.handshakeRTT {
            buffer.literal(#","handshake_rtt":"#)
            nanoseconds(time)
        }
        buffer.literal(#","source":{"#)
        counts(report.forward, report.handshakeToSource)
        buffer.literal(#"},"destination":{"#)
        counts(report.backward, report.handshakeToDestination)
        buffer.literal("}")
    }

    private mutating func counts(_ counts: TCPCounts, _ handshake: Int64?) {
        buffer.literal(#""payload_bytes":"#)
        long(counts.payloadBytes)
        buffer.literal(#","retransmitted":"#)
        buffer.put(UInt64(counts.retransmitted))
        buffer.literal(#","out_of_order":"#)
        buffer.put(UInt64(counts.outOfOrder))
        buffer.literal(#","lost":"#)
        buffer.put(UInt64(counts.lost))
        buffer.literal(#","zero_windows":"#)
        buffer.put(UInt64(counts.zeroWindows))
        buffer.literal(#","resets":"#)
        buffer.put(UInt64(counts.resets))
        guard let handshake else { return }
        buffer.literal(#","handshake_rtt":"#)
        nanoseconds(handshake)
    }

    /// `podsight.exchanges`; the histogram as Elasticsearch's type of that name takes it.
    mutating func latency(_ exchanges: LatencyHistogram) {
        let count = exchanges.count
        buffer.literal(#","exchanges":{"count":"#)
        buffer.put(count)
        guard count > 0 else { return buffer.literal("}") }
        buffer.literal(#","latency":{"mean":"#)
        buffer.put(UInt64(max(0, exchanges.sum)) / count)
        buffer.literal(#","p50":"#)
        nanoseconds(exchanges.quantile(0.5) ?? 0)
        buffer.literal(#","p90":"#)
        nanoseconds(exchanges.quantile(0.9) ?? 0)
        buffer.literal(#","p99":"#)
        nanoseconds(exchanges.quantile(0.99) ?? 0)
        buffer.literal(#","max":"#)
        nanoseconds(exchanges.longest)
        buffer.literal(#","histogram":{"values":["#)
        for (index, entry) in exchanges.entries.enumerated() {
            if index > 0 { buffer.literal(",") }
            nanoseconds(exchanges.middle(of: entry.bucket))
        }
        buffer.literal(#"],"counts":["#)
        for (index, entry) in exchanges.entries.enumerated() {
            if index > 0 { buffer.literal(",") }
            buffer.put(UInt64(entry.count))
        }
        buffer.literal("]}}}")
    }

    /// `podsight.tunnel`.
    mutating func tunnel(_ tunnel: Tunnel) {
        buffer.literal(#","tunnel":{"kind":""#)
        buffer.put(tunnel.kind.name)
        buffer.literal(#"","source":""#)
        buffer.put(tunnel.source)
        buffer.literal(#"","destination":""#)
        buffer.put(tunnel.destination)
        buffer.literal(#"","id":"#)
        buffer.put(UInt64(tunnel.identifier))
        buffer.literal("}")
    }

    /// A span of time; a clock that was set back makes none of negative length.
    private mutating func nanoseconds(_ time: Int64) { buffer.put(UInt64(max(0, time))) }
}

extension LatencyHistogram {
    /// What stands for the durations of a bucket: its middle, or the longest of all where that is less.
    fileprivate func middle(of bucket: UInt8) -> Int64 {
        guard bucket < UInt8.max else { return longest }
        let lower = LatencyHistogram.lowerBound(of: bucket)
        return min(longest, lower + (LatencyHistogram.lowerBound(of: bucket + 1) - lower) / 2)
    }
}
