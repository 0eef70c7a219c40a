import AddressResolution
import ClusterHistory
import ClusterModel
import FlowAttribution
import FlowModel
import JSONText
import NetworkAddressing
import Testing

struct AddressResolverTests {
    private func at(_ seconds: Double) -> Timestamp { SampleCluster.at(seconds) }

    @Test func `an address is its owner's of that time, with the interval and the services then`() throws {
        let before = try SampleCluster.answer("10.1.0.8", 50)
        #expect(before.identity?.uid == "uid-old")
        #expect(before.identity?.services == ["old"])
        #expect(before.basis == .address)
        #expect(before.certainty == .certain)
        #expect(before.from == at(1))
        #expect(before.until == at(90))
        let after = try SampleCluster.answer("10.1.0.8", 150)
        #expect(after.identity?.uid == "uid-new")
        #expect(after.identity?.services == [])
        #expect(after.from == at(90))
        #expect(after.until == nil)
    }

    @Test func `around a change of hands an answer is ambiguous or uncertain, and never the wrong one`() throws {
        for (seconds, name) in [(88.9, "old"), (89.2, "old"), (89.999_999, "old"), (90, "new"), (90.9, "new")] {
            let answer = try SampleCluster.answer("10.1.0.8", seconds)
            #expect((answer.identity.map { [$0] } ?? answer.candidates).contains { $0.name == name })
            #expect(answer.certainty == (answer.identity == nil ? .ambiguous : .uncertain))
            #expect(answer.reason.contains("change"))
        }
        #expect(try SampleCluster.answer("10.1.0.8", 86.9).certainty == .certain)
        #expect(try SampleCluster.answer("10.1.0.8", 93.1).certainty == .certain)
    }

    @Test func `an owner that is named just outside of its time is uncertain, and its time is told`() throws {
        // The one before has no pod after it that could have had the address as well.
        var history = ClusterHistory()
        let pod = SampleCluster.pod("solo", "10.1.0.7", ready: 10)
        history.apply(.changed(.pod(pod), at: at(10.5)))
        history.apply(.deleted(.pod(pod), at: at(50)))
        let resolver = AddressResolver(recording: history, clock: at(60))
        for tenths in 0..<600 {
            let time = at(Double(tenths) / 10)
            let answer = resolver.answer(
                AddressQuestion(address: SampleCluster.address("10.1.0.7"), time: time),
                asked: ""
            )
            guard answer.identity != nil else { continue }
            let from = try #require(answer.from)
            let until = try #require(answer.until)
            let isWithin = from <= time && time < until
            #expect(isWithin || answer.certainty == .uncertain)
            #expect(until == at(50))
        }
    }

    @Test func `what lies before the proof, in a gap or after the recording is uncertain`() throws {
        #expect(try SampleCluster.answer("10.1.0.9", 299).reason == "the first proof is of \(at(300))")
        let missed = try SampleCluster.answer("10.1.0.8", 205)
        #expect(missed.certainty == .uncertain && missed.basis == .unknown)
        #expect(missed.identity == nil && missed.candidates.map(\.name) == ["new"])
        #expect(try SampleCluster.answer("10.1.0.8", 211).certainty == .certain)
        #expect(try SampleCluster.answer("10.1.0.8", 400).certainty == .uncertain)
        let live = AddressResolver(Attributor(history: SampleCluster.history), now: at(400))
        let question = AddressQuestion(address: SampleCluster.address("10.1.0.8"), time: at(400))
        #expect(live.answer(question, asked: "").certainty == .certain)
    }

    @Test func `before its first owner and after its last nobody has an address`() throws {
        let answer = try SampleCluster.answer("10.1.0.9", 100)
        #expect(answer.basis == .cidr)
        #expect(answer.identity?.kind == .network)
        #expect(answer.certainty == .unknown)
        #expect(answer.reason.contains("pod shop/late had it from"))
        let outside = try SampleCluster.answer("8.8.8.8", 100)
        #expect(outside.basis == .unknown)
        #expect(outside.certainty == .unknown)
        #expect(outside.identity == nil && outside.from == nil && outside.until == nil)
        #expect(outside.reason == "not an address of this cluster")
        #expect(try SampleCluster.answer("127.0.0.1", 100).basis == .wellKnown)
    }

    @Test(arguments: [
        ("192.168.0.1", Basis.node, "node-1"), ("192.168.0.1:9100", .hostPort, "exporter"),
        ("192.168.0.1:9100/udp", .node, "node-1"), ("192.168.0.1:31000", .service, "old"),
        ("192.168.0.1:1", .node, "node-1"), ("10.96.0.5", .service, "old"), ("10.96.0.5:5432", .service, "old"),
        ("10.96.0.5:99", .service, "old"), ("7.7.7.7:53/udp", .service, "udp-x"), ("7.7.7.7:53/tcp", .service, "tcp-x"),
    ])
    func `a port tells what shares an address`(text: String, basis: Basis, name: String) throws {
        let answer = try SampleCluster.answer(text, 60)
        #expect(answer.basis == basis)
        #expect(answer.identity?.name == name)
    }

    @Test(arguments: ["7.7.7.7", "7.7.7.7:53", "7.7.7.7:54"])
    func `what nothing tells apart is ambiguous, with all of them named`(text: String) throws {
        let answer = try SampleCluster.answer(text, 60)
        #expect(answer.basis == .ambiguous)
        #expect(answer.certainty == .ambiguous)
        #expect(answer.identity == nil)
        #expect(answer.candidates.map(\.name).sorted() == ["tcp-x", "udp-x"])
    }

    @Test func `an answer is the same as the attribution of a flow's end`() throws {
        let attributor = Attributor(history: SampleCluster.history)
        let point = ObservationPoint(name: "cni0")
        let other = Endpoint(SampleCluster.address("9.9.9.9"), port: 40_000)
        for address in ["10.1.0.8", "10.1.0.9", "192.168.0.1", "10.96.0.5", "7.7.7.7", "8.8.8.8", "127.0.0.1"] {
            for port: UInt16 in [53, 80, 5432, 9100, 31000] {
                for transport in [TransportProtocol.tcp, .udp] {
                    for seconds in stride(from: 0.5, to: 310, by: 3.7) {
                        let flow = attributor.attribute(
                            Observation(
                                transport: transport,
                                source: other,
                                destination: Endpoint(SampleCluster.address(address), port: port),
                                evidence: .tcpHandshake,
                                forward: TrafficCount(packets: 1, bytes: 1),
                                backward: TrafficCount(packets: 1, bytes: 1),
                                flowStart: at(seconds),
                                start: at(seconds),
                                end: at(seconds),
                                sequence: 1,
                                endReason: .endOfFlow
                            ),
                            at: point
                        )
                        let answer = try SampleCluster.answer("\(address):\(port)/\(transport.name)", seconds)
                        #expect(answer.identity == flow.destination.identity)
                        #expect(answer.basis == flow.destination.basis)
                        #expect(answer.candidates == flow.destination.candidates)
                    }
                }
            }
        }
    }

    @Test func `a report names the owners before and after, and everyone who has the address`() throws {
        let address = SampleCluster.address("10.1.0.8")
        let report = SampleCluster.resolver.report(
            AddressQuestion(address: address, time: at(95)),
            asked: "10.1.0.8",
            withHolders: true
        )
        #expect(report.previous?.identity.name == "old")
        #expect(report.next == nil)
        #expect(report.holders?.map(\.identity.name) == ["new"])
        let json = try JSONValue.parse(report.json())
        #expect(json["previous"]?["identity"]?["uid"] == .string("uid-old"))
        #expect(json["previous"]?["until"] == .string(at(90).rfc3339))
        #expect(json["next"] == .null)
        #expect(report.text.contains("before     pod shop/old until \(at(90))"))
        let node = SampleCluster.resolver.report(
            AddressQuestion(address: SampleCluster.address("192.168.0.1"), time: at(95)),
            asked: "192.168.0.1",
            withHolders: true
        )
        #expect(node.holders?.map(\.holding) == [.node, .hostPod])
    }

    @Test(arguments: [
        ("10.1.0.8", ["old", "new"]), ("::ffff:10.1.0.8", ["old", "new"]), ("shop/old", ["old"]), ("pod/old", ["old"]),
        ("192.168.0.1", ["exporter", "node-1"]), ("exporter", ["exporter"]), ("udp-x", ["udp-x"]),
        ("svc/shop/tcp-x", ["tcp-x"]),
    ])
    func `a history has every interval of an address, a pod or a service`(text: String, names: [String]) throws {
        let found = try #require(SampleCluster.resolver.intervals(of: text))
        #expect(Set(found.map(\.identity.name)) == Set(names))
        #expect(found.count == names.count)
    }

    @Test(arguments: ["10.9.9.9", "nobody", "other/old", "svc/exporter", ""])
    func `there is no history of what was never there`(text: String) {
        #expect(SampleCluster.resolver.intervals(of: text) == nil)
    }

    @Test func `a service of the same name as its pods is told by a prefix`() throws {
        let found = try #require(SampleCluster.resolver.intervals(of: "service/old"))
        #expect(found.map(\.holding) == [.service])
        #expect(found[0].until == .distantFuture)
        for format in IntervalFormat.allCases {
            let text = String(decoding: found.text(format, of: "service/old"), as: UTF8.self)
            #expect(text.contains("10.96.0.5"))
        }
    }
}
