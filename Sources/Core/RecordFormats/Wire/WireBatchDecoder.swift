import FlowModel
import NetworkAddressing

/// Reads batches; the input is hostile.
///
/// Fields that are not known are passed over, so that an exporter may be newer than its collector. A value that an
/// enumeration does not have is an error: what it means cannot be guessed.
package enum WireBatchDecoder {
    /// Messages in one batch, those within others included; more are refused.
    package static let messagesMax = 262_144
    /// Addresses of one observation point, or answers of one DNS exchange; more are refused.
    package static let addressesMax = 1024

    /// The batch that the bytes hold.
    package static func decode(_ bytes: [UInt8]) throws(WireError) -> WireBatch {
        var reader = ProtobufReader(bytes, message: "Batch", messagesMax: messagesMax)
        var batch = WireBatch(
            exporter: WireExporter(id: "", version: ""),
            boot: 0,
            sequence: 0,
            made: Timestamp(nanoseconds: 0)
        )
        while let field = try reader.next() {
            switch field.number {
            case 1: batch.exporter.id = try reader.text(field)
            case 2: batch.boot = try reader.fixed(field)
            case 3: batch.sequence = try reader.uint(field)
            case 4: batch.made = try reader.time(field)
            case 5: batch.exporter.version = try reader.text(field)
            case 6: batch.exporter.node = try reader.text(field)
            case 7: batch.exporter.pod = try reader.message(field, "Pod", pod)
            case 8: batch.points.append(try reader.message(field, "ObservationPoint", point))
            case 9: batch.reports.append(try reader.message(field, "Observation", report))
            case 10: batch.losses.append(try reader.message(field, "Loss", loss))
            default: try reader.skip(field)
            }
        }
        guard !batch.exporter.id.isEmpty else { throw reader.error("there is no exporter") }
        guard batch.sequence > 0 else { throw reader.error("there is no sequence") }
        // Only now: the order of fields is free.
        let points = batch.points.indices
        guard batch.reports.allSatisfy({ points.contains($0.point) }),
            batch.losses.allSatisfy({ $0.point.map(points.contains) ?? true })
        else { throw reader.error("an observation or a loss names a point that is not there") }
        return batch
    }

    private static func pod(_ reader: inout ProtobufReader) throws(WireError) -> WireExporter.Pod {
        var pod = WireExporter.Pod(namespace: "", name: "", uid: "")
        while let field = try reader.next() {
            switch field.number {
            case 1: pod.namespace = try reader.text(field)
            case 2: pod.name = try reader.text(field)
            case 3: pod.uid = try reader.text(field)
            default: try reader.skip(field)
            }
        }
        return pod
    }

    private static func point(_ reader: inout ProtobufReader) throws(WireError) -> ObservationPoint {
        var name = ""
        var interface: String?
        var node: String?
        var pod: String?
        var addresses: [IPAddress] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: interface = try reader.text(field)
            case 3: node = try reader.text(field)
            case 4: pod = try reader.text(field)
            case 5: try reader.append(field, to: &addresses)
            default: try reader.skip(field)
            }
        }
        return ObservationPoint(name: name, interface: interface, node: node, pod: pod, addresses: Set(addresses))
    }

    private static func loss(_ reader: inout ProtobufReader) throws(WireError) -> WireBatch.Loss {
        var point: Int?
        var from = Timestamp(nanoseconds: 0)
        var to = Timestamp(nanoseconds: 0)
        var reason: LossRecord.Reason?
        var count: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: point = Int(try reader.uint(field, as: UInt32.self))
            case 2: from = try reader.time(field)
            case 3: to = try reader.time(field)
            case 4: reason = WireCode.lossReason(try reader.uint(field))
            case 5: count = try reader.uint(field)
            default: try reader.skip(field)
            }
        }
        guard let reason else { throw reader.error("there is no known reason") }
        return WireBatch.Loss(point: point, record: LossRecord(from: from, to: to, reason: reason, count: count))
    }

    private static func report(_ reader: inout ProtobufReader) throws(WireError) -> WireBatch.Report {
        var report = ObservationFields()
        while let field = try reader.next() { try report.take(field, from: &reader) }
        return try report.finish(reader)
    }
}

extension ProtobufReader {
    mutating func time(_ field: Field) throws(WireError) -> Timestamp {
        Timestamp(nanoseconds: Int64(bitPattern: try fixed(field)))
    }

    mutating func address(_ field: Field) throws(WireError) -> IPAddress {
        let bytes = try bytes(field)
        let high = bytes.dropLast(8).reduce(0) { $0 << 8 | UInt64($1) }
        let low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
        switch bytes.count {
        case 4: return IPAddress(high: 0, low: low, family: .v4)
        case 16: return IPAddress(high: high, low: low, family: .v6)
        default: throw error("an address of \(bytes.count) bytes")
        }
    }

    mutating func append(_ field: Field, to addresses: inout [IPAddress]) throws(WireError) {
        guard addresses.count < WireBatchDecoder.addressesMax else { throw error("there are too many addresses") }
        addresses.append(try address(field))
    }

    /// The value of an enumeration whose numbers are those of the schema.
    mutating func choice<Value: RawRepresentable<UInt8>>(
        _ field: Field,
        _ what: String,
        as type: Value.Type
    ) throws(WireError) -> Value {
        let code = try uint(field)
        guard let value = UInt8(exactly: code).flatMap(Value.init(rawValue:)) else {
            throw error("\(code) is no \(what) that is known")
        }
        return value
    }
}
