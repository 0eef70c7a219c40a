import ClusterHistory
import ClusterModel
import FlowModel
import NetworkAddressing
import Testing

@Suite struct IdentityTests {
    private let a = "10.0.0.1"
    private let owner = OwnerReference(kind: "ReplicaSet", name: "web-abc", uid: "rs")

    @Test func `a deployment is derived from the hash and confirmed by the replica set`() {
        var history = ClusterHistory()
        history.see(
            Scenario.pod("web-abc-1", a, ready: 10, labels: ["pod-template-hash": "abc"], controller: owner),
            at: 11
        )
        #expect(workload(history, "web-abc-1", 12) == "Deployment web")
        history.see(Scenario.pod("bare-abc-1", labels: ["pod-template-hash": "zzz"], controller: owner), at: 11)
        #expect(workload(history, "bare-abc-1", 12) == "ReplicaSet web-abc")
        let top = OwnerReference(kind: "Deployment", name: "frontend", uid: "d")
        let set = WorkloadObject(kind: .replicaSet, metadata: Scenario.metadata("web-abc", uid: "rs", controller: top))
        history.apply(.changed(.workload(set), at: Scenario.at(15)))
        #expect(workload(history, "web-abc-1", 12) == "Deployment frontend")
        #expect(workload(history, "bare-abc-1", 20) == "Deployment frontend")
    }

    @Test func `jobs lead to cron jobs, static pods and bare pods to themselves`() {
        var history = ClusterHistory()
        let job = OwnerReference(kind: "Job", name: "tick-1", uid: "j")
        let cron = OwnerReference(kind: "CronJob", name: "tick", uid: "c")
        let object = WorkloadObject(kind: .job, metadata: Scenario.metadata("tick-1", uid: "j", controller: cron))
        history.apply(.changed(.workload(object), at: Scenario.at(1)))
        history.see(Scenario.pod("tick-1-x", controller: job), at: 2)
        history.see(Scenario.pod("static", controller: OwnerReference(kind: "Node", name: "n1", uid: "n")), at: 2)
        history.see(Scenario.pod("bare"), at: 2)
        history.see(Scenario.pod("db-0", controller: OwnerReference(kind: "StatefulSet", name: "db", uid: "s")), at: 2)
        #expect(workload(history, "tick-1-x", 3) == "CronJob tick")
        #expect(workload(history, "static", 3) == "Pod static")
        #expect(workload(history, "bare", 3) == "Pod bare")
        #expect(workload(history, "db-0", 3) == "StatefulSet db")
    }

    @Test func `a relabelled pod leaves its replica set from then on`() {
        var history = ClusterHistory()
        history.see(
            Scenario.pod("web-abc-1", a, ready: 10, labels: ["pod-template-hash": "abc"], controller: owner),
            at: 11
        )
        history.see(Scenario.pod("web-abc-1", a, ready: 10, labels: ["debug": "yes"]), at: 20)
        #expect(workload(history, "web-abc-1", 19) == "Deployment web")
        #expect(workload(history, "web-abc-1", 20) == "Pod web-abc-1")
        #expect(
            history.podIdentity(uid: "web-abc-1", at: Scenario.at(20))?.labels == [.init(key: "debug", value: "yes")]
        )
    }

    @Test func `services are those whose slices named the pod at the time`() {
        var history = ClusterHistory()
        history.see(Scenario.slice("s1", of: "web"), at: 5)
        history.see(Scenario.pod("p", a, ready: 10), at: 11)
        history.see(Scenario.slice("s1", of: "web", pods: "p"), at: 12)
        history.see(Scenario.slice("s2", of: "admin", pods: "p"), at: 13)
        history.see(Scenario.slice("s1", of: "web"), at: 20)
        history.apply(.deleted(.endpointSlice(Scenario.slice("s2", of: "admin")), at: Scenario.at(30)))
        func services(_ seconds: Double) -> [String] {
            let names = history.services(selecting: "p", at: Scenario.at(seconds)).map(\.name)
            #expect(history.podIdentity(uid: "p", at: Scenario.at(seconds))?.services == names)
            return names
        }
        #expect(services(11.5) == [])
        #expect(services(12.5) == ["web"])
        #expect(services(15) == ["admin", "web"])
        #expect(services(25) == ["admin"])
        #expect(services(31) == [])
        let members = history.endpointsOf(serviceNamespace: "shop", name: "web", at: Scenario.at(15)).map(
            \.member.podUID
        )
        #expect(members == ["p"])
    }

    @Test func `without slices the selector decides, from when labels or selector match`() {
        var history = ClusterHistory()
        history.see(Scenario.service("web", "10.96.0.1", selector: ["app": "web"]), at: 1)
        history.see(Scenario.service("none", "10.96.0.2"), at: 1)
        history.see(Scenario.pod("p", a, ready: 10, labels: ["app": "web", "v": "1"]), at: 11)
        history.see(Scenario.service("web", "10.96.0.1", selector: ["app": "other"]), at: 20)
        #expect(history.podIdentity(uid: "p", at: Scenario.at(12))?.services == ["web"])
        #expect(history.podIdentity(uid: "p", at: Scenario.at(21))?.services == [])
        history.see(Scenario.slice("s", of: "late", pods: "p"), at: 30)
        #expect(history.podIdentity(uid: "p", at: Scenario.at(31))?.services == ["late"])
        #expect(history.podIdentity(uid: "p", at: Scenario.at(12))?.services == [])
    }

    @Test func `a cluster address that moves is each service's in its time`() {
        var history = ClusterHistory()
        let first = Scenario.service("tmp-a", "10.96.77.77", created: 10)
        history.see(first, at: 10.4)
        history.apply(.deleted(.service(first), at: Scenario.at(12.2)))
        history.see(
            Scenario.service("tmp-b", "10.96.77.77", created: 12.3, ports: [.init(number: 81, nodePort: 30_081)]),
            at: 12.4
        )
        func name(_ port: UInt16, _ seconds: Double) -> String? {
            history.service(at: Scenario.address("10.96.77.77"), port: port, transport: .tcp, at: Scenario.at(seconds))?
                .name
        }
        #expect(name(80, 12.1) == "tmp-a")
        #expect(name(81, 12.3) == "tmp-b")
        #expect(name(80, 12.3) == nil)
        #expect(history.nodePortService(port: 30_081, transport: .tcp, at: Scenario.at(13))?.name == "tmp-b")
        #expect(history.nodePortService(port: 30_081, transport: .udp, at: Scenario.at(13)) == nil)
        #expect(history.reuses == 0)
    }

    @Test func `a zone learnt after the pod holds for its past, a change only from then on`() {
        func node(_ zone: String) -> Node {
            Node(metadata: Scenario.metadata("n1", labels: ["topology.kubernetes.io/zone": zone]))
        }
        var history = ClusterHistory()
        history.see(Scenario.pod("p", a, ready: 10), at: 11)
        history.apply(.changed(.node(node("z1")), at: Scenario.at(15)))
        history.apply(.changed(.node(node("z2")), at: Scenario.at(20)))
        #expect(history.podIdentity(uid: "p", at: Scenario.at(12))?.zone == "z1")
        #expect(history.podIdentity(uid: "p", at: Scenario.at(21))?.zone == "z2")
    }

    @Test func `the same identity is the same instance`() {
        var history = ClusterHistory()
        history.see(Scenario.pod("p", a, ready: 10), at: 11)
        let first = history.podIdentity(uid: "p", at: Scenario.at(12))
        history.see(Scenario.pod("p", a, ready: 10), at: 13)
        #expect(first != nil)
        #expect(first === history.podIdentity(uid: "p", at: Scenario.at(50)))
    }

    private func workload(_ history: ClusterHistory, _ uid: String, _ seconds: Double) -> String? {
        history.podIdentity(uid: uid, at: Scenario.at(seconds))?.workload.map { "\($0.kind) \($0.name)" }
    }
}
