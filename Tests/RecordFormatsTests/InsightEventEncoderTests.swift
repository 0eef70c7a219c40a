import FlowModel
import JSONText
import NetworkAddressing
import RecordFormats
import Testing

struct InsightEventEncoderTests {
    /// The flow of the example in Insight's own documentation of its events.
    private func example() throws -> Observation {
        Observation(
            transport: .tcp,
            source: Endpoint(try #require(IPAddress("10.42.1.21")), port: 49594),
            destination: Endpoint(try #require(IPAddress("10.43.15.37")), port: 9200),
            evidence: .tcpHandshake,
            forward: TrafficCount(packets: 10, bytes: 1234),
            backward: TrafficCount(packets: 9, bytes: 5678),
            flowStart: try #require(Timestamp(rfc3339: "2020-03-27T10:00:00.123456789Z")),
            start: try #require(Timestamp(rfc3339: "2020-03-27T10:00:00.123456789Z")),
            end: try #require(Timestamp(rfc3339: "2020-03-27T10:00:10.123580245Z")),
            sequence: 1,
            endReason: .activeTimeout
        )
    }

    private func encode(_ observations: Observation..., hostname: String = "web-0") -> String {
        var encoder = InsightEventEncoder(hostname: hostname)
        for observation in observations { encoder.add(observation) }
        return String(decoding: encoder.finish(), as: UTF8.self)
    }

    @Test func `an event is Insight's own`() throws {
        #expect(
            encode(try example()) == """
                [{"type":"","ecs":{"version":"1.4"},"agent":{"hostname":"web-0","type":"insight"},\
                "event":{"duration":10000123456,"kind":"event","action":"network_flow",\
                "category":"network_traffic","dataset":"flow",\
                "start":"2020-03-27T10:00:00.123456789Z","end":"2020-03-27T10:00:10.123580245Z"},\
                "source":{"address":"10.42.1.21","ip":"10.42.1.21","port":49594,"bytes":1234,"packets":10},\
                "destination":{"address":"10.43.15.37","ip":"10.43.15.37","port":9200,"bytes":5678,"packets":9},\
                "network":{"type":"ipv4","bytes":6912,"packets":19,"transport":"tcp",\
                "community_id":"1:mbcLusEikCOWJDjOhbME6Ep2IbY="}}]
                """
        )
    }

    @Test func `times have as many decimals as they need`() throws {
        var observation = try example()
        observation.start = Timestamp(seconds: 1_585_303_200)
        observation.end = Timestamp(seconds: 1_585_303_200, nanoseconds: 120_000_000)
        #expect(encode(observation).contains(#""start":"2020-03-27T10:00:00Z","end":"2020-03-27T10:00:00.12Z""#))
    }

    @Test func `ICMP has no ports and an unnamed host is undefined`() throws {
        var observation = try example()
        observation.transport = .icmpv6
        observation.source = Endpoint(try #require(IPAddress("fe80::1")), port: 128)
        observation.destination = Endpoint(try #require(IPAddress("fe80::2")), port: 129)
        let text = encode(observation, hostname: "")
        #expect(text.contains(#""ip":"fe80::1","port":0"#) && text.contains(#""type":"ipv6""#))
        #expect(text.contains(#""transport":"ipv6-icmp""#) && text.contains(#""hostname":"undefined""#))
    }

    @Test func `a window without packets has no body`() throws {
        var silent = try example()
        silent.forward = TrafficCount()
        silent.backward = TrafficCount()
        #expect(encode(silent) == "")
        #expect(encode(silent, try example()) == encode(try example()))
    }

    @Test func `many events are one array and the next array is its own`() throws {
        var encoder = InsightEventEncoder(hostname: "web-0")
        encoder.add(try example())
        encoder.add(try example())
        #expect(encoder.events == 2)
        #expect(try JSONValue.parse(encoder.finish()).items.count == 2)
        #expect(encoder.events == 0 && encoder.size == 0)
        encoder.add(try example())
        #expect(try JSONValue.parse(encoder.finish()).items.count == 1)
    }
}
