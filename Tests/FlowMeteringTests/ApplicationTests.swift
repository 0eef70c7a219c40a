import FlowMetering
import FlowModel
import NetworkAddressing
import Testing

struct HTTPMeteringTests {
    private static func report(_ talk: TCPTalk) throws -> HTTPReport {
        try #require(talk.reports().first?.http)
    }

    @Test
    func `requests and responses are joined, also where several are under way`() throws {
        var talk = TCPTalk()
        talk.open()
        talk.send(.client, text: "GET /a?secret=1 HTTP/1.1\r\nHost: shop\r\n\r\n")
        talk.wait(10)
        talk.send(.server, text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        talk.send(
            .client,
            text: "POST /b HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nxyzDELETE /c HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        talk.wait(5)
        talk.send(
            .server,
            text: "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"
        )
        let http = try Self.report(talk)
        #expect(http.requests == 3 && http.omitted == 0)
        #expect(http.responses.success == 1 && http.responses.serverError == 1 && http.responses.clientError == 1)
        #expect(http.exchanges.map(\.method) == ["GET", "POST", "DELETE"])
        #expect(http.exchanges.map(\.path) == ["/a", "/b", "/c"])
        #expect(http.exchanges.map(\.host) == ["shop", "shop", "x"])
        #expect(http.exchanges.map(\.status) == [200, 503, 404])
        #expect(http.exchanges[0].latency == 10_000_000 && http.exchanges[2].latency == 5_000_000)
    }

    @Test
    func `a request without response is told when the flow ends`() throws {
        var talk = TCPTalk()
        talk.open()
        talk.send(.client, text: "HEAD / HTTP/1.0\r\n\r\n")
        let http = try Self.report(talk)
        #expect(http.exchanges.map(\.status) == [nil] && http.exchanges.map(\.latency) == [nil])
        #expect(http.exchanges.map(\.method) == ["HEAD"])
    }

    @Test
    func `beyond sixteen exchanges of a report the rest are counted`() throws {
        var talk = TCPTalk()
        talk.open()
        for _ in 0..<40 {
            talk.send(.client, text: "GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
            talk.send(.server, text: "HTTP/1.1 204 No\r\n\r\n")
        }
        let http = try Self.report(talk)
        #expect(http.requests == 40 && http.responses.success == 40)
        #expect(http.exchanges.count == 16 && http.omitted == 24)
    }

    @Test
    func `requests that never found room are counted when the flow ends`() throws {
        var talk = TCPTalk()
        talk.open()
        for _ in 0..<100 { talk.send(.client, text: "GET /x HTTP/1.1\r\nHost: h\r\n\r\n") }
        let http = try Self.report(talk)
        #expect(http.requests == 100)
        #expect(http.exchanges.count == 16 && http.omitted == 84)
    }

    @Test
    func `an exchange across two reports is told in the one in which it is complete`() throws {
        var talk = TCPTalk()
        talk.open()
        talk.send(.client, text: "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        talk.wait(15_000)
        talk.send(.server, text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let reports = talk.reports(.init(interval: 10 * second))
        #expect(reports.count == 2)
        #expect(reports[0].http?.requests == 1 && reports[0].http?.exchanges.isEmpty == true)
        #expect(reports[1].http?.requests == 0 && reports[1].http?.exchanges.map(\.path) == ["/slow"])
        #expect(reports[1].http?.exchanges.first?.latency == 15 * second)
    }

    @Test
    func `what only looks like HTTP at first leaves nothing`() {
        var talk = TCPTalk()
        talk.open()
        talk.send(.server, text: "SSH-2.0-OpenSSH_9.2\r\n")
        talk.send(.client, text: "SSH-2.0-client_1.0\r\n")
        let reports = talk.reports()
        #expect(reports.count == 1 && reports[0].http == nil)
    }
}

struct DNSMeteringTests {
    private static let resolver = Endpoint(IPAddress(v4: 0x0a00_0035), port: 53)

    private static func message(id: UInt8, response: UInt8?, name: String, type: UInt8 = 1, answers: Int = 0) -> [UInt8]
    {
        var bytes: [UInt8] = [0, id, response == nil ? 0x01 : 0x81, response ?? 0, 0, 1, 0, UInt8(answers), 0, 0, 0, 0]
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
        bytes += [0, 0, type, 0, 1]
        for number in 0..<answers { bytes += [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, UInt8(number)] }
        return bytes
    }

    private static func packet(_ body: [UInt8], up: Bool, at milliseconds: Int64) -> TestPacket {
        TestPacket(
            transport: .udp,
            source: up ? client : resolver,
            destination: up ? resolver : client,
            body: body,
            time: milliseconds * 1_000_000
        )
    }

    private static func reports(_ packets: [TestPacket], interval: Int64? = nil) -> [Observation] {
        var meter = FlowMeter(configuration: .init(interval: interval))
        var reports: [Observation] = []
        for packet in packets { meter.add(packet, into: &reports) }
        meter.finish(into: &reports)
        return reports
    }

    @Test
    func `queries are joined with their responses, in whichever order these come`() throws {
        let report = Self.reports([
            Self.packet(Self.message(id: 1, response: nil, name: "Shop.example"), up: true, at: 0),
            Self.packet(Self.message(id: 2, response: nil, name: "none.example", type: 28), up: true, at: 1),
            // Sent again: one query still.
            Self.packet(Self.message(id: 1, response: nil, name: "shop.EXAMPLE"), up: true, at: 2),
            Self.packet(Self.message(id: 2, response: 3, name: "none.example", type: 28), up: false, at: 5),
            Self.packet(Self.message(id: 1, response: 0, name: "shop.example", answers: 2), up: false, at: 9),
            Self.packet(Self.message(id: 3, response: nil, name: "lost.example"), up: true, at: 10),
        ])
        let dns = try #require(report.first?.dns)
        #expect(dns.queries == 3 && dns.responses == 2 && dns.failures == 1 && dns.omitted == 0)
        #expect(dns.exchanges.map(\.name) == ["none.example", "shop.example", "lost.example"])
        #expect(dns.exchanges.map(\.code) == [3, 0, nil])
        #expect(dns.exchanges.map(\.type) == [28, 1, 1])
        #expect(dns.exchanges.map(\.latency) == [4_000_000, 9_000_000, nil])
        #expect(dns.exchanges[1].answers == [IPAddress(v4: 0x0a00_0000), IPAddress(v4: 0x0a00_0001)])
    }

    @Test
    func `a response without its query is told, an unanswered query waits five seconds`() throws {
        let packets = [
            Self.packet(Self.message(id: 9, response: 0, name: "a.b", answers: 1), up: false, at: 0),
            Self.packet(Self.message(id: 4, response: nil, name: "c.d"), up: true, at: 9_900),
            Self.packet(Self.message(id: 5, response: nil, name: "e.f"), up: true, at: 15_100),
            Self.packet(Self.message(id: 4, response: 0, name: "c.d"), up: false, at: 21_000),
        ]
        let reports = Self.reports(packets, interval: 10 * second)
        #expect(reports.map { $0.dns?.exchanges.map(\.name) } == [["a.b"], ["c.d"], ["e.f", "c.d"]])
        #expect(reports[1].dns?.exchanges.first?.code == nil && reports[2].dns?.exchanges.first?.latency == nil)
        #expect(reports.reduce(0) { $0 + ($1.dns?.queries ?? 0) } == 2)
    }

    @Test
    func `a full store of names counts what it cannot keep`() {
        var meter = FlowMeter(configuration: .init(interval: nil, flowsMax: 1))
        var reports: [Observation] = []
        for id in 0..<200 {
            let name = String(repeating: "long-label.", count: 20) + "x"
            let query = Self.message(id: UInt8(id), response: nil, name: name)
            let answer = Self.message(id: UInt8(id), response: 0, name: name)
            meter.add(Self.packet(query, up: true, at: Int64(id)), into: &reports)
            meter.add(Self.packet(answer, up: false, at: Int64(id)), into: &reports)
        }
        meter.finish(into: &reports)
        let dns = reports.compactMap(\.dns)
        #expect(dns.reduce(0) { $0 + $1.queries } == 200 && dns.reduce(0) { $0 + $1.responses } == 200)
        let kept = dns.reduce(0) { $0 + $1.exchanges.count }
        let omitted = dns.reduce(0) { $0 + Int($1.omitted) }
        #expect(kept > 0 && omitted > 0)
    }
    @Test
    func `a meter does not run out of names`() {
        var meter = FlowMeter(configuration: .init(interval: second))
        var reports: [Observation] = []
        let query = Self.message(id: 1, response: nil, name: "shop.example")
        let answer = Self.message(id: 1, response: 0, name: "shop.example", answers: 2)
        // More than there is room for at a time.
        for round in 0..<(1 << 15 + 100) {
            meter.add(Self.packet(query, up: true, at: Int64(round) * 100), into: &reports)
            meter.add(Self.packet(answer, up: false, at: Int64(round) * 100 + 1), into: &reports)
        }
        meter.finish(into: &reports)
        #expect(reports.compactMap(\.dns).allSatisfy { $0.omitted == 0 })
        let isEmpty = meter.isEmpty
        #expect(isEmpty)
    }
}
