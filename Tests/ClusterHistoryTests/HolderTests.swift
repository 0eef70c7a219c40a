import ClusterHistory
import ClusterModel
import FlowModel
import JSONText
import NetworkAddressing
import Testing

/// Facts that are intervals, and who can have had an address.
struct HolderTests {
    private let a = "10.0.0.1"

    @Test func `readiness of an endpoint is an interval of its own`() {
        var slice = Scenario.slice("s", of: "web", pods: "p", "q")
        var history = ClusterHistory()
        history.see(slice, at: 5)
        slice.members[0].isReady = false
        history.see(slice, at: 10)
        slice.members.remove(at: 0)
        history.see(slice, at: 15)
        func isReady(_ seconds: Double) -> Bool? {
            history.endpointsOf(serviceNamespace: "shop", name: "web", at: Scenario.at(seconds))
                .first { $0.member.podUID == "p" }?.member.isReady
        }
        #expect(isReady(7) == true && isReady(12) == false && isReady(16) == nil)
        #expect(history.services(selecting: "p", at: Scenario.at(12)).map(\.name) == [])
    }

    @Test func `endpoints count while no slice of their service is known`() throws {
        let json = #"""
            {"kind":"Endpoints","metadata":{"name":"web","namespace":"shop","uid":"e"},"subsets":[
             {"addresses":[{"ip":"10.0.0.1","targetRef":{"kind":"Pod","name":"p","uid":"p"}}],
              "notReadyAddresses":[{"ip":"10.0.0.2"}],"ports":[{"port":80}]}]}
            """#
        let endpoints = try ClusterObject.decode(kind: .endpoints, json: JSONValue.parse(json))
        var history = ClusterHistory()
        history.apply(.changed(endpoints, at: Scenario.at(5)))
        history.see(Scenario.pod("p", a, ready: 1), at: 6)
        #expect(history.podIdentity(uid: "p", at: Scenario.at(8))?.services == ["web"])
        let rows = history.endpointsOf(serviceNamespace: "shop", name: "web", at: Scenario.at(8))
        #expect(rows.map(\.member.isReady) == [true, false])
        history.see(Scenario.slice("s", of: "web", pods: "q"), at: 10)
        #expect(history.podIdentity(uid: "p", at: Scenario.at(9))?.services == ["web"])
        #expect(history.podIdentity(uid: "p", at: Scenario.at(11))?.services == [])
        history.apply(.changed(endpoints, at: Scenario.at(12)))
        #expect(history.podIdentity(uid: "p", at: Scenario.at(13))?.services == [])
        #expect(history.liveCounts[.endpoints] == 1)
    }

    @Test func `services' blocks are networks, from the object or from the configuration`() throws {
        let json = #"{"metadata":{"name":"kubernetes","uid":"k"},"spec":{"cidrs":["10.96.0.0/12","fd00:96::/108"]}}"#
        let object = try ClusterObject.decode(kind: .serviceCIDR, json: JSONValue.parse(json))
        let known = [IPPrefix("10.0.0.0/8")].compactMap(\.self)
        var history = ClusterHistory(configuration: .init(blocks: known))
        history.apply(.changed(object, at: Scenario.at(5)))
        func name(_ address: String, _ seconds: Double) -> String? {
            history.network(containing: Scenario.address(address), at: Scenario.at(seconds))?.name
        }
        #expect(name("10.97.1.1", 6) == "10.96.0.0/12")
        #expect(name("fd00:96::5", 6) == "fd00:96::/108")
        #expect(name("10.97.1.1", 4) == "10.0.0.0/8")
        history.apply(.deleted(object, at: Scenario.at(10)))
        #expect(name("10.97.1.1", 11) == "10.0.0.0/8")
        #expect(name("192.0.2.1", 11) == nil)
    }

    @Test func `a pod that was over before its address was told had it until it ended`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("job", phase: .pending), at: 10)
        history.see(Scenario.pod("job", a, phase: .succeeded, ready: 11, finished: 12), at: 12.5)
        #expect(history.uids(a, 11.5) == ["job"])
        #expect(history.uids(a, 13) == [])
    }

    @Test func `clocks that may differ leave who had an address open, and say whom it can have been`() {
        var history = ClusterHistory(configuration: .init(clockTolerance: 2_000_000_000))
        history.list([], version: 1, at: 0)
        history.see(Scenario.pod("old", a, ready: 10), at: 11)
        history.lose(Scenario.pod("old", a), at: 100)
        history.see(Scenario.pod("new", a, ready: 102), at: 103)
        func names(_ seconds: Double) -> [String] {
            switch history.podHolding(Scenario.address(a), from: Scenario.at(seconds), to: Scenario.at(seconds)) {
            case .one(let pod): [pod.name]
            case .several(let pods): pods.map(\.name)
            case .nobody, .unseen: []
            }
        }
        #expect(names(50) == ["old"])
        #expect(names(97) == ["old"])
        #expect(names(101) == ["old", "new"])
        #expect(names(106) == ["new"])
    }

    @Test func `while pods were not followed only who surely had an address is named`() {
        var history = ClusterHistory()
        history.list([], version: 1, at: 0)
        history.see(Scenario.pod("kept", a, version: 2, ready: 10), at: 11)
        history.see(Scenario.pod("gone", "10.0.0.2", version: 3, ready: 10), at: 12)
        history.apply(.gap(.pod, from: Scenario.at(50), until: Scenario.at(100), reason: "410"))
        history.list([Scenario.pod("kept", a, version: 2, ready: 10)], version: 9, at: 100)
        func isNamed(_ address: String, _ seconds: Double) -> Bool {
            let time = Scenario.at(seconds)
            if case .one = history.podHolding(Scenario.address(address), from: time, to: time) { return true }
            return false
        }
        #expect(isNamed(a, 75))
        #expect(isNamed("10.0.0.2", 40))
        #expect(!isNamed("10.0.0.2", 48))
        #expect(!isNamed("10.0.0.2", 75))
    }
}
