import FlowMetering
import FlowModel
import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

/// Flows beside those that Zeek, Arkime and nDPI report of the same captures.
struct CrossCheckTests {
    @Test(.needsSharedData)
    func `packets and IP bytes are Zeek's`() throws {
        let rows = try CrossCheckedRow.load("zeek/conn.jsonl") { (row: ZeekRow) in row.checked }
        try check(rows, by: "zeek") { $0.bytes }
    }

    @Test(.needsSharedData)
    func `packets and frame bytes are Arkime's`() throws {
        let rows = try CrossCheckedRow.load("arkime/sessions.jsonl") { (row: ArkimeRow) in row.checked }
        try check(rows, by: "arkime") { $0.wireBytes }
    }

    @Test(.needsSharedData)
    func `packets and frame bytes are nDPI's`() throws {
        let rows = try CrossCheckedRow.load("ndpi/flows.jsonl") { (row: NDPIRow) in row.checked }
        try check(rows, by: "ndpi") { $0.wireBytes }
    }

    /// Compares counters, which have to be equal, and direction, of which it prints where and why it differs.
    private func check(_ rows: [CrossCheckedRow], by source: String, bytes: (CrossCheckedFlow) -> [UInt64]) throws {
        var equal = 0
        var sameDirection = 0
        var turned: [DirectionEvidence: Int] = [:]
        let isVerbose = ProcessInfo.processInfo.environment["ORACLE_DIFFERENCES"] != nil
        for (file, rows) in Dictionary(grouping: rows, by: \.pcap).sorted(by: { $0.key < $1.key }) {
            let flows = try CrossCheckedFlow.all(of: file)
            for row in rows {
                guard let flow = flows[row.tuple] else {
                    Issue.record("\(file): no flow \(row.tuple)")
                    continue
                }
                let isForward = flow.source == row.source
                let packets = isForward ? flow.packets : flow.packets.reversed()
                let bytes = isForward ? bytes(flow) : bytes(flow).reversed()
                let isEqual = packets == row.packets && bytes == row.bytes
                #expect(isEqual, "\(file): \(row), ours \(packets) \(bytes)")
                equal += isEqual ? 1 : 0
                if isForward {
                    sameDirection += 1
                } else {
                    turned[flow.evidence, default: 0] += 1
                    if isVerbose { print("\(source) turned by \(flow.evidence.name): \(file) \(row)") }
                }
            }
        }
        let reasons = turned.sorted { $0.key > $1.key }.map { "\($0.value) by \($0.key.name)" }
        print("\(source): \(rows.count) flows, \(equal) equal; \(sameDirection) of the same direction")
        print("\(source): of another direction \(reasons.isEmpty ? "none" : reasons.joined(separator: ", "))")
        #expect(rows.count > 200)
        #expect(sameDirection * 100 >= rows.count * 97)
    }
}

/// What another program says of one flow, and that it agrees with tshark.
struct CrossCheckedRow: CustomStringConvertible {
    let pcap: String
    let check: String
    let transport: UInt8
    /// The end that the program holds for the initiator.
    let source: String
    let destination: String
    /// From the source and back.
    let packets: [UInt64]
    let bytes: [UInt64]

    /// The same from either end.
    var tuple: String { CrossCheckedFlow.tuple(transport, source, destination) }
    var description: String { "\(transport) \(source) > \(destination) \(packets) \(bytes)" }

    static func load<Row: Decodable>(
        _ path: String,
        _ convert: (Row) -> CrossCheckedRow
    ) throws -> [CrossCheckedRow] {
        try SharedData.lines(path)
            .map { convert(try JSONDecoder().decode(Row.self, from: Data($0.utf8))) }
            .filter { $0.check.hasPrefix("agrees") }
    }

    static func end(_ address: String, _ port: Int) -> String {
        "\(IPAddress(address).map { "\($0)" } ?? address) \(port)"
    }
}

private struct ZeekRow: Decodable {
    let pcap: String
    let check: String
    let proto: String
    let source: String
    let sourcePort: String
    let destination: String
    let destinationPort: String
    let orig_pkts: String
    let orig_ip_bytes: String
    let resp_pkts: String
    let resp_ip_bytes: String

    enum CodingKeys: String, CodingKey {
        case pcap, check, proto, orig_pkts, orig_ip_bytes, resp_pkts, resp_ip_bytes
        case source = "id.orig_h"
        case sourcePort = "id.orig_p"
        case destination = "id.resp_h"
        case destinationPort = "id.resp_p"
    }

    var checked: CrossCheckedRow {
        CrossCheckedRow(
            pcap: pcap,
            check: check,
            transport: proto == "tcp" ? 6 : 17,
            source: CrossCheckedRow.end(source, Int(sourcePort) ?? -1),
            destination: CrossCheckedRow.end(destination, Int(destinationPort) ?? -1),
            packets: [orig_pkts, resp_pkts].map { UInt64($0) ?? 0 },
            bytes: [orig_ip_bytes, resp_ip_bytes].map { UInt64($0) ?? 0 }
        )
    }
}

/// Of some sessions only parts are told; such rows are not among those that agree.
private struct ArkimeRow: Decodable {
    let pcap: String
    let check: String
    let ipProtocol: UInt8?
    let src: String?
    let sport: Int?
    let dst: String?
    let dport: Int?
    let src_packets: UInt64?
    let src_bytes: UInt64?
    let dst_packets: UInt64?
    let dst_bytes: UInt64?

    var checked: CrossCheckedRow {
        CrossCheckedRow(
            pcap: pcap,
            check: check,
            transport: ipProtocol ?? 0,
            source: CrossCheckedRow.end(src ?? "", sport ?? 0),
            destination: CrossCheckedRow.end(dst ?? "", dport ?? 0),
            packets: [src_packets ?? 0, dst_packets ?? 0],
            bytes: [src_bytes ?? 0, dst_bytes ?? 0]
        )
    }
}

private struct NDPIRow: Decodable {
    let pcap: String
    let check: String
    let proto: String
    let src: String
    let sport: Int?
    let dst: String
    let dport: Int?
    let src_packets: UInt64
    let src_bytes: UInt64
    let dst_packets: UInt64
    let dst_bytes: UInt64

    var checked: CrossCheckedRow {
        CrossCheckedRow(
            pcap: pcap,
            check: check,
            transport: proto == "TCP" ? 6 : 17,
            source: CrossCheckedRow.end(src, sport ?? 0),
            destination: CrossCheckedRow.end(dst, dport ?? 0),
            packets: [src_packets, dst_packets],
            bytes: [src_bytes, dst_bytes]
        )
    }
}

/// All of a capture's packets of one tuple, as metered.
struct CrossCheckedFlow {
    let source: String
    let evidence: DirectionEvidence
    /// From the source and back.
    var packets: [UInt64] = [0, 0]
    var bytes: [UInt64] = [0, 0]
    /// Whole frames, by their length on the wire.
    var wireBytes: [UInt64] = [0, 0]

    static func tuple(_ transport: UInt8, _ one: String, _ other: String) -> String {
        "\(transport) \(min(one, other)) \(max(one, other))"
    }

    /// The flows of a file by their tuples; later fragments are left out, as the others leave them out.
    static func all(of file: String) throws -> [String: CrossCheckedFlow] {
        let capture = try SharedData.bytes("pcap/\(file)")
        var reports: [Observation] = []
        var wireBytes: [String: UInt64] = [:]
        var meter = FlowMeter(configuration: .init(interval: nil, idleTimeout: nil))
        try capture.withUnsafeBytes { capture in
            var reader = try CaptureFileReader(capture)
            while let packet = reader.next() {
                var parsed = ParsedPacket()
                let outcome = PacketDecoder(linkType: packet.linkType)
                    .decode(packet.bytes.bytes, wireLength: packet.originalLength, into: &parsed)
                guard outcome == .metered, parsed.fragment != .later else { continue }
                let path = "\(parsed.transport) \(end(parsed.source)) \(end(parsed.destination))"
                wireBytes[path, default: 0] += UInt64(packet.originalLength)
                meter.add(
                    packet.bytes,
                    wireLength: packet.originalLength,
                    timestamp: Timestamp(nanoseconds: packet.nanoseconds),
                    linkType: packet.linkType,
                    into: &reports
                )
            }
        }
        meter.finish(into: &reports)
        return reports.reduce(into: [:]) { flows, report in add(report, wireBytes, to: &flows) }
    }

    private static func add(
        _ report: Observation,
        _ wireBytes: [String: UInt64],
        to flows: inout [String: CrossCheckedFlow]
    ) {
        let transport = report.transport.rawValue
        let (source, destination) = (end(report.source), end(report.destination))
        let key = tuple(transport, source, destination)
        var flow = flows[key] ?? CrossCheckedFlow(source: source, evidence: report.evidence)
        let counts =
            flow.source == source ? [report.forward, report.backward] : [report.backward, report.forward]
        let other = flow.source == source ? destination : source
        for (side, count) in counts.enumerated() {
            flow.packets[side] += count.packets
            flow.bytes[side] += count.bytes
        }
        flow.wireBytes = [
            wireBytes["\(transport) \(flow.source) \(other)"] ?? 0,
            other == flow.source ? 0 : wireBytes["\(transport) \(other) \(flow.source)"] ?? 0,
        ]
        flows[key] = flow
    }

    private static func end(_ endpoint: Endpoint) -> String { "\(endpoint.address) \(endpoint.port)" }
}
