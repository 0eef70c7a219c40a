import FlowModel
import NetworkAddressing

/// The fields of an observation as they come.
struct ObservationFields {
    private var point = 0
    private var source: IPAddress?
    private var sourcePort: UInt16 = 0
    private var destination: IPAddress?
    private var destinationPort: UInt16 = 0
    private var endReason: FlowEndReason?
    /// All but what stands above.
    private var observation: Observation = {
        let nowhere = Endpoint(IPAddress(v4: 0), port: 0)
        let never = Timestamp(nanoseconds: 0)
        return Observation(
            transport: TransportProtocol(rawValue: 0),
            source: nowhere,
            destination: nowhere,
            evidence: .firstPacket,
            forward: TrafficCount(),
            backward: TrafficCount(),
            flowStart: never,
            start: never,
            end: never,
            sequence: 0,
            endReason: .activeTimeout
        )
    }()

    mutating func take(_ field: ProtobufReader.Field, from reader: inout ProtobufReader) throws(WireError) {
        switch field.number {
        case 1: point = Int(try reader.uint(field, as: UInt32.self))
        case 2: observation.transport = TransportProtocol(rawValue: try reader.uint(field, as: UInt8.self))
        case 3: source = try reader.address(field)
        case 4: sourcePort = try reader.uint(field, as: UInt16.self)
        case 5: destination = try reader.address(field)
        case 6: destinationPort = try reader.uint(field, as: UInt16.self)
        case 7: observation.evidence = try reader.choice(field, "evidence", as: DirectionEvidence.self)
        case 8: observation.forward.packets = try reader.uint(field)
        case 9: observation.forward.bytes = try reader.uint(field)
        case 10: observation.backward.packets = try reader.uint(field)
        case 11: observation.backward.bytes = try reader.uint(field)
        case 12: observation.flowStart = try reader.time(field)
        case 13: observation.start = try reader.time(field)
        case 14: observation.end = try reader.time(field)
        case 15: observation.sequence = try reader.uint(field, as: UInt32.self)
        case 16: endReason = try reader.choice(field, "end reason", as: FlowEndReason.self)
        case 17: observation.forwardFlags = try reader.uint(field, as: UInt8.self)
        case 18: observation.backwardFlags = try reader.uint(field, as: UInt8.self)
        default: try takeDetail(field, from: &reader)
        }
    }

    private mutating func takeDetail(
        _ field: ProtobufReader.Field,
        from reader: inout ProtobufReader
    ) throws(WireError) {
        switch field.number {
        case 19: observation.superPackets = try reader.uint(field, as: UInt32.self)
        case 20: observation.tunnel = try reader.message(field, "Tunnel", Tunnel.init(wire:))
        case 21: observation.tcp = try reader.message(field, "TCP", TCPReport.init(wire:))
        case 22: observation.exchanges = try reader.message(field, "Latencies", LatencyHistogram.init(wire:))
        case 23: observation.dns = try reader.message(field, "DNS", DNSReport.init(wire:))
        case 24: observation.http = try reader.message(field, "HTTP", HTTPReport.init(wire:))
        default: try reader.skip(field)
        }
    }

    /// The report, if it has what every report has.
    consuming func finish(_ reader: ProtobufReader) throws(WireError) -> WireBatch.Report {
        guard let source, let destination else { throw reader.error("there is no address at one of the ends") }
        guard let endReason else { throw reader.error("there is no end reason") }
        observation.source = Endpoint(source, port: sourcePort)
        observation.destination = Endpoint(destination, port: destinationPort)
        observation.endReason = endReason
        return WireBatch.Report(point: point, observation: observation)
    }
}

extension Tunnel {
    fileprivate init(wire reader: inout ProtobufReader) throws(WireError) {
        var kind = TunnelKind.vxlan
        var source: IPAddress?
        var destination: IPAddress?
        var identifier: UInt32 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: kind = try reader.choice(field, "tunnel", as: TunnelKind.self)
            case 2: source = try reader.address(field)
            case 3: destination = try reader.address(field)
            case 4: identifier = try reader.uint(field, as: UInt32.self)
            default: try reader.skip(field)
            }
        }
        guard let source, let destination else { throw reader.error("there is no address at one of the ends") }
        self.init(kind: kind, source: source, destination: destination, identifier: identifier)
    }
}

extension TCPReport {
    fileprivate init(wire reader: inout ProtobufReader) throws(WireError) {
        self.init(state: .attempted)
        while let field = try reader.next() {
            switch field.number {
            case 1: state = try reader.choice(field, "TCP state", as: TCPState.self)
            case 2: forward = try reader.message(field, "TCPCounts", TCPCounts.init(wire:))
            case 3: backward = try reader.message(field, "TCPCounts", TCPCounts.init(wire:))
            case 4: handshakeToDestination = try reader.int(field)
            case 5: handshakeToSource = try reader.int(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension TCPCounts {
    fileprivate init(wire reader: inout ProtobufReader) throws(WireError) {
        self.init()
        while let field = try reader.next() {
            switch field.number {
            case 1: payloadBytes = try reader.uint(field)
            case 2: retransmitted = try reader.uint(field, as: UInt32.self)
            case 3: outOfOrder = try reader.uint(field, as: UInt32.self)
            case 4: lost = try reader.uint(field, as: UInt32.self)
            case 5: zeroWindows = try reader.uint(field, as: UInt32.self)
            case 6: resets = try reader.uint(field, as: UInt32.self)
            default: try reader.skip(field)
            }
        }
    }
}

extension LatencyHistogram {
    fileprivate init(wire reader: inout ProtobufReader) throws(WireError) {
        self.init()
        while let field = try reader.next() {
            switch field.number {
            case 1: add(try reader.message(field, "Latencies.Entry", Entry.init(wire:)))
            case 2: sum = try reader.int(field)
            case 3: longest = try reader.int(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension LatencyHistogram.Entry {
    fileprivate init(wire reader: inout ProtobufReader) throws(WireError) {
        self.init(bucket: 0, count: 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: bucket = try reader.uint(field, as: UInt8.self)
            case 2: count = try reader.uint(field, as: UInt32.self)
            default: try reader.skip(field)
            }
        }
    }
}

extension DNSReport {
    fileprivate init(wire reader: inout ProtobufReader) throws(WireError) {
        self.init()
        while let field = try reader.next() {
            switch field.number {
            case 1: queries = try reader.uint(field, as: UInt32.self)
            case 2: responses = try reader.uint(field, as: UInt32.self)
            case 3: failures = try reader.uint(field, as: UInt32.self)
            case 4: omitted = try reader.uint(field, as: UInt32.self)
            case 5: exchanges.append(try reader.message(field, "DNS.Exchange", DNSExchange.init(wire:)))
            default: try reader.skip(field)
            }
        }
    }
}

extension DNSExchange {
    fileprivate init(wire reader: inout ProtobufReader) throws(WireError) {
        self.init(time: Timestamp(nanoseconds: 0), name: "", type: 0, code: nil, latency: nil, answers: [])
        while let field = try reader.next() {
            switch field.number {
            case 1: time = try reader.time(field)
            case 2: name = try reader.text(field)
            case 3: type = try reader.uint(field, as: UInt16.self)
            case 4: code = try reader.uint(field, as: UInt8.self)
            case 5: latency = try reader.int(field)
            case 6: try reader.append(field, to: &answers)
            default: try reader.skip(field)
            }
        }
    }
}

extension HTTPReport {
    fileprivate init(wire reader: inout ProtobufReader) throws(WireError) {
        self.init()
        while let field = try reader.next() {
            switch field.number {
            case 1: requests = try reader.uint(field, as: UInt32.self)
            case 2: responses.success = try reader.uint(field, as: UInt32.self)
            case 3: responses.redirection = try reader.uint(field, as: UInt32.self)
            case 4: responses.clientError = try reader.uint(field, as: UInt32.self)
            case 5: responses.serverError = try reader.uint(field, as: UInt32.self)
            case 6: omitted = try reader.uint(field, as: UInt32.self)
            case 7: exchanges.append(try reader.message(field, "HTTP.Exchange", HTTPExchange.init(wire:)))
            default: try reader.skip(field)
            }
        }
    }
}

extension HTTPExchange {
    fileprivate init(wire reader: inout ProtobufReader) throws(WireError) {
        self.init(time: Timestamp(nanoseconds: 0), method: "", host: "", path: "", status: nil, latency: nil)
        while let field = try reader.next() {
            switch field.number {
            case 1: time = try reader.time(field)
            case 2: method = try reader.text(field)
            case 3: host = try reader.text(field)
            case 4: path = try reader.text(field)
            case 5: status = try reader.uint(field, as: UInt16.self)
            case 6: latency = try reader.int(field)
            default: try reader.skip(field)
            }
        }
    }
}
