import FlowMetering
import FlowModel
import NetworkAddressing
import Testing

struct ConnectionTests {
    private static func only(_ talk: TCPTalk) throws -> (Observation, TCPReport) {
        let reports = talk.reports()
        #expect(reports.count == 1)
        let report = try #require(reports.first)
        return (report, try #require(report.tcp))
    }

    @Test
    func `an orderly connection is told with its handshake and payload`() throws {
        var talk = TCPTalk()
        talk.open()
        talk.send(.client, text: "12345")
        talk.send(.server, text: "123")
        talk.close()
        let (report, tcp) = try Self.only(talk)
        #expect(tcp.state == .closed && tcp.state.isOrderly)
        #expect(tcp.handshakeToDestination == 1_000_000 && tcp.handshakeToSource == 1_000_000)
        #expect(tcp.handshakeRTT == 2_000_000)
        #expect(tcp.forward.payloadBytes == 5 && tcp.backward.payloadBytes == 3)
        #expect(tcp.forward.retransmitted == 0 && tcp.forward.lost == 0 && tcp.backward.outOfOrder == 0)
        #expect(report.source == client && report.endReason == .endOfFlow)
    }

    @Test
    func `the handshake is timed from the last SYN, and reported once`() throws {
        var talk = TCPTalk()
        talk.send(.client, Flags.syn)
        talk.wait(3000)
        talk.send(.client, Flags.syn, at: -1)
        talk.wait(2)
        talk.send(.server, Flags.synAck)
        talk.wait(4)
        talk.send(.client)
        talk.wait(20_000)
        talk.send(.client, text: "x")
        let reports = talk.reports(.init(interval: 10 * second))
        #expect(reports.count == 2)
        #expect(reports[0].tcp?.handshakeToDestination == 2_000_000)
        #expect(reports[0].tcp?.handshakeToSource == 4_000_000)
        #expect(reports[0].tcp?.forward.retransmitted == 1)
        #expect(reports[1].tcp?.handshakeRTT == nil)
    }

    @Test
    func `exchanges are timed from the last byte asked to the first answered`() throws {
        var talk = TCPTalk()
        talk.open()
        talk.send(.client, text: "ask ")
        talk.wait(5)
        talk.send(.client, text: "more")
        talk.wait(30)
        talk.send(.server, text: "answer")
        talk.wait(1)
        talk.send(.server, text: "rest")
        talk.wait(100)
        talk.send(.client, text: "again")
        talk.wait(1)
        // The same again is no new question.
        talk.send(.client, text: "again", at: -5)
        talk.wait(9)
        talk.send(.server, text: "yes")
        let (report, _) = try Self.only(talk)
        let exchanges = try #require(report.exchanges)
        #expect(exchanges.count == 2 && exchanges.sum == 40_000_000 && exchanges.longest == 30_000_000)
        #expect(
            Set(exchanges.entries.map(\.bucket)) == Set([10, 30].map { LatencyHistogram.bucket(of: $0 * 1_000_000) })
        )
    }

    @Test
    func `a server that speaks first has answered nothing`() throws {
        var talk = TCPTalk()
        talk.open()
        talk.send(.server, text: "220 ready")
        let (report, _) = try Self.only(talk)
        #expect(report.exchanges == nil)
    }

    @Test
    func `what is sent again, late, missing and refused is counted where it was sent`() throws {
        var talk = TCPTalk()
        talk.open()
        talk.send(.client, text: "0123456789")
        talk.wait(50)
        talk.send(.client, text: "0123456789", at: -10)
        // Two segments that change places within the round trip.
        talk.send(.client, text: "klmnopqrst", at: 10)
        talk.send(.client, text: "abcdefghij", at: -20)
        // One that never comes.
        talk.send(.server, text: "later", at: 100)
        talk.send(.client, window: 0)
        talk.send(.client, Flags.rst)
        let (_, tcp) = try Self.only(talk)
        #expect(tcp.forward.retransmitted == 1 && tcp.forward.outOfOrder == 1 && tcp.forward.lost == 1)
        #expect(tcp.backward.lost == 1 && tcp.backward.retransmitted == 0)
        #expect(tcp.forward.zeroWindows == 1 && tcp.forward.resets == 1 && tcp.backward.resets == 0)
        #expect(tcp.forward.payloadBytes == 40 && tcp.state == .resetBySource)
    }

    @Test
    func `a keep-alive is not a retransmission`() throws {
        var talk = TCPTalk()
        talk.open()
        talk.send(.client, text: "x")
        talk.send(.server)
        talk.send(.client, Flags.ack, [0], at: -1)
        talk.send(.client, at: -1)
        let (_, tcp) = try Self.only(talk)
        #expect(tcp.forward.retransmitted == 0 && tcp.forward.outOfOrder == 0)
    }

    @Test
    func `without analysis there is none`() {
        var talk = TCPTalk()
        talk.open()
        talk.send(.client, text: "GET / HTTP/1.1\r\n\r\n")
        let reports = talk.reports(.init(analysis: .none))
        #expect(reports.count == 1 && reports[0].tcp == nil && reports[0].http == nil && reports[0].exchanges == nil)
    }

    @Test
    func `a connection that is opened again starts anew`() {
        var talk = TCPTalk()
        talk.open()
        talk.close()
        talk.wait(2)
        // Another connection on the same ports.
        talk.send(.client, Flags.syn, at: 5000)
        talk.wait(7)
        talk.send(.server, Flags.synAck, at: 5000)
        let reports = talk.reports()
        #expect(reports.map(\.tcp?.state) == [.closed, .established])
        #expect(reports[1].tcp?.handshakeToDestination == 7_000_000 && reports[1].tcp?.forward.lost == 0)
    }

    @Test
    func `many exchanges need many buckets and lose none`() throws {
        var talk = TCPTalk()
        talk.open()
        var expected = LatencyHistogram()
        for step in 0..<400 {
            talk.send(.client, text: "a")
            let pause = Int64(1) << Int64(step % 34) &+ Int64(step) * 977
            talk.time += pause
            talk.send(.server, text: "b")
            expected.record(pause)
        }
        let reports = talk.reports(.init(interval: nil, idleTimeout: nil))
        #expect(reports.count == 1 && reports.first?.exchanges == expected)
    }
}
