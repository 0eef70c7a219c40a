import FlowModel
import NetworkAddressing

/// Batches as protobuf; `docs/reference/podsight.proto` is the schema.
///
/// Used for one batch after the other: points and reports are added until `finish`.
package struct WireBatchEncoder: Sendable {
    private let exporter: WireExporter
    private let boot: UInt64
    private var writer = ProtobufWriter()
    private var points: [ObjectIdentifier: UInt32] = [:]
    /// Keeps the points of the batch alive, so that none takes the place of another.
    private var kept: [ObservationPoint] = []
    /// Reports in the batch so far.
    package private(set) var reports = 0

    /// An encoder for one exporter's boot.
    package init(exporter: WireExporter, boot: UInt64) {
        self.exporter = exporter
        self.boot = boot
    }

    /// Bytes of the batch so far.
    package var size: Int { writer.size }

    /// Whether nothing was added.
    package var isEmpty: Bool { writer.size == 0 }

    /// Adds a report.
    package mutating func add(_ observation: Observation, at point: ObservationPoint) {
        let place = place(of: point)
        writer.message(9) { $0.observation(observation, point: place) }
        reports += 1
    }

    /// Adds a loss of a point, or of the exporter as a whole.
    package mutating func add(_ loss: LossRecord, at point: ObservationPoint?) {
        let place = point.map { self.place(of: $0) }
        writer.message(10) { writer in
            writer.optional(1, place.map(UInt64.init))
            writer.fixed(2, UInt64(bitPattern: loss.from.nanoseconds))
            writer.fixed(3, UInt64(bitPattern: loss.to.nanoseconds))
            writer.uint(4, WireCode.of(loss.reason))
            writer.uint(5, loss.count)
        }
    }

    /// The batch's bytes; the encoder is empty again.
    package mutating func finish(sequence: UInt64, made: Timestamp) -> [UInt8] {
        // The order of fields is free in protobuf, so what is known last comes last.
        writer.text(1, exporter.id)
        writer.fixed(2, boot)
        writer.uint(3, sequence)
        writer.fixed(4, UInt64(bitPattern: made.nanoseconds))
        writer.text(5, exporter.version)
        writer.text(6, exporter.node)
        if let pod = exporter.pod {
            writer.message(7) { writer in
                writer.text(1, pod.namespace)
                writer.text(2, pod.name)
                writer.text(3, pod.uid)
            }
        }
        let bytes = writer.bytes
        writer.removeAll()
        points.removeAll(keepingCapacity: true)
        kept.removeAll(keepingCapacity: true)
        reports = 0
        return bytes
    }

    private mutating func place(of point: ObservationPoint) -> UInt32 {
        if let place = points[ObjectIdentifier(point)] { return place }
        let place = UInt32(truncatingIfNeeded: kept.count)
        points[ObjectIdentifier(point)] = place
        kept.append(point)
        writer.message(8) { writer in
            writer.text(1, point.name)
            writer.optional(2, point.interface)
            writer.optional(3, point.node)
            writer.optional(4, point.pod)
            for address in point.addresses.sorted() { writer.address(5, address) }
        }
        return place
    }
}

extension ProtobufWriter {
    @inline(__always)
    fileprivate mutating func address(_ field: UInt32, _ address: IPAddress) {
        bytes(field, high: address.high, low: address.low, size: address.family == .v4 ? 4 : 16)
    }

    fileprivate mutating func observation(_ observation: Observation, point: UInt32) {
        uint(1, point)
        uint(2, UInt32(observation.transport.rawValue))
        address(3, observation.source.address)
        uint(4, UInt32(observation.source.port))
        address(5, observation.destination.address)
        uint(6, UInt32(observation.destination.port))
        uint(7, UInt32(observation.evidence.rawValue))
        uint(8, observation.forward.packets)
        uint(9, observation.forward.bytes)
        uint(10, observation.backward.packets)
        uint(11, observation.backward.bytes)
        fixed(12, UInt64(bitPattern: observation.flowStart.nanoseconds))
        fixed(13, UInt64(bitPattern: observation.start.nanoseconds))
        fixed(14, UInt64(bitPattern: observation.end.nanoseconds))
        uint(15, observation.sequence)
        uint(16, UInt32(observation.endReason.rawValue))
        uint(17, UInt32(observation.forwardFlags))
        uint(18, UInt32(observation.backwardFlags))
        uint(19, observation.superPackets)
        if let tunnel = observation.tunnel { message(20) { $0.tunnel(tunnel) } }
        if let tcp = observation.tcp { message(21) { $0.tcp(tcp) } }
        if let exchanges = observation.exchanges { message(22) { $0.latencies(exchanges) } }
        if let dns = observation.dns { message(23) { $0.dns(dns) } }
        if let http = observation.http { message(24) { $0.http(http) } }
    }

    private mutating func tunnel(_ tunnel: Tunnel) {
        uint(1, UInt32(tunnel.kind.rawValue))
        address(2, tunnel.source)
        address(3, tunnel.destination)
        uint(4, tunnel.identifier)
    }

    private mutating func tcp(_ report: TCPReport) {
        uint(1, UInt32(report.state.rawValue))
        message(2) { $0.tcpCounts(report.forward) }
        message(3) { $0.tcpCounts(report.backward) }
        optional(4, report.handshakeToDestination)
        optional(5, report.handshakeToSource)
    }

    private mutating func tcpCounts(_ counts: TCPCounts) {
        uint(1, counts.payloadBytes)
        uint(2, counts.retransmitted)
        uint(3, counts.outOfOrder)
        uint(4, counts.lost)
        uint(5, counts.zeroWindows)
        uint(6, counts.resets)
    }

    private mutating func latencies(_ histogram: LatencyHistogram) {
        for entry in histogram.entries {
            message(1) { writer in
                writer.uint(1, UInt32(entry.bucket))
                writer.uint(2, entry.count)
            }
        }
        uint(2, UInt64(bitPattern: histogram.sum))
        uint(3, UInt64(bitPattern: histogram.longest))
    }

    private mutating func dns(_ report: DNSReport) {
        uint(1, report.queries)
        uint(2, report.responses)
        uint(3, report.failures)
        uint(4, report.omitted)
        for exchange in report.exchanges {
            message(5) { writer in
                writer.fixed(1, UInt64(bitPattern: exchange.time.nanoseconds))
                writer.text(2, exchange.name)
                writer.uint(3, UInt32(exchange.type))
                writer.optional(4, exchange.code.map(UInt64.init))
                writer.optional(5, exchange.latency)
                for answer in exchange.answers { writer.address(6, answer) }
            }
        }
    }

    private mutating func http(_ report: HTTPReport) {
        uint(1, report.requests)
        uint(2, report.responses.success)
        uint(3, report.responses.redirection)
        uint(4, report.responses.clientError)
        uint(5, report.responses.serverError)
        uint(6, report.omitted)
        for exchange in report.exchanges {
            message(7) { writer in
                writer.fixed(1, UInt64(bitPattern: exchange.time.nanoseconds))
                writer.text(2, exchange.method)
                writer.text(3, exchange.host)
                writer.text(4, exchange.path)
                writer.optional(5, exchange.status.map(UInt64.init))
                writer.optional(6, exchange.latency)
            }
        }
    }
}
