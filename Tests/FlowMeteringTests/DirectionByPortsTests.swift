import FlowMetering
import FlowModel
import Foundation
import NetworkAddressing
import TestSupport
import Testing

/// A case of the Insight thesis' own test of its source rule.
private struct SourceCase: Decodable {
    struct Packet: Decodable {
        let src: String
        let dst: String
        let sport: UInt16?
        let dport: UInt16?
        let icmp_type: Int?
    }

    let proto: String
    let raw: Packet
    let expected: Packet
}

struct DirectionByPortsTests {
    @Test(.needsSharedData)
    func `by ports alone the source is the thesis'`() throws {
        let cases = try JSONDecoder().decode(
            [SourceCase].self,
            from: Data(try SharedData.bytes("insight/corrected-source.json"))
        )
        #expect(cases.count == 26)
        for item in cases {
            let transport = try #require(TransportProtocol(item.proto))
            // Type 1337 of the thesis' tests has no place in a packet; 40 is as unknown.
            let type = item.raw.icmp_type.map { UInt16($0 > 255 ? 40 : $0) }
            let packet = TestPacket(
                transport: transport,
                source: Endpoint(try Self.address(item.raw.src, transport), port: item.raw.sport ?? type ?? 0),
                destination: Endpoint(try Self.address(item.raw.dst, transport), port: item.raw.dport ?? 0)
            )
            var meter = FlowMeter(configuration: .init(direction: .ports))
            var reports: [Observation] = []
            meter.add(packet, into: &reports)
            meter.finish(into: &reports)
            let report = try #require(reports.first)
            #expect(report.source.address == (try Self.address(item.expected.src, transport)), "\(item)")
            #expect(report.destination.address == (try Self.address(item.expected.dst, transport)), "\(item)")
            #expect(report.evidence == .portRule)
            if let port = item.expected.sport { #expect(report.source.port == port) }
            if let type = item.expected.icmp_type, type <= 255 { #expect(report.source.port == UInt16(type)) }
        }
    }

    /// The thesis' tests give ICMPv6 messages IPv4 addresses; here they get IPv6 ones in the same order.
    private static func address(_ text: String, _ transport: TransportProtocol) throws -> IPAddress {
        let address = try #require(IPAddress(text))
        return transport == .icmpv6 ? IPAddress(v6: 0xfd00 << 48, address.low) : address
    }

    @Test
    func `by ports alone not even a handshake turns a flow`() throws {
        var meter = FlowMeter(configuration: .init(direction: .ports))
        var reports: [Observation] = []
        let low = Endpoint(IPAddress(v4: 1), port: 33000)
        let high = Endpoint(IPAddress(v4: 2), port: 50051)
        meter.add(TestPacket(source: low, destination: high, flags: Flags.syn), into: &reports)
        meter.finish(into: &reports)
        #expect(reports.map(\.source) == [high])
    }
}
