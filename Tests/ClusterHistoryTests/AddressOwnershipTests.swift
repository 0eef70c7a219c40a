import ClusterHistory
import ClusterModel
import FlowModel
import NetworkAddressing
import TestSupport
import Testing

@Suite struct AddressOwnershipTests {
    private let a = "10.0.0.1"
    private let b = "10.0.0.2"

    @Test func `an address is a pod's from two seconds before the first evidence until its deletion`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("p", phase: .pending), at: 10)
        history.see(Scenario.pod("p", a, ready: 11), at: 13.5)
        history.lose(Scenario.pod("p", a, ready: 11), at: 20)
        #expect(history.uids(a, 8.9) == [])
        #expect(history.uids(a, 9) == ["p"])
        #expect(history.uids(a, 19.999) == ["p"])
        #expect(history.uids(a, 20) == [])
        #expect(history.lastOwner(before: Scenario.at(30), of: Scenario.address(a))?.identity.name == "p")
        #expect(history.nextOwner(after: Scenario.at(1), of: Scenario.address(a))?.from == Scenario.at(9))
        #expect(history.owners(of: Scenario.address(a), at: Scenario.at(12)).first?.fromCertain == true)
    }

    @Test func `a deletion does not open what it carries as last state`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("p", phase: .pending), at: 10)
        history.lose(Scenario.pod("p", a, ready: 11), at: 20)
        #expect(history.uids(a, 15) == [])
    }

    @Test func `an object first seen in its deletion still had its past`() {
        var history = ClusterHistory()
        history.lose(Scenario.pod("p", a, ready: 11), at: 20)
        #expect(history.uids(a, 15) == ["p"])
        #expect(history.uids(a, 21) == [])
        #expect(history.liveCounts[.pod] == 0)
    }

    @Test func `a completed pod keeps its address in the API but not here`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("job", a, ready: 10), at: 10.5)
        history.see(Scenario.pod("job", a, phase: .succeeded, finished: 15), at: 15.4)
        #expect(history.uids(a, 15.3) == ["job"])
        #expect(history.uids(a, 15.5) == [])
        history.see(Scenario.pod("next", a, ready: 17), at: 17.5)
        history.see(Scenario.pod("job", a, phase: .succeeded, finished: 15, labels: ["x": "y"]), at: 18)
        #expect(history.uids(a, 18.5) == ["next"])
        #expect(history.uids(a, 15.45) == ["next"])
        #expect(history.uids(a, 15.3) == ["job"])
        history.lose(Scenario.pod("job", a, phase: .succeeded, finished: 15), at: 30)
        #expect(history.uids(a, 31) == ["next"])
        #expect(history.reuses == 0)
    }

    @Test(arguments: [false, true])
    func `a list with a completed pod and its address's new owner gives each its time`(reversed: Bool) {
        let pods = [
            Scenario.pod("job", a, phase: .failed, ready: 5, finished: 10), Scenario.pod("next", a, ready: 12),
        ]
        var history = ClusterHistory()
        history.list(reversed ? pods.reversed() : pods, version: 9, at: 100)
        #expect(history.uids(a, 9) == ["job"])
        #expect(history.uids(a, 11.5) == ["job"])
        #expect(history.uids(a, 12.5) == ["next"])
        #expect(history.uids(a, 200) == ["next"])
    }

    @Test func `a new owner ends the former's time even before its deletion is reported`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("old", a, ready: 10), at: 10.5)
        history.see(Scenario.pod("new", a, ready: 20), at: 21)
        #expect(history.uids(a, 19.9) == ["old"])
        #expect(history.uids(a, 20) == ["new"])
        #expect(history.reuses == 1)
        history.see(Scenario.pod("old", a, ready: 10, labels: ["late": "1"]), at: 22)
        history.lose(Scenario.pod("old", a, ready: 10), at: 25)
        #expect(history.uids(a, 26) == ["new"])
        let former = history.owners(of: Scenario.address(a), at: Scenario.at(15)).first
        #expect(former?.untilCertain == false)
        #expect(former?.until == Scenario.at(20))
    }

    @Test func `a deletion bounds the next owner's extension into the past`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("old", a, ready: 10), at: 10.5)
        history.lose(Scenario.pod("old", a), at: 20.3)
        history.see(Scenario.pod("new", a, ready: 20), at: 21)
        #expect(history.uids(a, 20.2) == ["old"])
        #expect(history.uids(a, 20.3) == ["new"])
        #expect(history.reuses == 0)
    }

    @Test func `evidence well before the former's deletion shows that the address had moved`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("old", a, ready: 10), at: 10.5)
        history.lose(Scenario.pod("old", a), at: 40)
        history.see(Scenario.pod("new", a, ready: 30), at: 41)
        #expect(history.uids(a, 29) == ["old"])
        #expect(history.uids(a, 35) == ["new"])
    }

    @Test func `the same pod with a new sandbox has the new address and no longer the old`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("p", a, ready: 10), at: 10.5)
        history.see(Scenario.pod("p", b, ready: 30), at: 31)
        #expect(history.uids(a, 29) == ["p"])
        #expect(history.uids(a, 30.5) == [])
        #expect(history.uids(b, 27.9) == [])
        #expect(history.uids(b, 28) == ["p"])
        #expect(history.podAddresses(uid: "p") == [Scenario.address(a), Scenario.address(b)])
        #expect(history.podIdentity(uid: "p", at: Scenario.at(20))?.addresses == [Scenario.address(a)])
        #expect(history.podIdentity(uid: "p", at: Scenario.at(40))?.addresses == [Scenario.address(b)])
    }

    @Test func `times of the former sandbox are no evidence for the new address`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("p", a, ready: 10), at: 10.5)
        history.see(Scenario.pod("p", b, ready: 10), at: 31)
        #expect(history.uids(b, 28) == [])
        #expect(history.uids(b, 29) == ["p"])
    }

    @Test func `a stateful pod that returns with its name and address is another by its UID`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("db-0", a, uid: "u1", ready: 10), at: 10.5)
        history.lose(Scenario.pod("db-0", a, uid: "u1"), at: 20)
        history.see(Scenario.pod("db-0", uid: "u2", phase: .pending), at: 20.002)
        history.see(Scenario.pod("db-0", a, uid: "u2", ready: 21), at: 21.3)
        #expect(history.uids(a, 19.9) == ["u1"])
        #expect(history.uids(a, 21) == ["u2"])
        #expect(history.pod(named: "db-0", at: Scenario.at(15))?.uid == "u1")
        #expect(history.pod(named: "shop/db-0", at: Scenario.at(30))?.uid == "u2")
        #expect(history.pod(named: "other/db-0", at: Scenario.at(30)) == nil)
    }

    @Test func `a restart by list compares by UID and ends what vanished as uncertain`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("gone", a, version: 5, ready: 10), at: 10.5)
        history.see(Scenario.pod("kept", b, version: 6, ready: 11), at: 11.5)
        history.apply(.gap(.pod, from: Scenario.at(20), until: Scenario.at(100), reason: "410"))
        history.list([Scenario.pod("kept", b, version: 6, ready: 11)], version: 50, at: 100)
        #expect(history.uids(a, 19) == ["gone"])
        #expect(history.uids(a, 21) == [])
        #expect(history.owners(of: Scenario.address(a), at: Scenario.at(19)).first?.untilCertain == false)
        #expect(history.uids(b, 200) == ["kept"])
        #expect(history.uids(b, 10) == ["kept"])
        #expect(history.gaps.count == 1)
        #expect(history.liveCounts[.pod] == 1)
    }

    @Test func `a list older than what is known takes nothing back`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("p", a, version: 10, ready: 10), at: 10.5)
        history.lose(Scenario.pod("q", b, version: 12, ready: 5), at: 11)
        history.list([Scenario.pod("q", b, version: 3, ready: 5)], version: 9, at: 12)
        #expect(history.uids(a, 13) == ["p"])
        #expect(history.uids(b, 13) == [])
    }

    @Test func `a bulk listing is no assignment: its pods began with their evidence`() {
        var history = ClusterHistory()
        history.list([Scenario.pod("p", a, ready: 10)], version: 3, at: 5000)
        #expect(history.uids(a, 10) == ["p"])
        #expect(history.owners(of: Scenario.address(a), at: Scenario.at(10)).first?.fromCertain == false)
    }

    @Test func `a pod on the host network does not own the node's address`() {
        var node = Node(metadata: Scenario.metadata("n1"))
        node.addresses = [Scenario.address("192.168.0.1")]
        node.podBlocks = [IPPrefix("10.0.0.0/24")].compactMap(\.self)
        var agent = Scenario.pod("agent", "192.168.0.1", ready: 10)
        agent.usesHostNetwork = true
        agent.ports = [Pod.Port(number: 9100)]
        var mapped = Scenario.pod("mapped", a, ready: 10)
        mapped.ports = [Pod.Port(number: 80, hostPort: 8080)]
        var history = ClusterHistory()
        history.apply(.changed(.node(node), at: Scenario.at(1)))
        history.see(agent, at: 11)
        history.see(mapped, at: 11)
        let host = Scenario.address("192.168.0.1")
        #expect(history.owners(of: host, at: Scenario.at(12)).map(\.kind) == [.node])
        func pods(_ port: UInt16, _ transport: TransportProtocol = .tcp) -> [String] {
            history.hostNetworkPods(at: host, port: port, transport: transport, at: Scenario.at(12)).map(\.name)
        }
        #expect(pods(9100) == ["agent"])
        #expect(pods(9100, .udp) == [])
        #expect(pods(8080) == ["mapped"])
        #expect(pods(80) == [])
        let network = history.network(containing: Scenario.address("10.0.0.77"), at: Scenario.at(12))
        #expect(network?.name == "10.0.0.0/24")
        #expect(network?.node == "n1")
        #expect(history.network(containing: Scenario.address("10.0.1.1"), at: Scenario.at(12)) == nil)
    }

    @Test func `objects of manifests have always been there, and two with one address stay two`() {
        let pods = [
            Scenario.pod("x", a), Scenario.pod("y", b), Scenario.pod("z", b), Scenario.pod("d", a, phase: .failed),
        ]
        var history = ClusterHistory()
        history.apply(
            .listed(.pod, objects: pods.map(ClusterObject.pod), resourceVersion: "", at: .distantPast)
        )
        for time in [Timestamp.distantPast, Scenario.at(0), Timestamp.distantFuture.advanced(by: -1)] {
            #expect(history.owners(of: Scenario.address(a), at: time).map(\.identity.name) == ["x"])
            #expect(history.owners(of: Scenario.address(b), at: time).map(\.identity.name) == ["y", "z"])
        }
    }

    @Test func `a copy is a snapshot`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("p", a, ready: 10), at: 10.5)
        let snapshot = history
        history.lose(Scenario.pod("p", a), at: 20)
        #expect(snapshot.uids(a, 30) == ["p"])
        #expect(history.uids(a, 30) == [])
    }

    @Test func `a server that was replaced or set back leaves no stale owner and loses none`() {
        var history = ClusterHistory()
        let old = Scenario.pod("old", "10.1.0.7", version: 900, ready: 10)
        let kept = Scenario.pod("kept", "10.1.0.8", version: 950, ready: 10)
        let restored = Scenario.pod("restored", "10.1.0.9", version: 940, ready: 10)
        history.apply(
            .listed(.pod, objects: [.pod(old), .pod(kept)], resourceVersion: "1000", at: Scenario.at(20))
        )
        history.apply(.deleted(.pod(restored), at: Scenario.at(25)))
        history.apply(.gap(.pod, from: Scenario.at(30), until: Scenario.at(60), reason: "410"))
        let before = Scenario.pod("kept", "10.1.0.8", version: 100, ready: 10)
        let again = Scenario.pod("restored", "10.1.0.9", version: 90, ready: 10)
        let new = Scenario.pod("new", "10.1.0.10", version: 120, ready: 50)
        let objects = [before, again, new].map { ClusterObject.pod($0) }
        history.apply(.listed(.pod, objects: objects, resourceVersion: "130", at: Scenario.at(60)))
        func owner(_ address: String) -> String? {
            history.owners(of: Scenario.address(address), at: Scenario.at(70)).first?.identity.name
        }
        #expect(owner("10.1.0.7") == nil && owner("10.1.0.8") == "kept")
        #expect(owner("10.1.0.9") == "restored" && owner("10.1.0.10") == "new")
        // What it says from now on is news.
        history.apply(.deleted(.pod(Scenario.pod("kept", "10.1.0.8", version: 140)), at: Scenario.at(65)))
        #expect(owner("10.1.0.8") == nil)
    }

    @Test func `a snapshot answers as before while the history goes on`() {
        var options = ClusterChurn.Options(seed: 5)
        options.pods = 300
        let churn = ClusterChurn(options)
        let half = churn.events.count / 2
        var history = ClusterHistory(churn.events[..<half])
        let addresses = Set(
            churn.events.flatMap { event -> [IPAddress] in
                guard case .changed(.pod(let pod), _) = event else { return [] }
                return pod.addresses
            }
        ).sorted()
        func answers(_ history: ClusterHistory) -> [[String]] {
            addresses.map { address in
                history.intervals(of: address).map {
                    "\($0.identity.uid) \($0.from) \($0.until) \($0.identity.labels)"
                }
            }
        }
        let before = answers(history)
        var snapshots: [ClusterHistory] = []
        for event in churn.events[half...] {
            snapshots.append(history)
            history.apply(event)
        }
        #expect(snapshots.first.map(answers) == before)
        #expect(answers(history) != before)
    }
}
