import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing
import Testing

struct DNSAnswersTests {
    private static let lifetime = DNSAnswers.lifetime / 1_000_000_000
    private let client = IPAddress(v4: 0x0a01_0007)
    private let other = IPAddress(v4: 0x0a01_0008)
    private let server = IPAddress(v4: 0x5db8_d822)

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_000_000 + seconds) }

    @Test func `an answer names the address for the client that got it, from then on, for an hour`() {
        var answers = DNSAnswers()
        answers.record("example.com", of: server, for: client, at: at(10))
        #expect(answers.name(of: server, for: client, at: at(9)) == nil)
        #expect(answers.name(of: server, for: client, at: at(10)) == "example.com")
        #expect(answers.name(of: server, for: client, at: at(10 + Self.lifetime)) == "example.com")
        #expect(answers.name(of: server, for: client, at: at(11 + Self.lifetime)) == nil)
        #expect(answers.name(of: server, for: other, at: at(10)) == nil)
        #expect(answers.name(of: client, for: client, at: at(10)) == nil)
    }

    @Test func `an answer that is given again holds an hour longer`() {
        var answers = DNSAnswers()
        answers.record("example.com", of: server, for: client, at: at(0))
        answers.record("example.com", of: server, for: client, at: at(3000))
        #expect(answers.name(of: server, for: client, at: at(3000 + Self.lifetime)) == "example.com")
        #expect(answers.name(of: server, for: client, at: at(1)) == "example.com")
        #expect(answers.count == 1)
    }

    @Test func `of several names the one asked for last counts, whatever order the reports come in`() {
        let asked = [(0, "a.example"), (10, "b.example"), (20, "a.example"), (30, "c.example")].map {
            (time: at($0), name: $1)
        }
        var orders = [asked, asked.reversed()]
        orders.append([asked[2], asked[0], asked[3], asked[1]])
        for order in orders {
            var answers = DNSAnswers()
            // Both ends of the client's query report it.
            for (time, name) in order + order { answers.record(name, of: server, for: client, at: time) }
            for (time, name) in asked {
                #expect(answers.name(of: server, for: client, at: time) == name)
                #expect(answers.name(of: server, for: client, at: time.advanced(by: 5_000_000_000)) == name)
            }
        }
    }

    @Test func `is bounded, and counts what it gave up before its time`() {
        var answers = DNSAnswers(capacity: 100)
        for index in 0..<250 {
            let address = IPAddress(v4: UInt32(index))
            answers.record("name-\(index)", of: address, for: client, at: at(Int64(index)))
        }
        #expect(answers.count == 100)
        #expect(answers.evicted == 150)
        #expect(answers.name(of: IPAddress(v4: 149), for: client, at: at(300)) == nil)
        #expect(answers.name(of: IPAddress(v4: 150), for: client, at: at(300)) == "name-150")
        answers.record("late", of: server, for: client, at: at(300 + 2 * Self.lifetime))
        #expect(answers.count == 100)
        // The one that went had expired: nothing was lost.
        #expect(answers.evicted == 150)
    }

    @Test func `one address with ever new names is bounded too`() {
        var answers = DNSAnswers()
        for index in 0..<100 { answers.record("name-\(index)", of: server, for: client, at: at(Int64(index))) }
        #expect(answers.count == 1)
        #expect(answers.evicted == 92)
        #expect(answers.name(of: server, for: client, at: at(99)) == "name-99")
        #expect(answers.name(of: server, for: client, at: at(91)) == nil)
    }

    @Test func `extreme times do not trap`() {
        var answers = DNSAnswers(capacity: 1)
        for time in [Timestamp.distantFuture, .distantPast, at(0)] {
            for address in [server, other] { answers.record("x", of: address, for: client, at: time) }
            _ = answers.name(of: server, for: client, at: time)
        }
        #expect(answers.count == 1)
    }
}

struct DNSAnswerAttributionTests {
    private let client = Endpoint(IPAddress(v4: 0x0a01_0007), port: 40000)
    private let point = ObservationPoint(name: "uplink")

    private func observation(to address: String, port: UInt16, at seconds: Int64) -> Observation {
        let time = Timestamp(seconds: seconds)
        return Observation(
            transport: port == 53 ? .udp : .tcp,
            source: client,
            destination: Endpoint(IPAddress(address) ?? IPAddress(v4: 0), port: port),
            evidence: .ephemeralPort,
            forward: TrafficCount(packets: 1, bytes: 60),
            backward: TrafficCount(packets: 1, bytes: 60),
            flowStart: time,
            start: time,
            end: time,
            sequence: 1,
            endReason: .endOfFlow
        )
    }

    private func lookup(_ answers: [String], code: UInt8? = 0) -> Observation {
        var lookup = observation(to: "10.96.0.10", port: 53, at: 100)
        var report = DNSReport()
        report.exchanges = [
            DNSExchange(
                time: Timestamp(seconds: 100),
                name: "example.com",
                type: 1,
                code: code,
                latency: 1_000_000_000,
                answers: answers.compactMap { IPAddress($0) }
            )
        ]
        lookup.dns = report
        return lookup
    }

    /// The end of a flow to an address after the client was given answers.
    private func destination(
        _ address: String,
        at seconds: Int64 = 102,
        after lookup: Observation,
        hosts: [IPAddress: Identity] = [:]
    ) -> AttributedEnd {
        var attributor = Attributor(history: ClusterHistory(), hosts: hosts)
        attributor.answers.record(attributor.attribute(lookup, at: point))
        return attributor.attribute(observation(to: address, port: 443, at: seconds), at: point).destination
    }

    @Test func `a flow to an address outside is named by what its client had asked for`() {
        let end = destination("93.184.216.34", after: lookup(["1.2.3.4", "93.184.216.34"]))
        #expect(end.basis == .dnsAnswer && end.domain == "example.com" && end.identity == nil)
        #expect(end.reason == "no cluster is known")
    }

    @Test func `an answer that came after the flow began does not name it`() {
        // The query was sent at 100; the answer came at 101.
        #expect(destination("93.184.216.34", at: 100, after: lookup(["93.184.216.34"])).basis == .unknown)
        #expect(destination("93.184.216.34", at: 101, after: lookup(["93.184.216.34"])).basis == .dnsAnswer)
    }

    @Test func `failures and other addresses name nothing`() {
        #expect(destination("93.184.216.34", after: lookup(["93.184.216.35"])).domain == nil)
        #expect(destination("93.184.216.34", after: lookup(["93.184.216.34"], code: 3)).domain == nil)
        #expect(destination("93.184.216.34", after: lookup(["93.184.216.34"], code: nil)).domain == nil)
    }

    @Test func `an owner that is known comes first, and a well-known block stays visible`() throws {
        let address = try #require(IPAddress("93.184.216.34"))
        let host = Identity(kind: .host, name: "laptop")
        let owned = destination("93.184.216.34", after: lookup(["93.184.216.34"]), hosts: [address: host])
        #expect(owned.basis == .address && owned.domain == nil)
        let metadata = destination("169.254.169.254", after: lookup(["169.254.169.254"]))
        #expect(metadata.basis == .dnsAnswer && metadata.reason == "cloud metadata service")
    }
}
