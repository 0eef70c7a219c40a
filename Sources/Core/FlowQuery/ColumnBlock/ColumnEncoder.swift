import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing

/// Numbers values in the order in which they first come.
struct Numbering<Value: Hashable> {
    private(set) var values: [Value] = []
    private var numbers: [Value: Int] = [:]

    mutating func number(_ value: Value) -> Int {
        if let number = numbers[value] { return number }
        numbers[value] = values.count
        values.append(value)
        return values.count - 1
    }
}

/// Collects the dictionaries and columns of a block, row by row.
struct ColumnEncoder {
    private struct Attribution: Hashable {
        let identity: Int
        let basis: Int
        let reason: Int
        let candidates: [Int]
        let service: [Int]
        let domain: Int
    }

    /// An observation point by its contents.
    private struct Point: Hashable {
        let texts: [Int]
        let addresses: [Int]
    }

    var texts = Numbering<String>()
    var addresses = Numbering<IPAddress>()
    var tunnels = Numbering<Tunnel>()
    private var points = Numbering<Point>()
    private var identities = Numbering<Identity>()
    private var attributions = Numbering<Attribution>()
    /// Objects seen before, so that most rows need no hash of text.
    ///
    /// They live as long as the flows being encoded.
    private var knownPoints: [ObjectIdentifier: Int] = [:]
    private var knownIdentities: [ObjectIdentifier: Int] = [:]
    var columns: [ColumnWriter] = []
    private var previousStart: Int64 = 0

    init() { columns = [ColumnWriter](repeating: ColumnWriter(), count: 64) }

    mutating func add(_ flow: AttributedFlow) {
        let observation = flow.observation
        addTimes(observation)
        columns[.transport].byte(observation.transport.rawValue)
        columns[.marks].byte(Marks(flow).byte)
        columns[.forwardFlags].byte(observation.forwardFlags)
        columns[.backwardFlags].byte(observation.backwardFlags)
        let source = EndShape(flow.source, seen: observation.source)
        let destination = EndShape(flow.destination, seen: observation.destination)
        columns[.shapes].byte(source.bits | destination.bits << 3)
        columns[.point].varint(number(of: flow.point))
        columns[.sourceAddress].varint(addresses.number(observation.source.address))
        columns[.sourcePort].varint(Int(observation.source.port))
        columns[.destinationAddress].varint(addresses.number(observation.destination.address))
        columns[.destinationPort].varint(Int(observation.destination.port))
        columns[.sourceAttribution].varint(number(of: flow.source))
        columns[.destinationAttribution].varint(number(of: flow.destination))
        columns[.forwardPackets].varint(observation.forward.packets)
        columns[.forwardBytes].varint(observation.forward.bytes)
        columns[.backwardPackets].varint(observation.backward.packets)
        columns[.backwardBytes].varint(observation.backward.bytes)
        columns[.sequence].varint(UInt64(observation.sequence))
        add(source.exceptions, to: .sourceExceptions)
        add(destination.exceptions, to: .destinationExceptions)
        addDetails(observation)
    }

    private mutating func addTimes(_ observation: Observation) {
        let start = observation.start.nanoseconds
        // Wrapping, so that any two times have a difference that leads back.
        columns[.start].zigzag(start &- previousStart)
        columns[.age].zigzag(start &- observation.flowStart.nanoseconds)
        columns[.duration].zigzag(observation.end.nanoseconds &- start)
        previousStart = start
    }

    private mutating func add(_ endpoints: [Endpoint], to section: ColumnBlock.Section) {
        for endpoint in endpoints {
            columns[section].varint(addresses.number(endpoint.address))
            columns[section].varint(Int(endpoint.port))
        }
    }

    private mutating func number(of point: ObservationPoint) -> Int {
        if let known = knownPoints[ObjectIdentifier(point)] { return known }
        // 0 stands for a text that is not there.
        let optional = [point.interface, point.node, point.pod]
        let content = Point(
            texts: [texts.number(point.name)] + optional.map { $0.map { texts.number($0) + 1 } ?? 0 },
            addresses: point.addresses.sorted().map { addresses.number($0) }
        )
        let number = points.number(content)
        knownPoints[ObjectIdentifier(point)] = number
        return number
    }

    private mutating func number(of identity: Identity) -> Int {
        if let known = knownIdentities[ObjectIdentifier(identity)] { return known }
        let number = identities.number(identity)
        knownIdentities[ObjectIdentifier(identity)] = number
        return number
    }

    private mutating func number(of end: AttributedEnd) -> Int {
        attributions.number(
            Attribution(
                identity: end.identity.map { number(of: $0) + 1 } ?? 0,
                basis: texts.number(end.basis.name),
                reason: texts.number(end.reason),
                candidates: end.candidates.map { number(of: $0) },
                service: end.service.map { [texts.number($0.namespace), texts.number($0.name)] } ?? [],
                domain: end.domain.map { texts.number($0) + 1 } ?? 0
            )
        )
    }

    /// The sections in their order; texts and addresses come last to be complete, and first in the block.
    var sections: [(section: ColumnBlock.Section, bytes: [UInt8])] {
        mutating get {
            let identities = identitySection()
            let tunnels = tunnelSection()
            return ColumnBlock.Section.allCases.map { section in
                switch section {
                case .texts: (section, textSection())
                case .addresses: (section, addressSection())
                case .points: (section, pointSection())
                case .identities: (section, identities)
                case .attributions: (section, attributionSection())
                case .tunnels: (section, tunnels)
                default: (section, columns[section].bytes)
                }
            }
        }
    }

    private func textSection() -> [UInt8] {
        var writer = ColumnWriter()
        writer.varint(texts.values.count)
        for text in texts.values { writer.text(text) }
        return writer.bytes
    }

    private func addressSection() -> [UInt8] {
        var writer = ColumnWriter()
        writer.varint(addresses.values.count)
        for address in addresses.values {
            writer.byte(address.family.rawValue)
            // The bytes of an IPv4 address are few; the last half of an IPv6 one is as good as random.
            if address.family == .v6 { writer.fixed(address.high) }
            if address.family == .v6 { writer.fixed(address.low) } else { writer.varint(address.low) }
        }
        return writer.bytes
    }

    private func pointSection() -> [UInt8] {
        var writer = ColumnWriter()
        writer.varint(points.values.count)
        for point in points.values {
            for text in point.texts { writer.varint(text) }
            writer.list(point.addresses)
        }
        return writer.bytes
    }

    private mutating func identitySection() -> [UInt8] {
        var writer = ColumnWriter()
        writer.varint(identities.values.count)
        for identity in identities.values {
            let names = [
                identity.kind.rawValue, identity.namespace, identity.name, identity.uid, identity.node, identity.zone,
            ]
            for name in names { writer.varint(texts.number(name)) }
            writer.list(identity.workload.map { [texts.number($0.kind), texts.number($0.name)] } ?? [])
            writer.list(identity.services.map { texts.number($0) })
            writer.list(identity.labels.flatMap { [texts.number($0.key), texts.number($0.value)] })
            writer.list(identity.addresses.map { addresses.number($0) })
        }
        return writer.bytes
    }

    private func attributionSection() -> [UInt8] {
        var writer = ColumnWriter()
        writer.varint(attributions.values.count)
        for attribution in attributions.values {
            writer.varint(attribution.identity)
            writer.varint(attribution.basis)
            writer.varint(attribution.reason)
            writer.list(attribution.candidates)
            writer.list(attribution.service)
            writer.varint(attribution.domain)
        }
        return writer.bytes
    }

    private mutating func tunnelSection() -> [UInt8] {
        var writer = ColumnWriter()
        writer.varint(tunnels.values.count)
        for tunnel in tunnels.values {
            writer.byte(tunnel.kind.rawValue)
            writer.varint(addresses.number(tunnel.source))
            writer.varint(addresses.number(tunnel.destination))
            writer.varint(UInt64(tunnel.identifier))
        }
        return writer.bytes
    }
}

extension ColumnWriter {
    fileprivate mutating func list(_ numbers: [Int]) {
        varint(numbers.count)
        for number in numbers { varint(number) }
    }
}

extension [ColumnWriter] {
    subscript(section: ColumnBlock.Section) -> ColumnWriter {
        get { self[Int(section.rawValue)] }
        _modify { yield &self[Int(section.rawValue)] }
    }
}

/// Three small values of a row in one byte: evidence (3 bits), side (2), end reason (3).
struct Marks {
    let evidence: DirectionEvidence
    let side: ObservedSide
    let endReason: FlowEndReason

    init(_ flow: AttributedFlow) {
        evidence = flow.observation.evidence
        side = flow.side
        endReason = flow.observation.endReason
    }

    init?(byte: UInt8) {
        guard let evidence = DirectionEvidence(rawValue: byte & 7), let side = ObservedSide(rawValue: byte >> 3 & 3),
            let endReason = FlowEndReason(rawValue: byte >> 5)
        else { return nil }
        self.evidence = evidence
        self.side = side
        self.endReason = endReason
    }

    var byte: UInt8 { evidence.rawValue | side.rawValue << 3 | endReason.rawValue << 5 }
}

/// How an attributed end differs from the end as it stood in the packet.
struct EndShape {
    /// Bit 0 for a true endpoint that is not the one seen, 1 for an original, 2 for one that is not the one seen.
    let bits: UInt8
    /// The endpoints that are not the one seen, in this order: true, original.
    let exceptions: [Endpoint]

    init(_ end: AttributedEnd, seen: Endpoint) {
        var bits: UInt8 = 0
        var exceptions: [Endpoint] = []
        if end.endpoint != seen {
            bits |= 1
            exceptions.append(end.endpoint)
        }
        if let original = end.original {
            bits |= 2
            if original != seen {
                bits |= 4
                exceptions.append(original)
            }
        }
        self.bits = bits
        self.exceptions = exceptions
    }
}
