import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing

/// The dictionaries of a block, decoded and checked.
struct BlockDictionaries {
    /// Everything of an attributed end but its endpoints.
    struct Attribution {
        let identity: Identity?
        let basis: Basis
        let reason: String
        let candidates: [Identity]
        let service: ServiceName?
        let domain: String?
    }

    private(set) var texts: [String] = []
    private(set) var addresses: [IPAddress] = []
    private(set) var points: [ObservationPoint] = []
    private(set) var identities: [Identity] = []
    private(set) var attributions: [Attribution] = []
    private(set) var tunnels: [Tunnel] = []

    private static let bases = Dictionary(uniqueKeysWithValues: Basis.allCases.map { ($0.name, $0) })

    init(_ block: ColumnBlock) throws(ColumnBlockError) {
        var reader = try block.reader(.texts)
        for _ in 0..<(try reader.count()) { texts.append(try reader.text()) }
        try reader.expectEnd()
        reader = try block.reader(.addresses)
        for _ in 0..<(try reader.count()) { addresses.append(try BlockDictionaries.address(&reader)) }
        try reader.expectEnd()
        reader = try block.reader(.points)
        for _ in 0..<(try reader.count()) { points.append(try point(&reader)) }
        try reader.expectEnd()
        reader = try block.reader(.identities)
        for _ in 0..<(try reader.count()) { identities.append(try identity(&reader)) }
        try reader.expectEnd()
        reader = try block.reader(.attributions)
        let hasDomain = block.version >= 2
        for _ in 0..<(try reader.count()) { attributions.append(try attribution(&reader, hasDomain: hasDomain)) }
        try reader.expectEnd()
        guard block.version >= 2 else { return }
        reader = try block.reader(.tunnels)
        for _ in 0..<(try reader.count()) { tunnels.append(try tunnel(&reader)) }
        try reader.expectEnd()
    }

    private static func address(_ reader: inout ColumnReader) throws(ColumnBlockError) -> IPAddress {
        switch try reader.byte() {
        case IPAddress.Family.v4.rawValue:
            guard let bits = UInt32(exactly: try reader.varint()) else { throw reader.error("not an IPv4 address") }
            return IPAddress(v4: bits)
        case IPAddress.Family.v6.rawValue:
            let high = try reader.fixed()
            return IPAddress(v6: high, try reader.fixed())
        default: throw reader.error("an address of no known family")
        }
    }

    private func text(_ reader: inout ColumnReader) throws(ColumnBlockError) -> String {
        texts[try reader.index(below: texts.count)]
    }

    private func optionalText(_ reader: inout ColumnReader) throws(ColumnBlockError) -> String? {
        let number = try reader.index(below: texts.count + 1)
        return number == 0 ? nil : texts[number - 1]
    }

    private func list<Value>(
        _ reader: inout ColumnReader,
        of values: [Value]
    ) throws(ColumnBlockError) -> [Value] {
        var result: [Value] = []
        for _ in 0..<(try reader.count()) { result.append(values[try reader.index(below: values.count)]) }
        return result
    }

    /// None or one pair of texts.
    private func pair(_ reader: inout ColumnReader) throws(ColumnBlockError) -> (String, String)? {
        let texts = try list(&reader, of: texts)
        guard texts.count == 2 else {
            guard texts.isEmpty else { throw reader.error("half a pair of names") }
            return nil
        }
        return (texts[0], texts[1])
    }

    private func point(_ reader: inout ColumnReader) throws(ColumnBlockError) -> ObservationPoint {
        ObservationPoint(
            name: try text(&reader),
            interface: try optionalText(&reader),
            node: try optionalText(&reader),
            pod: try optionalText(&reader),
            addresses: Set(try list(&reader, of: addresses))
        )
    }

    private func identity(_ reader: inout ColumnReader) throws(ColumnBlockError) -> Identity {
        guard let kind = Identity.Kind(rawValue: try text(&reader)) else {
            throw reader.error("an identity of no known kind")
        }
        let (namespace, name, uid) = (try text(&reader), try text(&reader), try text(&reader))
        let (node, zone) = (try text(&reader), try text(&reader))
        let workload = try pair(&reader)
        let services = try list(&reader, of: texts)
        let labels = try list(&reader, of: texts)
        guard labels.count.isMultiple(of: 2) else { throw reader.error("a label without a value") }
        return Identity(
            kind: kind,
            namespace: namespace,
            name: name,
            uid: uid,
            node: node,
            zone: zone,
            workload: workload.map { Identity.Workload(kind: $0, name: $1) },
            services: services,
            labels: stride(from: 0, to: labels.count, by: 2).map {
                Identity.Label(key: labels[$0], value: labels[$0 + 1])
            },
            addresses: try list(&reader, of: addresses)
        )
    }

    private func attribution(
        _ reader: inout ColumnReader,
        hasDomain: Bool
    ) throws(ColumnBlockError) -> Attribution {
        let number = try reader.index(below: identities.count + 1)
        guard let basis = BlockDictionaries.bases[try text(&reader)] else {
            throw reader.error("an attribution on no known basis")
        }
        return Attribution(
            identity: number == 0 ? nil : identities[number - 1],
            basis: basis,
            reason: try text(&reader),
            candidates: try list(&reader, of: identities),
            service: try pair(&reader).map { ServiceName(namespace: $0, name: $1) },
            domain: hasDomain ? try optionalText(&reader) : nil
        )
    }

    private func tunnel(_ reader: inout ColumnReader) throws(ColumnBlockError) -> Tunnel {
        guard let kind = TunnelKind(rawValue: try reader.byte()) else {
            throw reader.error("a tunnel of no known kind")
        }
        return Tunnel(
            kind: kind,
            source: addresses[try reader.index(below: addresses.count)],
            destination: addresses[try reader.index(below: addresses.count)],
            identifier: try reader.number()
        )
    }
}

/// Reads all columns of a block side by side.
struct ColumnDecoder {
    private let dictionaries: BlockDictionaries
    private var start, age, duration: ColumnReader
    private var transport, marks, forwardFlags, backwardFlags, shapes: ColumnReader
    private var point, sourceAddress, sourcePort, destinationAddress, destinationPort: ColumnReader
    private var sourceAttribution, destinationAttribution: ColumnReader
    private var forwardPackets, forwardBytes, backwardPackets, backwardBytes: ColumnReader
    private var sequence, sourceExceptions, destinationExceptions: ColumnReader
    /// `nil` in a block of version 1.
    private var details: DetailDecoder?
    private var previousStart: Int64 = 0

    init(_ block: ColumnBlock, _ dictionaries: BlockDictionaries) throws(ColumnBlockError) {
        self.dictionaries = dictionaries
        start = try block.reader(.start)
        age = try block.reader(.age)
        duration = try block.reader(.duration)
        transport = try block.reader(.transport)
        marks = try block.reader(.marks)
        forwardFlags = try block.reader(.forwardFlags)
        backwardFlags = try block.reader(.backwardFlags)
        shapes = try block.reader(.shapes)
        point = try block.reader(.point)
        sourceAddress = try block.reader(.sourceAddress)
        sourcePort = try block.reader(.sourcePort)
        destinationAddress = try block.reader(.destinationAddress)
        destinationPort = try block.reader(.destinationPort)
        sourceAttribution = try block.reader(.sourceAttribution)
        destinationAttribution = try block.reader(.destinationAttribution)
        forwardPackets = try block.reader(.forwardPackets)
        forwardBytes = try block.reader(.forwardBytes)
        backwardPackets = try block.reader(.backwardPackets)
        backwardBytes = try block.reader(.backwardBytes)
        sequence = try block.reader(.sequence)
        sourceExceptions = try block.reader(.sourceExceptions)
        destinationExceptions = try block.reader(.destinationExceptions)
        if block.version >= 2 { details = try DetailDecoder(block, dictionaries) }
        guard block.rows <= start.remaining else { throw start.error("there are fewer times than rows") }
    }

    /// The next row.
    mutating func next() throws(ColumnBlockError) -> AttributedFlow {
        guard let mark = Marks(byte: try marks.byte()) else { throw marks.error("marks of no known meaning") }
        let source = try ColumnDecoder.endpoint(&sourceAddress, &sourcePort, dictionaries)
        let destination = try ColumnDecoder.endpoint(&destinationAddress, &destinationPort, dictionaries)
        let shape = try shapes.byte()
        guard shape >> 6 == 0 else { throw shapes.error("a shape of no known meaning") }
        let startTime = previousStart &+ (try start.zigzag())
        previousStart = startTime
        let flowStart = startTime &- (try age.zigzag())
        let end = startTime &+ (try duration.zigzag())
        var observation = Observation(
            transport: TransportProtocol(rawValue: try transport.byte()),
            source: source,
            destination: destination,
            evidence: mark.evidence,
            forward: TrafficCount(packets: try forwardPackets.varint(), bytes: try forwardBytes.varint()),
            backward: TrafficCount(packets: try backwardPackets.varint(), bytes: try backwardBytes.varint()),
            forwardFlags: try forwardFlags.byte(),
            backwardFlags: try backwardFlags.byte(),
            flowStart: Timestamp(nanoseconds: flowStart),
            start: Timestamp(nanoseconds: startTime),
            end: Timestamp(nanoseconds: end),
            sequence: try sequence.number(),
            endReason: mark.endReason
        )
        try details?.read(into: &observation)
        return AttributedFlow(
            observation: observation,
            point: dictionaries.points[try point.index(below: dictionaries.points.count)],
            side: mark.side,
            source: try ColumnDecoder.end(
                &sourceAttribution,
                &sourceExceptions,
                dictionaries,
                seen: source,
                shape: shape & 7
            ),
            destination: try ColumnDecoder.end(
                &destinationAttribution,
                &destinationExceptions,
                dictionaries,
                seen: destination,
                shape: shape >> 3
            )
        )
    }

    /// Checks that no column goes on.
    func expectEnd() throws(ColumnBlockError) {
        let columns = [
            start, age, duration, transport, marks, forwardFlags, backwardFlags, shapes, point, sourceAddress,
            sourcePort, destinationAddress, destinationPort, sourceAttribution, destinationAttribution,
            forwardPackets, forwardBytes, backwardPackets, backwardBytes, sequence, sourceExceptions,
            destinationExceptions,
        ]
        for column in columns { try column.expectEnd() }
        try details?.expectEnd()
    }

    private static func endpoint(
        _ addresses: inout ColumnReader,
        _ ports: inout ColumnReader,
        _ dictionaries: BlockDictionaries
    ) throws(ColumnBlockError) -> Endpoint {
        let address = dictionaries.addresses[try addresses.index(below: dictionaries.addresses.count)]
        return Endpoint(address, port: try port(&ports))
    }

    private static func port(_ ports: inout ColumnReader) throws(ColumnBlockError) -> UInt16 {
        UInt16(truncatingIfNeeded: try ports.index(below: 65536))
    }

    private static func exception(
        _ exceptions: inout ColumnReader,
        _ dictionaries: BlockDictionaries
    ) throws(ColumnBlockError) -> Endpoint {
        let address = dictionaries.addresses[try exceptions.index(below: dictionaries.addresses.count)]
        return Endpoint(address, port: try port(&exceptions))
    }

    private static func end(
        _ attributions: inout ColumnReader,
        _ exceptions: inout ColumnReader,
        _ dictionaries: BlockDictionaries,
        seen: Endpoint,
        shape: UInt8
    ) throws(ColumnBlockError) -> AttributedEnd {
        let attribution = dictionaries.attributions[
            try attributions.index(below: dictionaries.attributions.count)
        ]
        let endpoint = shape & 1 == 0 ? seen : try exception(&exceptions, dictionaries)
        var original: Endpoint?
        if shape & 2 != 0 { original = shape & 4 == 0 ? seen : try exception(&exceptions, dictionaries) }
        return AttributedEnd(
            endpoint: endpoint,
            original: original,
            identity: attribution.identity,
            basis: attribution.basis,
            reason: attribution.reason,
            candidates: attribution.candidates,
            service: attribution.service,
            domain: attribution.domain
        )
    }
}
