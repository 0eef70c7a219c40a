import FlowMetering
import FlowModel
import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport

/// What tshark says of one capture: a line of `data/pcap/oracle`.
struct OracleCapture: Decodable {
    struct Flow: Decodable {
        let proto: Int?
        let src: String
        let dst: String
        let sport: Int?
        let dport: Int?
        let community_id: String?
        let packets: [UInt64]
        let l3_bytes: [UInt64]
        let tcp_flags: [Int]?
        let first: String
        let last: String
    }
    struct Fragments: Decodable {
        let src: String
        let dst: String
        let packets: UInt64
        let l3_bytes: UInt64
    }
    let file: String
    let packets: Int
    let non_ip_packets: Int
    let encap: [String: Int]
    let malformed_frames: [Int]
    let short_l4_frames: [Int]
    let flows: [Flow]
    let nonfirst_fragments: [Fragments]

    static func load(_ source: String) throws -> [OracleCapture] {
        try SharedData.lines("pcap/oracle/\(source).jsonl").map {
            try JSONDecoder().decode(OracleCapture.self, from: Data($0.utf8))
        }
    }
}

/// A flow over a whole capture, in the shape in which the oracle's and ours can be compared.
struct ComparedFlow: Hashable, CustomStringConvertible {
    var proto: Int
    var ends: Set<String>
    /// By the address and port of the sender.
    var packets: [String: UInt64]
    var bytes: [String: UInt64]
    /// The OR of the TCP flags by sender; empty for other protocols.
    var flags: [String: UInt8]
    /// Nanoseconds since the epoch.
    var first: Int64
    var last: Int64

    var description: String {
        "proto \(proto) \(packets.sorted { $0.key < $1.key }) bytes \(bytes.sorted { $0.key < $1.key }) flags \(flags) \(first) \(last)"
    }
}

extension OracleCapture {
    /// The flows by Community ID, and later fragments by the two addresses.
    var comparedFlows: [String: ComparedFlow] {
        var flows: [String: ComparedFlow] = [:]
        for flow in self.flows {
            let from = "\(flow.src) \(flow.sport ?? 0)"
            let to = "\(flow.dst) \(flow.dport ?? 0)"
            let isSelf = from == to
            flows[flow.community_id ?? "none"] = ComparedFlow(
                proto: flow.proto ?? -1,
                ends: [from, to],
                packets: isSelf
                    ? [from: flow.packets[0] + flow.packets[1]] : [from: flow.packets[0], to: flow.packets[1]],
                bytes: isSelf
                    ? [from: flow.l3_bytes[0] + flow.l3_bytes[1]]
                    : [from: flow.l3_bytes[0], to: flow.l3_bytes[1]],
                flags: flow.flags(from, to),
                first: OracleCapture.nanoseconds(flow.first),
                last: OracleCapture.nanoseconds(flow.last)
            )
        }
        for fragment in nonfirst_fragments {
            flows["fragment \(fragment.src) \(fragment.dst)", default: .fragments].add(fragment)
        }
        return flows
    }
}

extension OracleCapture {
    /// Nanoseconds of seconds with nine decimals; 0 where there is no time.
    static func nanoseconds(_ text: String) -> Int64 {
        Int64(text.filter { $0 != "." }) ?? 0
    }
}

extension OracleCapture.Flow {
    /// Without the ninth flag, which has no place in a flow record.
    func flags(_ from: String, _ to: String) -> [String: UInt8] {
        guard proto == 6, let tcp_flags else { return [:] }
        let flags = tcp_flags.map { UInt8($0 & 0xff) }
        return from == to ? [from: flags[0] | flags[1]] : [from: flags[0], to: flags[1]]
    }
}

extension ComparedFlow {
    static let fragments = ComparedFlow(
        proto: -1,
        ends: [],
        packets: ["": 0],
        bytes: ["": 0],
        flags: [:],
        first: 0,
        last: 0
    )

    mutating func add(_ fragment: OracleCapture.Fragments) {
        packets["", default: 0] += fragment.packets
        bytes["", default: 0] += fragment.l3_bytes
    }
}

extension [String: ComparedFlow] {
    /// The same flows without their times.
    var withoutTimes: Self {
        mapValues { flow in
            var flow = flow
            flow.first = 0
            flow.last = 0
            return flow
        }
    }
}

/// What the meter says of one capture.
struct MeteredCapture {
    var flows: [String: ComparedFlow] = [:]
    var frames = 0
    /// Whether times can be compared: the oracle's are of the first and last frame, ours are extremes; and some
    /// packets of pcapng have none.
    var hasOrderedTimes = true
    var counters = MeteringCounters()
    var sums = TrafficCount()
    /// Why the file could not be read to its end.
    var failure: CaptureFileError?

    init(file: String) throws {
        let bytes = try SharedData.bytes("pcap/\(file)")
        var reports: [Observation] = []
        var meter = FlowMeter(configuration: .init(interval: nil, idleTimeout: nil))
        try bytes.withUnsafeBytes { bytes in
            var reader = try CaptureFileReader(bytes)
            var latest = Int64.min
            while let packet = reader.next() {
                frames += 1
                if packet.nanoseconds < latest { hasOrderedTimes = false }
                latest = max(latest, packet.nanoseconds)
                var parsed = ParsedPacket()
                let outcome = PacketDecoder(linkType: packet.linkType)
                    .decode(packet.bytes.bytes, wireLength: packet.originalLength, into: &parsed)
                if outcome == .metered, parsed.fragment == .later {
                    // The oracle keeps later fragments apart from flows.
                    let name = "fragment \(parsed.source.address) \(parsed.destination.address)"
                    flows[name, default: .fragments].packets["", default: 0] += 1
                    flows[name, default: .fragments].bytes["", default: 0] += UInt64(parsed.ipBytes)
                    continue
                }
                meter.add(
                    packet.bytes,
                    wireLength: packet.originalLength,
                    timestamp: Timestamp(nanoseconds: packet.nanoseconds),
                    linkType: packet.linkType,
                    into: &reports
                )
            }
            if reader.untimedPackets > 0 { hasOrderedTimes = false }
            failure = reader.failure
        }
        meter.finish(into: &reports)
        counters = meter.counters
        for report in reports { add(report) }
    }

    /// Whether nothing of it is metered for a reason that is told: a link type that is not read.
    var isRefused: Bool {
        frames > 0 && counters.malformed(.unsupportedLinkType) == UInt64(frames)
    }

    private mutating func add(_ report: Observation) {
        sums.packets += report.forward.packets + report.backward.packets
        sums.bytes += report.forward.bytes + report.backward.bytes
        let id = CommunityID.text(
            transport: report.transport,
            source: report.source,
            destination: report.destination
        )
        let from = "\(report.source.address) \(report.source.port)"
        let to = "\(report.destination.address) \(report.destination.port)"
        let first = report.flowStart.nanoseconds
        var flow =
            flows[id]
            ?? ComparedFlow(
                proto: Int(report.transport.rawValue),
                ends: [from, to],
                packets: [:],
                bytes: [:],
                flags: [:],
                first: first,
                last: first
            )
        flow.packets[from, default: 0] += report.forward.packets
        flow.packets[to, default: 0] += report.backward.packets
        flow.bytes[from, default: 0] += report.forward.bytes
        flow.bytes[to, default: 0] += report.backward.bytes
        if report.transport == .tcp {
            flow.flags[from, default: 0] |= report.forwardFlags
            flow.flags[to, default: 0] |= report.backwardFlags
        }
        flow.first = min(flow.first, first)
        flow.last = max(flow.last, report.end.nanoseconds)
        flows[id] = flow
    }
}
