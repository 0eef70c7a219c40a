import FlowAttribution
import FlowModel
import NetworkAddressing
import Testing

private func end(_ address: String, _ port: UInt16) throws -> Endpoint {
    Endpoint(try #require(IPAddress(address)), port: port)
}

private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }

struct TranslationTableTests {
    let client: Endpoint
    let service: Endpoint
    let first: Endpoint
    let second: Endpoint

    init() throws {
        client = try end("10.1.0.7", 40000)
        service = try end("10.96.0.1", 80)
        first = try end("10.1.0.8", 8080)
        second = try end("10.1.0.9", 8080)
    }

    private func translation(to pod: Endpoint, _ from: Int64, _ until: Int64, id: UInt32) -> Translation {
        Translation(
            transport: .tcp,
            originalSource: client,
            originalDestination: service,
            replySource: pod,
            replyDestination: client,
            from: at(from),
            until: at(until),
            id: id
        )
    }

    @Test func `finds a connection by both of its tuples, in both orientations`() {
        let table = TranslationTable([translation(to: first, 10, 20, id: 1)])
        for (source, destination, isInitiator) in [
            (client, service, true), (service, client, false), (client, first, true), (first, client, false),
        ] {
            let found = table.matches(.tcp, from: source, to: destination, between: at(12), and: at(12))
            #expect(found.count == 1)
            #expect(found.first?.sourceIsInitiator == isInitiator)
            #expect(found.first?.source == (isInitiator ? client : first))
            #expect(found.first?.destination == (isInitiator ? first : client))
        }
        #expect(table.matches(.udp, from: client, to: service, between: at(12), and: at(12)).isEmpty)
    }

    @Test func `a tuple used twice leads to whoever answered at that time`() {
        let table = TranslationTable([
            translation(to: second, 30, 40, id: 2), translation(to: first, 10, 20, id: 1),
        ])
        func answers(_ time: Int64) -> [Endpoint] {
            table.matches(.tcp, from: client, to: service, between: at(time), and: at(time)).map(\.destination)
        }
        #expect(answers(12) == [first])
        #expect(answers(35) == [second])
        // A moment before the kernel's event still belongs to it; so does a straggler after the end.
        #expect(answers(29) == [second])
        #expect(answers(22) == [first])
        #expect(answers(26) == [])
        #expect(answers(5) == [])
        #expect(answers(50) == [])
    }

    @Test func `a span of time over two connections names both`() {
        let table = TranslationTable([
            translation(to: first, 10, 20, id: 1), translation(to: second, 20, 40, id: 2),
        ])
        let found = table.matches(.tcp, from: client, to: service, between: at(15), and: at(25))
        #expect(found.map(\.destination) == [first, second])
    }

    @Test func `the end of a connection replaces its open entry`() {
        var table = TranslationTable()
        table.insert(translation(to: first, 10, 1_000_000, id: 1))
        table.insert(translation(to: first, 10, 20, id: 1))
        #expect(table.count == 1)
        #expect(table.matches(.tcp, from: client, to: service, between: at(100), and: at(100)).isEmpty)
    }

    @Test func `a masqueraded client is named behind the node's address`() throws {
        let outside = try end("192.168.5.5", 50000)
        let node = try end("10.1.0.1", 12345)
        let nodePort = try end("192.168.5.1", 31000)
        let table = TranslationTable([
            Translation(
                transport: .tcp,
                originalSource: outside,
                originalDestination: nodePort,
                replySource: first,
                replyDestination: node,
                from: at(10)
            )
        ])
        // As the pod that answers sees it.
        let found = table.matches(.tcp, from: node, to: first, between: at(11), and: at(11))
        #expect(found.first?.source == outside)
        #expect(found.first?.destination == first)
        #expect(found.first?.sourceIsInitiator == true)
    }
}
