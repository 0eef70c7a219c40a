import ClusterChanges
import ClusterModel
import FlowModel
import JSONText
import NetworkAddressing
import TestSupport
import Testing

private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_795_000_000 + seconds) }

private func pod(_ name: String, version: Int, _ address: String? = nil, phase: Pod.Phase = .pending) -> ClusterObject {
    var pod = Pod(
        metadata: ObjectMetadata(name: name, namespace: "shop", uid: "uid-\(name)", resourceVersion: "\(version)")
    )
    pod.addresses = address.flatMap { IPAddress($0) }.map { [$0] } ?? []
    pod.phase = phase
    return .pod(pod)
}

struct ChangeLogTests {
    private func log(_ events: [ClusterEvent], capacity: Int = 100) -> ChangeLog {
        var log = ChangeLog(capacity: capacity)
        for event in events { log.apply(event) }
        return log
    }

    private func lines(_ log: ChangeLog, _ query: ChangeQuery = ChangeQuery()) -> [String] {
        log.changes(query).changes.map {
            "\($0.action.word) \($0.kind) \($0.object?.metadata.name ?? "-"): \($0.summary)"
        }
    }

    @Test func `each change says what is new, and a list tells only of differences`() {
        let found = log([
            .listed(.pod, objects: [pod("a", version: 1), pod("b", version: 2)], resourceVersion: "2", at: at(0)),
            .changed(pod("a", version: 3, "10.1.0.7", phase: .running), at: at(1)),
            .changed(pod("a", version: 3, "10.1.0.7", phase: .running), at: at(2)),
            .changed(pod("c", version: 4), at: at(3)), .deleted(pod("c", version: 5), at: at(4)),
            .gap(.pod, from: at(4), until: at(9), reason: "410 Gone"),
            .listed(
                .pod,
                objects: [pod("a", version: 3, "10.1.0.7", phase: .running), pod("d", version: 8)],
                resourceVersion: "9",
                at: at(9)
            ),
            .changed(pod("d", version: 7, "10.1.0.9"), at: at(10)),
        ])
        #expect(
            lines(found) == [
                "ADDED pod a: phase Pending", "ADDED pod b: phase Pending",
                "MODIFIED pod a: phase Running, address 10.1.0.7", "ADDED pod c: phase Pending", "DELETED pod c: ",
                "ERROR pod -: not followed from \(at(4)) until \(at(9)): 410 Gone",
                "DELETED pod b: missing from the list", "ADDED pod d: phase Pending",
            ]
        )
    }

    @Test func `a service's addresses, ports and selector, and a slice's endpoints, are told`() {
        var service = Service(metadata: ObjectMetadata(name: "web", namespace: "shop", uid: "w"))
        service.clusterAddresses = [IPAddress("10.96.0.5")].compactMap(\.self)
        service.ports = [.init(number: 80)]
        var moved = service
        moved.metadata.resourceVersion = "2"
        moved.selector = ["app": "web"]
        moved.clusterAddresses = [IPAddress("10.96.0.6")].compactMap(\.self)
        var slice = EndpointSlice(metadata: ObjectMetadata(name: "web-1", namespace: "shop", uid: "s"))
        slice.members = [.init(addresses: service.clusterAddresses)]
        var empty = slice
        empty.metadata.resourceVersion = "3"
        empty.members = []
        let found = log([
            .changed(.service(service), at: at(0)), .changed(.service(moved), at: at(1)),
            .changed(.endpointSlice(slice), at: at(2)), .changed(.endpointSlice(empty), at: at(3)),
        ])
        #expect(
            lines(found) == [
                "ADDED service web: address 10.96.0.5, ports 80/tcp",
                "MODIFIED service web: address 10.96.0.6, no more 10.96.0.5, selector app=web",
                "ADDED endpointSlice web-1: ready 10.96.0.5", "MODIFIED endpointSlice web-1: not ready 10.96.0.5",
            ]
        )
    }

    @Test func `a query has a time, a kind, a namespace and a limit`() {
        let namespace = ClusterObject.namespace(Namespace(metadata: ObjectMetadata(name: "shop", uid: "n")))
        let found = log([
            .changed(namespace, at: at(0)), .changed(pod("a", version: 1), at: at(1)),
            .changed(pod("b", version: 2), at: at(2)),
        ])
        var query = ChangeQuery()
        query.from = at(1)
        query.to = at(2)
        #expect(lines(found, query) == ["ADDED pod a: phase Pending"])
        query = ChangeQuery()
        query.kind = .pod
        query.limit = 1
        #expect(lines(found, query) == ["ADDED pod b: phase Pending"])
        #expect(found.changes(query).matched == 2)
        query = ChangeQuery()
        query.namespace = "shop"
        #expect(lines(found, query).count == 3)
        query.namespace = "other"
        #expect(lines(found, query) == [])
    }

    @Test func `the log is bounded, and counts what it gives up`() {
        let found = log(
            (0..<1_000).map { .changed(pod("p", version: $0 + 1, "10.1.0.\($0 % 250)"), at: at(Int64($0))) }
        )
        #expect((100...200).contains(found.changes.count))
        #expect(found.changes.count + found.dropped == 1_000)
        #expect(found.changes.last?.time == at(999))
    }

    @Test func `a record is SysFlow's, with the object's fields as its message`() throws {
        let found = log([.changed(pod("a", version: 1, "10.1.0.7", phase: .running), at: at(0))])
        let line = found.changes(ChangeQuery()).changes.text(.jsonl, matched: 1)
        let record = try JSONValue.parse(line)
        #expect(record["ts"] == .integer(1_795_000_000_000_000_000))
        #expect(record["time"] == .string("2026-11-18T11:06:40.000000000Z"))
        #expect(record["kind"] == .string("K8S_PODS"))
        #expect(record["action"] == .string("K8S_COMPONENT_ADDED"))
        #expect(record["object"]?["uid"] == .string("uid-a"))
        let message = try JSONValue.parse(try #require(record["message"]?.text))
        #expect(message["kind"] == .string("Pod") && message["type"] == .string("ADDED"))
        #expect(message["items"]?.items.first?["podIP"] == .string("10.1.0.7"))
        let table = String(decoding: found.changes.text(.table, matched: 1), as: UTF8.self)
        #expect(table.contains("ADDED   Pod   shop/a  phase Running, address 10.1.0.7"))
    }

    @Test(arguments: [
        ("pod", ObjectKind.pod), ("PODS", .pod), ("po", .pod), ("svc", .service), ("EndpointSlices", .endpointSlice),
        ("deploy", .deployment), ("cj", .cronJob),
    ])
    func `a kind is named as kubectl names it`(text: String, kind: ObjectKind) {
        #expect(ObjectKind(named: text) == kind)
        #expect(ObjectKind(named: text + "x") == nil)
    }

    @Test(.needsSharedData) func `the recorded experiment is told step by step`() throws {
        var found = ChangeLog()
        for event in RecordingReader(try SharedData.bytes("robot-shop/cluster.jsonl")).events { found.apply(event) }
        var query = ChangeQuery()
        query.kind = .service
        let text = String(decoding: found.changes(query).changes.text(.table, matched: 0), as: UTF8.self)
        #expect(text.contains("address 10.96.77.77"))
        #expect(text.contains("selector"))
        #expect(found.dropped == 0)
        for change in found.changes { _ = try JSONValue.parse(change.message) }
    }
}
