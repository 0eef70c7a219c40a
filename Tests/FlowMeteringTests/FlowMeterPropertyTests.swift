import FlowMetering
import FlowModel
import NetworkAddressing
import Testing

/// SplitMix64, so that a failure can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

struct FlowMeterPropertyTests {
    private static func configuration(_ random: inout SeededGenerator) -> MeteringConfiguration {
        MeteringConfiguration(
            interval: [nil, second, 10 * second, 7 * second].randomElement(using: &random) ?? nil,
            idleTimeout: [nil, second / 2, 3 * second, 25 * second, 60 * second].randomElement(using: &random) ?? nil,
            linger: [0, second, 10 * second].randomElement(using: &random) ?? 0,
            hashSeed: random.next(),
            analysis: .none,
            seed: UInt16.random(in: 0...3, using: &random)
        )
    }

    /// Packets among a few ends, so that every two meet in every state, with a clock that may step back.
    private static func packets(_ random: inout SeededGenerator) -> [TestPacket] {
        let ports: [UInt16] = [0, 80, 443, 32767, 32768, 50000]
        let types: [UInt16] = [0, 3, 8, 11, 13, 14]
        let typesV6: [UInt16] = [1, 128, 129, 133, 134, 145]
        let transports: [TransportProtocol] = [.tcp, .tcp, .tcp, .udp, .icmp, TransportProtocol(rawValue: 47)]
        let flags: [UInt8] = [0x02, 0x12, 0x10, 0x10, 0x18, 0x11, 0x11, 0x04, 0x14, 0x00, 0xff]
        let gaps: [Int64] = [0, 1, 1000, second / 10, second, 4 * second, 11 * second, 70 * second]
        let spread = Int.random(in: 1...8, using: &random)
        let stepsBack = Bool.random(using: &random)
        var time = Int64.random(in: -100 * second...100 * second, using: &random)
        return (0..<Int.random(in: 1...400, using: &random)).map { _ in
            let isV6 = Int.random(in: 0..<4, using: &random) == 0
            var transport = transports.randomElement(using: &random) ?? .tcp
            if isV6, transport == .icmp { transport = .icmpv6 }
            func end(_ random: inout SeededGenerator) -> Endpoint {
                let number = UInt64.random(in: 0..<UInt64(spread), using: &random)
                let address = isV6 ? IPAddress(v6: number & 1, number) : IPAddress(v4: UInt32(number))
                var port = ports.randomElement(using: &random) ?? 0
                if transport == .icmp { port = types.randomElement(using: &random) ?? 0 }
                if transport == .icmpv6 { port = typesV6.randomElement(using: &random) ?? 0 }
                if transport.rawValue == 47 { port = 0 }
                return Endpoint(address, port: port)
            }
            let gap = gaps.randomElement(using: &random) ?? 0
            time += stepsBack && Int.random(in: 0..<5, using: &random) == 0 ? -gap : gap
            return TestPacket(
                transport: transport,
                source: end(&random),
                destination: end(&random),
                flags: flags.randomElement(using: &random) ?? 0,
                sequence: UInt32.random(in: 0..<3, using: &random),
                payload: Int.random(in: 0..<1400, using: &random),
                time: time
            )
        }
    }

    @Test(arguments: 0..<400)
    func `reports equal those of the reference`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let configuration = Self.configuration(&random)
        let packets = Self.packets(&random)
        var reference = ReferenceMeter(configuration: configuration)
        for packet in packets { reference.add(packet) }
        reference.finish()

        var meter = FlowMeter(configuration: configuration)
        var reports: [Observation] = []
        for packet in packets { meter.add(packet, into: &reports) }
        meter.finish(into: &reports)
        #expect(reports == reference.reports)
        Self.expectSums(reports, meter.counters, packets)
        #expect(meter.activeFlows == 0)
    }

    @Test(arguments: 1000..<1100)
    func `reports do not depend on batches`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let configuration = Self.configuration(&random)
        let packets = Self.packets(&random)
        var whole: [Observation] = []
        var meter = FlowMeter(configuration: configuration)
        for packet in packets { meter.add(packet, into: &whole) }
        meter.finish(into: &whole)

        var pieces: [Observation] = []
        var other = FlowMeter(configuration: configuration)
        var latest = Int64.min
        for packet in packets {
            other.add(packet, into: &pieces)
            latest = max(latest, packet.time)
            // Time that has passed already changes nothing, and empties the batch.
            if Bool.random(using: &random) { other.advance(to: Timestamp(nanoseconds: latest), into: &pieces) }
        }
        other.finish(into: &pieces)
        #expect(pieces == whole)
    }

    @Test(arguments: 2000..<2100)
    func `nothing is lost when the table is too small`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var configuration = Self.configuration(&random)
        configuration.flowsMax = Int.random(in: 0...6, using: &random)
        let packets = Self.packets(&random)
        var meter = FlowMeter(configuration: configuration)
        var reports: [Observation] = []
        for packet in packets {
            meter.add(packet, into: &reports)
            #expect(meter.activeFlows <= max(1, configuration.flowsMax))
        }
        meter.finish(into: &reports)
        Self.expectSums(reports, meter.counters, packets)
        let evicted = reports.count { $0.endReason == .lackOfResources }
        #expect(evicted <= meter.counters.flowsEvicted)
    }

    @Test
    func `which flow is dropped does not depend on where batches end`() {
        var random = SeededGenerator(state: 3)
        let configuration = MeteringConfiguration(flowsMax: 50)
        var batched = FlowMeter(configuration: configuration)
        var single = FlowMeter(configuration: configuration)
        var (whole, pieces): ([Observation], [Observation]) = ([], [])
        // So many that the gaps which dropped flows leave are closed several times.
        for time in 0..<20_000 {
            let source = Endpoint(IPAddress(v4: .random(in: 0..<100, using: &random)), port: 40000)
            let packet = TestPacket(transport: .udp, source: source, destination: server, time: Int64(time))
            batched.add(packet, into: &whole)
            single.add(packet, into: &pieces)
            single.settle(into: &pieces)
        }
        batched.finish(into: &whole)
        single.finish(into: &pieces)
        #expect(batched.counters.flowsEvicted > 2 * 4096)
        #expect(whole == pieces)
    }

    private static func expectSums(
        _ reports: [Observation],
        _ counters: MeteringCounters,
        _ packets: [TestPacket]
    ) {
        let packetSum = reports.reduce(0) { $0 + $1.forward.packets + $1.backward.packets }
        let byteSum = reports.reduce(0) { $0 + $1.forward.bytes + $1.backward.bytes }
        #expect(packetSum == UInt64(packets.count) && packetSum == counters.packets)
        #expect(byteSum == UInt64(packets.map(\.length).reduce(0, +)) && byteSum == counters.bytes)
        #expect(counters.frames == counters.framesMetered)
        #expect(reports.allSatisfy { $0.flowStart <= $0.start && $0.start <= $0.end })
    }

    @Test
    func `time stamps at the ends of their range are harmless`() {
        for interval in [nil, 1, second, Int64.max] {
            for idle in [nil, 0, second, Int64.max] {
                let configuration = MeteringConfiguration(interval: interval, idleTimeout: idle)
                var meter = FlowMeter(configuration: configuration)
                var reports: [Observation] = []
                for time in [0, Int64.max, .min, .max, 1, .min, second] {
                    meter.add(.up(Flags.ack, at: time), into: &reports)
                    meter.advance(to: Timestamp(nanoseconds: time), into: &reports)
                }
                meter.advance(to: .distantFuture, into: &reports)
                meter.finish(into: &reports)
                #expect(reports.reduce(0) { $0 + $1.forward.packets } == 7)
            }
        }
    }

    @Test
    func `many flows come and go without being confused`() {
        var meter = FlowMeter(
            configuration: .init(interval: second, idleTimeout: 2 * second, flowsMax: 20_000)
        )
        var reports: [Observation] = []
        var random = SeededGenerator(state: 7)
        var sent: [Endpoint: UInt64] = [:]
        for step in 0..<200_000 {
            // A window of ends that moves on, so that old flows fall idle and gaps are closed.
            let number = UInt32(step / 20 + Int.random(in: 0..<3000, using: &random))
            let source = Endpoint(IPAddress(v4: number), port: 40000)
            let packet = TestPacket(
                transport: .udp,
                source: source,
                destination: server,
                time: Int64(step) * 100_000
            )
            sent[source, default: 0] += 1
            meter.add(packet, into: &reports)
        }
        meter.finish(into: &reports)
        var reported: [Endpoint: UInt64] = [:]
        for report in reports { reported[report.source, default: 0] += report.forward.packets }
        #expect(reported == sent)
        #expect(meter.counters.flowsEvicted == 0)
    }

    @Test
    func `a sweep in pieces, with packets between them, makes the reports of a whole one`() {
        let configuration = MeteringConfiguration(interval: second, idleTimeout: 2 * second)
        var whole = FlowMeter(configuration: configuration)
        var pieces = FlowMeter(configuration: configuration)
        var (expected, made): ([Observation], [Observation]) = ([], [])
        var random = SeededGenerator(state: 11)
        for round in 0..<6 {
            for step in 0..<20_000 {
                let packet = TestPacket(
                    transport: .udp,
                    source: Endpoint(IPAddress(v4: UInt32.random(in: 0..<5000, using: &random)), port: 40000),
                    destination: server,
                    time: Int64(round) * second + Int64(step) * 30_000
                )
                whole.add(packet, into: &expected)
                // Some sweeps are left to the packets behind them.
                var (before, count) = (made.count, 0)
                while Timestamp(nanoseconds: packet.time) >= pieces.nextDue, count < 2,
                    pieces.advanceSome(to: Timestamp(nanoseconds: packet.time), into: &made)
                {
                    #expect(made.count - before <= 1024 + 32)
                    before = made.count
                    count += 1
                }
                pieces.add(packet, into: &made)
            }
        }
        whole.finish(into: &expected)
        while pieces.finishSome(into: &made) {}
        #expect(expected.count > 20_000 && made == expected)
    }
}
