import FlowModel
import NetworkAddressing
import RecordFormats

/// SplitMix64: the same numbers on every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

/// Makes batches with every field that there is, each also absent, zero and at its largest.
struct RandomBatch {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func make(reports: Int) -> WireBatch {
        let points = (0..<Int.random(in: 1...3, using: &random)).map { _ in point() }
        var batch = WireBatch(
            exporter: WireExporter(id: "e" + text(), version: text(), node: text(), pod: maybe { $0.pod() }),
            boot: number(),
            sequence: max(1, number()),
            made: time(),
            points: points
        )
        for _ in 0..<reports {
            batch.reports.append(
                WireBatch.Report(point: .random(in: points.indices, using: &random), observation: observation())
            )
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let record = LossRecord(from: time(), to: time(), reason: any(LossRecord.Reason.allCases), count: number())
            batch.losses.append(
                WireBatch.Loss(point: maybe { .random(in: points.indices, using: &$0.random) }, record: record)
            )
        }
        return batch
    }

    private mutating func any<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    private mutating func maybe<Value>(_ body: (inout RandomBatch) -> Value) -> Value? {
        Bool.random(using: &random) ? body(&self) : nil
    }

    /// Small, large and in between, so that every length of a varint comes up.
    private mutating func number<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value {
        switch Int.random(in: 0...9, using: &random) {
        case 0: 0
        case 1: .max
        default: Value(truncatingIfNeeded: random.next() >> UInt64.random(in: 0..<64, using: &random))
        }
    }

    private mutating func text() -> String {
        any(["", "a", "größer", "\u{1F600}", String(repeating: "x", count: 200), "shop/cart-0"])
    }

    private mutating func time() -> Timestamp { Timestamp(nanoseconds: number()) }

    private mutating func address() -> IPAddress {
        Bool.random(using: &random) ? IPAddress(v4: number()) : IPAddress(v6: number(), number())
    }

    private mutating func addresses() -> [IPAddress] {
        (0..<Int.random(in: 0...4, using: &random)).map { _ in address() }
    }

    private mutating func endpoint() -> Endpoint { Endpoint(address(), port: number()) }

    private mutating func pod() -> WireExporter.Pod {
        WireExporter.Pod(namespace: text(), name: text(), uid: text())
    }

    private mutating func point() -> ObservationPoint {
        ObservationPoint(
            name: text(),
            interface: maybe { $0.text() },
            node: maybe { $0.text() },
            pod: maybe { $0.text() },
            addresses: Set(addresses())
        )
    }

    private mutating func observation() -> Observation {
        var observation = Observation(
            transport: TransportProtocol(rawValue: number()),
            source: endpoint(),
            destination: endpoint(),
            evidence: any(DirectionEvidence.allCases),
            forward: TrafficCount(packets: number(), bytes: number()),
            backward: TrafficCount(packets: number(), bytes: number()),
            forwardFlags: number(),
            backwardFlags: number(),
            flowStart: time(),
            start: time(),
            end: time(),
            sequence: number(),
            endReason: any(FlowEndReason.allCases)
        )
        observation.superPackets = number()
        observation.tunnel = maybe {
            Tunnel(
                kind: $0.any(TunnelKind.allCases),
                source: $0.address(),
                destination: $0.address(),
                identifier: $0.number()
            )
        }
        observation.tcp = maybe { $0.tcp() }
        observation.exchanges = maybe { $0.latencies() }
        observation.dns = maybe { $0.dns() }
        observation.http = maybe { $0.http() }
        return observation
    }

    private mutating func tcp() -> TCPReport {
        TCPReport(
            state: any(TCPState.allCases),
            forward: counts(),
            backward: counts(),
            handshakeToDestination: maybe { $0.number() },
            handshakeToSource: maybe { $0.number() }
        )
    }

    private mutating func counts() -> TCPCounts {
        var counts = TCPCounts()
        counts.payloadBytes = number()
        counts.retransmitted = number()
        counts.outOfOrder = number()
        counts.lost = number()
        counts.zeroWindows = number()
        counts.resets = number()
        return counts
    }

    private mutating func latencies() -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            histogram.record(Int64(truncatingIfNeeded: random.next() >> UInt64.random(in: 1..<41, using: &random)))
        }
        return histogram
    }

    private mutating func dns() -> DNSReport {
        var report = DNSReport()
        report.queries = number()
        report.responses = number()
        report.failures = number()
        report.omitted = number()
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            report.exchanges.append(
                DNSExchange(
                    time: time(),
                    name: text(),
                    type: number(),
                    code: maybe { $0.number() },
                    latency: maybe { $0.number() },
                    answers: addresses()
                )
            )
        }
        return report
    }

    private mutating func http() -> HTTPReport {
        var report = HTTPReport()
        report.requests = number()
        report.responses.success = number()
        report.responses.redirection = number()
        report.responses.clientError = number()
        report.responses.serverError = number()
        report.omitted = number()
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            report.exchanges.append(
                HTTPExchange(
                    time: time(),
                    method: text(),
                    host: text(),
                    path: text(),
                    status: maybe { $0.number() },
                    latency: maybe { $0.number() }
                )
            )
        }
        return report
    }
}

extension WireBatch {
    /// The batch's bytes.
    var encoded: [UInt8] {
        var encoder = WireBatchEncoder(exporter: exporter, boot: boot)
        for report in reports { encoder.add(report.observation, at: points[report.point]) }
        for loss in losses { encoder.add(loss.record, at: loss.point.map { points[$0] }) }
        return encoder.finish(sequence: sequence, made: made)
    }

    /// What two batches can be told apart by; points are numbered as they are first named.
    func isSame(as other: WireBatch) -> Bool {
        exporter == other.exporter && boot == other.boot && sequence == other.sequence && made == other.made
            && reports.map(\.observation) == other.reports.map(\.observation)
            && losses.map(\.record) == other.losses.map(\.record)
            && reports.map { describe($0.point) } == other.reports.map { other.describe($0.point) }
            && losses.map { $0.point.map(describe) } == other.losses.map { $0.point.map(other.describe) }
    }

    private func describe(_ point: Int) -> String {
        let point = points[point]
        let parts = [point.name, point.interface ?? "-", point.node ?? "-", point.pod ?? "-"]
        return "\(parts) \(point.addresses.sorted())"
    }
}
