import FlowMetering
import FlowModel
import NetworkAddressing
import PacketParsing
import Testing

/// Runs packets through a meter and returns all reports.
private func reports(
    _ packets: [TestPacket],
    _ configuration: MeteringConfiguration = .init()
) -> [Observation] {
    var meter = FlowMeter(configuration: configuration)
    var reports: [Observation] = []
    for packet in packets { meter.add(packet, into: &reports) }
    meter.finish(into: &reports)
    return reports
}

private let once = MeteringConfiguration(interval: nil, idleTimeout: nil)

struct FlowMeterReportTests {
    @Test
    func `a connection within one interval makes one report with its end`() throws {
        let all = reports([
            .up(Flags.syn, at: 1 * second, sequence: 100), .down(Flags.synAck, at: 2 * second, sequence: 900),
            .up(Flags.ack, at: 3 * second), .up(Flags.ack, at: 4 * second, payload: 60),
            .down(Flags.finAck, at: 5 * second), .up(Flags.finAck, at: 6 * second),
            .down(Flags.ack, at: 7 * second), .up(Flags.ack, at: 31 * second),
        ])
        let report = try #require(all.first)
        #expect(report.source == client && report.destination == server)
        #expect(report.evidence == .tcpHandshake)
        #expect(report.forward == TrafficCount(packets: 4, bytes: 4 * 40 + 60))
        #expect(report.backward == TrafficCount(packets: 3, bytes: 3 * 40))
        #expect(report.forwardFlags == 0x13 && report.backwardFlags == 0x13)
        #expect(report.flowStart.nanoseconds == 1 * second && report.start == report.flowStart)
        #expect(report.end.nanoseconds == 7 * second)
        #expect(report.sequence == 1 && report.endReason == .endOfFlow)
        // The packet at 31 s is after the linger: another flow.
        #expect(all.count == 2)
        #expect(all[1].flowStart.nanoseconds == 31 * second && all[1].endReason == .forcedEnd)
    }

    @Test
    func `a long flow is reported with deltas at multiples of the interval`() {
        let all = reports(
            [
                .up(Flags.ack, at: 8 * second, payload: 10), .up(Flags.ack, at: 9 * second, payload: 20),
                .up(Flags.ack, at: 10 * second, payload: 30), .down(Flags.ack, at: 19 * second),
                .up(Flags.ack, at: 40 * second),
            ])
        #expect(all.map(\.forward.bytes) == [110, 70, 40])
        #expect(all.map(\.backward.packets) == [0, 1, 0])
        #expect(all.map(\.sequence) == [1, 2, 3])
        #expect(all.map(\.endReason) == [.activeTimeout, .activeTimeout, .forcedEnd])
        #expect(all.map(\.start.nanoseconds) == [8 * second, 10 * second, 40 * second])
        #expect(all.map(\.end.nanoseconds) == [9 * second, 19 * second, 40 * second])
        #expect(all.allSatisfy { $0.flowStart.nanoseconds == 8 * second })
    }

    @Test
    func `an idle flow ends with a report of nothing`() {
        var meter = FlowMeter(configuration: .init(interval: 10 * second, idleTimeout: 30 * second))
        var all: [Observation] = []
        meter.add(.up(Flags.ack, at: 5 * second), into: &all)
        meter.advance(to: Timestamp(nanoseconds: 35 * second), into: &all)
        #expect(all.map(\.endReason) == [.activeTimeout])
        #expect(meter.activeFlows == 1)
        meter.advance(to: Timestamp(nanoseconds: 40 * second), into: &all)
        #expect(all.map(\.endReason) == [.activeTimeout, .idleTimeout])
        #expect(all[1].forward == TrafficCount() && all[1].sequence == 2)
        #expect(all[1].start.nanoseconds == 5 * second && all[1].end == all[1].start)
        #expect(meter.activeFlows == 0)
    }

    @Test
    func `a pause of exactly the idle timeout is not yet idle`() {
        let configuration = MeteringConfiguration(interval: 10 * second, idleTimeout: 10 * second)
        #expect(reports([.up(Flags.ack, at: 0), .up(Flags.ack, at: 10 * second)], configuration).count == 2)
        #expect(reports([.up(Flags.ack, at: 0), .up(Flags.ack, at: 10 * second + 1)], configuration).count == 3)
        for (start, isIdle) in [(10 * second - 1, true), (10 * second, false)] {
            var meter = FlowMeter(configuration: configuration)
            var all: [Observation] = []
            meter.add(.up(Flags.ack, at: start), into: &all)
            meter.advance(to: Timestamp(nanoseconds: 20 * second), into: &all)
            #expect(all.map(\.endReason) == (isIdle ? [.activeTimeout, .idleTimeout] : [.activeTimeout]))
        }
    }

    @Test
    func `late packets of an ended flow make one more report and open no flow`() {
        let all = reports([
            .up(Flags.syn, at: 1 * second), .down(Flags.rst, at: 9 * second),
            .up(Flags.ack, at: 12 * second), .up(Flags.ack, at: 13 * second), .up(Flags.ack, at: 55 * second),
        ])
        #expect(all.map(\.endReason) == [.endOfFlow, .endOfFlow, .forcedEnd])
        #expect(all.map(\.forward.packets) == [1, 2, 1])
        #expect(all.map(\.sequence) == [1, 2, 1])
    }

    @Test
    func `a new SYN on an ended flow opens another at once, a copy of the old one does not`() {
        let all = reports([
            .up(Flags.syn, at: 0, sequence: 7), .down(Flags.rst, at: 1), .up(Flags.syn, at: 2, sequence: 7),
            .up(Flags.syn, at: 3, sequence: 8), .down(Flags.synAck, at: 4, sequence: 1),
        ])
        #expect(all.map(\.forward.packets) == [2, 1])
        #expect(all.map(\.backward.packets) == [1, 1])
        #expect(all.map(\.flowStart.nanoseconds) == [0, 3])
        #expect(all.map(\.endReason) == [.endOfFlow, .forcedEnd])
    }

    @Test
    func `without an interval a flow is reported once`() {
        let all = reports(
            [.up(Flags.ack, at: 0), .up(Flags.ack, at: 3600 * second), .down(Flags.ack, at: -5)],
            once
        )
        #expect(all.count == 1)
        #expect(all[0].flowStart.nanoseconds == -5 && all[0].end.nanoseconds == 3600 * second)
        #expect(all[0].forward.packets == 2 && all[0].backward.packets == 1)
    }

    @Test
    func `reports come in the order in which flows were opened`() {
        let ports: [UInt16] = [50003, 50001, 50009, 50002]
        let packets = (ports + ports.reversed()).enumerated().map { index, port in
            TestPacket(
                source: Endpoint(client.address, port: port),
                destination: server,
                time: Int64(index)
            )
        }
        #expect(reports(packets).map(\.source.port) == ports)
    }

    @Test
    func `a full table drops the idlest flow and says so`() {
        var meter = FlowMeter(configuration: .init(flowsMax: 2))
        var all: [Observation] = []
        for (index, port) in [UInt16(1), 2, 1, 3].enumerated() {
            let source = Endpoint(client.address, port: 40000 + port)
            meter.add(.init(source: source, destination: server, time: Int64(index)), into: &all)
        }
        meter.advance(to: Timestamp(nanoseconds: 3), into: &all)
        #expect(all.map(\.source.port) == [40002])
        #expect(all.map(\.endReason) == [.lackOfResources])
        #expect(meter.counters.flowsEvicted == 1 && meter.counters.flowsOpened == 3)
        #expect(meter.activeFlows == 2)
    }

    @Test
    func `counters beyond 32 bits stay exact`() {
        var meter = FlowMeter(configuration: once)
        var all: [Observation] = []
        // Length 0 with the length of the wire: BIG TCP. Two gigabytes each.
        var bytes = TestPacket.up(Flags.ack, at: 0).bytes
        bytes[16] = 0
        bytes[17] = 0
        for time in 0..<100 {
            bytes.withUnsafeBytes { bytes in
                meter.add(
                    bytes,
                    wireLength: Int.max,
                    timestamp: Timestamp(nanoseconds: Int64(time)),
                    linkType: .ethernet,
                    gsoSize: 1,
                    into: &all
                )
            }
        }
        meter.finish(into: &all)
        #expect(all.count == 1)
        #expect(all[0].forward.bytes == 100 * UInt64(Int32.max))
        #expect(all[0].forward.packets == 100 * (UInt64(Int32.max) - 14 - 40))
        #expect(all[0].start.nanoseconds == 0 && all[0].end.nanoseconds == 99)
    }
}

struct FlowMeterDirectionTests {
    @Test(arguments: [
        ([TestPacket.down(Flags.synAck, at: 0)], client, DirectionEvidence.tcpHandshake),
        ([TestPacket.down(Flags.syn, at: 0)], server, .tcpHandshake),
        ([TestPacket.down(Flags.ack, at: 0)], client, .ephemeralPort),
        ([TestPacket.up(Flags.ack, at: 0), .down(Flags.syn, at: 1)], server, .tcpHandshake),
        ([TestPacket.up(Flags.syn, at: 0), .down(Flags.syn, at: 1)], client, .tcpHandshake),
    ])
    func `the strongest evidence decides`(
        packets: [TestPacket],
        source: Endpoint,
        evidence: DirectionEvidence
    ) {
        let all = reports(packets, once)
        #expect(all.map(\.source) == [source])
        #expect(all.map(\.evidence) == [evidence])
        let sent = packets.count { $0.source == source }
        #expect(all[0].forward.packets == UInt64(sent))
        #expect(all[0].backward.packets == UInt64(packets.count - sent))
    }

    @Test
    func `without better evidence the first packet decides`() {
        let one = Endpoint(client.address, port: 5000)
        let all = reports([TestPacket(transport: .udp, source: server, destination: one)], once)
        #expect(all.map(\.source) == [server])
        #expect(all.map(\.evidence) == [.firstPacket])
    }

    @Test
    func `an ICMP reply belongs to the flow of its request and names the other as source`() {
        let here = Endpoint(client.address, port: 8)
        let there = Endpoint(server.address, port: 0)
        let request = TestPacket(transport: .icmp, source: here, destination: there)
        let reply = TestPacket(
            transport: .icmp,
            source: there,
            destination: Endpoint(client.address, port: 0)
        )
        for packets in [[request, reply], [reply, request]] {
            let all = reports(packets, once)
            #expect(all.map(\.source) == [here] && all.map(\.destination) == [there])
            #expect(all.map(\.evidence) == [.icmpType])
            #expect(all.map(\.forward.packets) == [1] && all.map(\.backward.packets) == [1])
        }
    }
}

struct FlowMeterFrameTests {
    private func fragment(_ offset: Int, more: Bool, id: UInt16 = 9, at time: Int64 = 0) -> TestPacket {
        TestPacket(
            transport: .udp,
            source: client,
            destination: server,
            payload: 80,
            time: time,
            fragment: (id, offset, more)
        )
    }

    @Test
    func `fragments belong to the flow of their first`() {
        var meter = FlowMeter(configuration: once)
        var all: [Observation] = []
        for packet in [
            fragment(0, more: true), fragment(88, more: true), fragment(168, more: false),
            fragment(88, more: false, id: 10), fragment(88, more: false, at: 3600 * second),
        ] { meter.add(packet, into: &all) }
        meter.finish(into: &all)
        #expect(all.map(\.forward) == [TrafficCount(packets: 3, bytes: 108 + 100 + 100)])
        #expect(all.map(\.destination) == [server])
        // Another identification, and one that is an hour old.
        #expect(meter.counters.malformed(.fragmentWithoutFirst) == 2)
        #expect(meter.counters.frames == 5 && meter.counters.framesMetered == 3)
    }

    @Test
    func `fragments of a protocol without ports need no first`() {
        let ends = (Endpoint(client.address, port: 0), Endpoint(server.address, port: 0))
        let packet = TestPacket(
            transport: TransportProtocol(rawValue: 47),
            source: ends.0,
            destination: ends.1,
            payload: 16,
            fragment: (1, 64, false)
        )
        #expect(reports([packet], once).map(\.forward.bytes) == [36])
    }

    @Test
    func `many fragmented datagrams do not grow the memory of first fragments`() {
        var meter = FlowMeter(configuration: once)
        var all: [Observation] = []
        for id in 0..<UInt16.max {
            meter.add(fragment(0, more: true, id: id), into: &all)
            meter.add(fragment(88, more: false, id: id), into: &all)
        }
        meter.finish(into: &all)
        #expect(all.map(\.forward.packets) == [2 * UInt64(UInt16.max)])
    }

    @Test
    func `an offloaded packet counts as its segments with their headers`() {
        var meter = FlowMeter(configuration: once)
        var all: [Observation] = []
        // 3001 bytes of payload in segments of 1000 are four; three more headers of 40 bytes.
        meter.add(.up(Flags.ack, at: 0, payload: 3001), gsoSize: 1000, into: &all)
        // A packet that fits one segment is one.
        meter.add(.up(Flags.ack, at: 0, payload: 1000), gsoSize: 1000, into: &all)
        meter.add(.up(Flags.ack, at: 0), gsoSize: 1000, into: &all)
        meter.finish(into: &all)
        #expect(all.map(\.forward) == [TrafficCount(packets: 6, bytes: 3041 + 120 + 1040 + 40)])
        #expect(meter.counters.packets == 6 && meter.counters.frames == 3)
    }

    @Test
    func `what is not metered is counted by its reason`() {
        var meter = FlowMeter(configuration: once)
        var all: [Observation] = []
        let frames: [[UInt8]] = [
            [], Array(repeating: 0, count: 13), Array(repeating: 1, count: 12) + [0x08, 0x06, 0, 1],
            Array(TestPacket.up(Flags.ack, at: 0).bytes.prefix(20)), TestPacket.up(Flags.ack, at: 0).bytes,
        ]
        for frame in frames {
            frame.withUnsafeBytes { bytes in
                meter.add(
                    bytes,
                    wireLength: bytes.count,
                    timestamp: Timestamp(nanoseconds: 0),
                    linkType: .ethernet,
                    into: &all
                )
            }
        }
        let counters = meter.counters
        #expect(counters.frames == 5 && counters.framesMetered == 1 && counters.notIP == 1)
        #expect(counters.malformed(.truncatedLinkHeader) == 2)
        #expect(counters.malformed(.truncatedIPv4Header) == 1)
        #expect(counters.malformedTotal == 3)
    }
}
