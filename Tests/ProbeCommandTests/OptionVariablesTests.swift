import FlowModel
import NetworkAddressing
import RecordFormats
import Terminal
import Testing

@testable import ProbeCommand

struct OptionVariablesTests {
    private func adding(_ arguments: [String], _ environment: [String: String]) -> [String] {
        OptionVariables.adding(
            to: arguments,
            options: ["collector", "idle-timeout", "interface", "output"],
            repeated: ["interface"],
            aliases: ["-o": "output"],
            environment: environment
        )
    }

    @Test func `a variable stands for an option that is not given`() {
        #expect(adding([], ["PODSIGHT_IDLE_TIMEOUT": "5s"]) == ["--idle-timeout=5s"])
        #expect(adding(["--idle-timeout", "9s"], ["PODSIGHT_IDLE_TIMEOUT": "5s"]) == ["--idle-timeout", "9s"])
        #expect(adding(["--idle-timeout=9s"], ["PODSIGHT_IDLE_TIMEOUT": "5s"]) == ["--idle-timeout=9s"])
        #expect(adding(["-o", "jsonl"], ["PODSIGHT_OUTPUT": "jsonl"]) == ["-o", "jsonl"])
        #expect(adding([], ["PODSIGHT_COLLECTOR": "", "PODSIGHT_OTHER": "x"]).isEmpty)
    }

    @Test func `a list stands for an option that may be repeated`() {
        #expect(adding([], ["PODSIGHT_INTERFACE": "eth0,eth1"]) == ["--interface=eth0", "--interface=eth1"])
    }

    @Test(arguments: [
        ("none", [] as TunnelKinds), ("all", .all), ("vxlan,gre", TunnelKinds(.vxlan).union(TunnelKinds(.gre))),
    ])
    func `tunnels are read by name`(text: String, kinds: TunnelKinds) {
        #expect(TunnelOption(argument: text)?.kinds == kinds)
    }

    @Test(arguments: ["", "vxlan,", "teredo"])
    func `other tunnels are refused`(text: String) { #expect(TunnelOption(argument: text) == nil) }

    @Test func `an exporter is known by the pod's UID where it has one`() {
        var place = ProbePlace(node: "", pod: nil, hostname: "h")
        #expect(place.exporterID == "h")
        place.node = "n"
        #expect(place.exporterID == "n")
        place.pod = .init(namespace: "shop", name: "cart-0", uid: "")
        #expect(place.exporterID == "shop/cart-0")
        place.pod?.uid = "u"
        #expect(place.exporterID == "u")
    }
}

struct OwnTrafficTests {
    private let collector = Endpoint(IPAddress(v4: 0x0a00_0001), port: 7080)
    private let here = IPAddress(v4: 0x0a00_0002)

    private func report(_ source: Endpoint, _ destination: Endpoint) -> Observation {
        let time = Timestamp(seconds: 1)
        return Observation(
            transport: .tcp,
            source: source,
            destination: destination,
            evidence: .tcpHandshake,
            forward: TrafficCount(packets: 1, bytes: 40),
            backward: TrafficCount(),
            flowStart: time,
            start: time,
            end: time,
            sequence: 1,
            endReason: .endOfFlow
        )
    }

    @Test func `only our own connections to the collector are left out`() {
        let own = OwnTraffic()
        let point = ObservationPoint(name: "eth0", addresses: [here])
        let ours = report(Endpoint(here, port: 40000), collector)
        let others = [
            report(Endpoint(IPAddress(v4: 0x0a00_0003), port: 40000), collector),
            report(Endpoint(here, port: 40000), Endpoint(collector.address, port: 80)),
        ]
        var reports = [ours] + others
        own.remove(from: &reports, at: point)
        #expect(reports.count == 3)
        own.add(collector)
        own.remove(from: &reports, at: point)
        #expect(reports == others)
    }
}
