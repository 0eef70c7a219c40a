import FlowMetering
import FlowModel
import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

struct DecapsulationTests {
    /// What makes an inner flow, written down plainly: its two ends in order, and the way to it.
    private struct Key: Hashable {
        var transport: UInt8
        var ends: [String]
        var tunnels: [String]
    }

    private struct Sum: Hashable {
        var packets: UInt64 = 0
        var bytes: UInt64 = 0
    }

    private static func ends(_ packet: ParsedPacket) -> [String] {
        var destination = packet.destination
        if packet.transport == 1 || packet.transport == 58 {
            let ports = CommunityIDPorts(
                transport: .init(rawValue: packet.transport),
                type: UInt8(packet.source.port),
                code: UInt8(packet.destination.port)
            )
            destination = Endpoint(destination.address, port: ports.destination)
            if ports.isOneWay { return ["\(packet.source)", "\(destination)"] }
        }
        return ["\(packet.source)", "\(destination)"].sorted()
    }

    /// The innermost packet with the tunnels on the way to it, outermost first; `nil` for fragments, which others test.
    private static func innermost(of packet: CapturedPacket) -> (ParsedPacket, [String])? {
        let decoder = PacketDecoder(linkType: packet.linkType)
        var parsed = ParsedPacket()
        let outcome = decoder.decode(packet.bytes.bytes, wireLength: packet.originalLength, into: &parsed)
        guard outcome == .metered else { return nil }
        var tunnels: [String] = []
        while tunnels.count < 8 {
            if parsed.fragment != .whole { return nil }
            var inner = ParsedPacket()
            let step = decoder.decapsulate(
                packet.bytes.bytes,
                parsed,
                wireLength: packet.originalLength,
                kinds: .all,
                into: &inner
            )
            guard case .inner(let kind, let identifier) = step else { break }
            let ends = ["\(parsed.source.address)", "\(parsed.destination.address)"].sorted()
            tunnels.append("\(kind.name) \(ends) \(kind == .gtpu ? 0 : identifier)")
            parsed = inner
        }
        return parsed.fragment == .whole ? (parsed, tunnels) : nil
    }

    private static func key(of report: Observation) -> Key {
        let tunnel = report.tunnel.map { tunnel in
            let ends = ["\(tunnel.source)", "\(tunnel.destination)"].sorted()
            return "\(tunnel.kind.name) \(ends) \(tunnel.identifier)"
        }
        let isOneWay =
            report.transport.isICMP
            && CommunityIDPorts.counterpart(of: UInt8(report.source.port), transport: report.transport) == nil
        let ends = ["\(report.source)", "\(report.destination)"]
        return Key(
            transport: report.transport.rawValue,
            ends: isOneWay ? ends : ends.sorted(),
            tunnels: tunnel.map { [$0] } ?? []
        )
    }

    @Test(.needsSharedData)
    func `what is in tunnels is metered by itself, and never mixed with what is not`() throws {
        struct Entry: Decodable { let file: String }
        var inTunnels = 0
        let files = Set(
            try SharedData.lines("pcap/oracle-tunnels.jsonl").map {
                try JSONDecoder().decode(Entry.self, from: Data($0.utf8)).file
            }
        )
        for file in files.sorted() {
            guard let bytes = try? SharedData.bytes("pcap/\(file)") else { continue }
            var expected: [Key: Sum] = [:]
            var reports: [Observation] = []
            var meter = FlowMeter(configuration: .init(interval: nil, idleTimeout: nil, decapsulate: .all))
            bytes.withUnsafeBytes { bytes in
                guard var reader = try? CaptureFileReader(bytes) else { return }
                while let packet = reader.next() {
                    guard let (parsed, tunnels) = Self.innermost(of: packet) else { continue }
                    let key = Key(transport: parsed.transport, ends: Self.ends(parsed), tunnels: tunnels)
                    expected[key, default: Sum()].packets += 1
                    expected[key, default: Sum()].bytes += UInt64(parsed.ipBytes)
                    if !tunnels.isEmpty { inTunnels += 1 }
                    meter.add(
                        packet.bytes,
                        wireLength: packet.originalLength,
                        timestamp: Timestamp(nanoseconds: packet.nanoseconds),
                        linkType: packet.linkType,
                        into: &reports
                    )
                }
                meter.finish(into: &reports)
            }
            // A report names the tunnel next to the flow only; those around it keep flows apart all the same.
            var byTunnel: [Key: Set<Sum>] = [:]
            for (key, sum) in expected {
                byTunnel[Key(transport: key.transport, ends: key.ends, tunnels: key.tunnels.suffix(1)), default: []]
                    .insert(sum)
            }
            var metered: [Key: Set<Sum>] = [:]
            var reopened: [Key: Sum] = [:]
            for report in reports {
                let key = Self.key(of: report)
                let sum = Sum(
                    packets: report.forward.packets + report.backward.packets,
                    bytes: report.forward.bytes + report.backward.bytes
                )
                metered[key, default: []].insert(sum)
                reopened[key, default: Sum()].packets += sum.packets
                reopened[key, default: Sum()].bytes += sum.bytes
            }
            for (key, sums) in byTunnel where metered[key] != sums {
                // A connection that was opened again has a report each time; they must add up.
                #expect(sums.count == 1 && reopened[key] == sums.first, "\(file) \(key)")
            }
            #expect(Set(metered.keys) == Set(byTunnel.keys), "\(file)")
        }
        print("decapsulation: \(inTunnels) frames with tunnels in \(files.count) captures")
        #expect(inTunnels > 3000)
    }

    @Test
    func `a tunnel's ends are told from the flow's source`() {
        var table = [UInt32: Tunnel]()
        for isReply in [false, true] {
            var meter = FlowMeter(configuration: .init(decapsulate: TunnelKinds(.ipip)))
            var reports: [Observation] = []
            var inner = TestPacket(transport: .tcp, source: client, destination: server, flags: Flags.syn)
            var outer = (IPAddress(v4: 0x0101_0101), IPAddress(v4: 0x0202_0202))
            if isReply {
                inner = TestPacket(transport: .tcp, source: server, destination: client, flags: Flags.synAck)
                swap(&outer.0, &outer.1)
            }
            let payload = Array(inner.bytes.dropFirst(14))
            let header: [UInt8] = [0x45, 0, 0, UInt8(20 + payload.count), 0, 0, 0, 0, 64, 4, 0, 0]
            var ends: [UInt8] = []
            for end in [outer.0, outer.1] {
                for shift: UInt64 in [24, 16, 8, 0] { ends.append(UInt8(truncatingIfNeeded: end.low >> shift)) }
            }
            let frame = Array(inner.bytes.prefix(14)) + header + ends + payload
            frame.withUnsafeBytes {
                meter.add(
                    $0,
                    wireLength: frame.count,
                    timestamp: Timestamp(nanoseconds: 0),
                    linkType: .ethernet,
                    into: &reports
                )
                meter.finish(into: &reports)
            }
            #expect(reports.map(\.source) == [client])
            table[isReply ? 1 : 0] = reports.first?.tunnel
        }
        #expect(table[0] == table[1])
        #expect(table[0]?.source == IPAddress(v4: 0x0101_0101) && table[0]?.kind == .ipip)
    }
}
