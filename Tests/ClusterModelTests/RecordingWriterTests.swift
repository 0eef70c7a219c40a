import ClusterModel
import FlowModel
import JSONText
import NetworkAddressing
import TestSupport
import Testing

@Suite struct RecordingWriterTests {
    /// What is read back from a recording of events.
    private func roundTrip(_ events: [ClusterEvent]) -> RecordingReader {
        var writer = RecordingWriter()
        var bytes: [UInt8] = []
        for event in events {
            writer.write(event)
            bytes += writer.takeLines()
        }
        writer.finish(at: events.last?.time ?? .distantPast)
        return RecordingReader(bytes + writer.takeLines())
    }

    /// The same event at a time in whole microseconds, since a recording has seconds as a number.
    private func rounded(_ event: ClusterEvent) -> ClusterEvent {
        func round(_ time: Timestamp) -> Timestamp {
            Timestamp(nanoseconds: (time.nanoseconds + 500) / 1000 * 1000)
        }
        switch event {
        case .listed(let kind, let objects, let version, let time):
            return .listed(kind, objects: objects, resourceVersion: version, at: round(time))
        case .changed(let object, let time): return .changed(object, at: round(time))
        case .deleted(let object, let time): return .deleted(object, at: round(time))
        case .gap(let kind, let from, let until, _):
            return .gap(kind, from: round(from), until: round(until), reason: "")
        }
    }

    @Test(.needsSharedData, arguments: ["robot-shop/cluster", "kubernetes/lists", "kubernetes/paging_410"])
    func `a recording written from its events reads as the same events`(name: String) throws {
        let events = RecordingReader(try SharedData.bytes("\(name).jsonl")).events
        let again = roundTrip(events)
        #expect(again.problems == [])
        #expect(!events.isEmpty && again.events.map(rounded) == events.map(rounded))
    }

    @Test func `lists of many pages, gaps and objects with everything survive`() {
        let time = Timestamp(nanoseconds: 1_764_000_000_123_456_000)
        let metadata = ObjectMetadata(
            name: "a\"\\\u{7}é",
            namespace: "shop",
            uid: "u",
            resourceVersion: "7",
            created: time,
            deletionAsked: time,
            labels: ["kubernetes.io/service-name": "cart", "b": ""],
            controller: OwnerReference(kind: "Job", name: "j", uid: "")
        )
        var pod = Pod(metadata: metadata)
        pod.node = "n1"
        pod.usesHostNetwork = true
        pod.ports = [
            .init(number: 53, transport: .udp, hostPort: 53), .init(number: 80), .init(number: 9, transport: .sctp),
        ]
        pod.phase = .failed
        pod.addresses = [IPAddress(v4: 0x0a00_0001), IPAddress("fd00::1")].compactMap(\.self)
        pod.hostAddresses = [IPAddress(v4: 0xc0a8_0001)]
        pod.sandboxReady = time
        pod.containerStarts = [time, time.advanced(by: 1_000)]
        pod.runningSince = time
        pod.lastFinish = time.advanced(by: 5)
        pod.metadata.deletionGrace = 30
        var slice = EndpointSlice(metadata: metadata)
        slice.service = "cart"
        slice.members = [
            .init(addresses: pod.addresses, isReady: false, isTerminating: true, podUID: "u", podName: "p"),
            .init(addresses: [], hostname: "cart-0"),
        ]
        slice.ports = [.init(name: "http", number: 80), .init(transport: .udp, number: 0)]
        var endpoints = EndpointSlice(metadata: ObjectMetadata(name: "cart", namespace: "shop"))
        endpoints.isLegacy = true
        endpoints.service = "cart"
        endpoints.members = [
            .init(addresses: [IPAddress(v4: 9)], isReady: false, isServing: false, podUID: "u", podName: "p"),
            .init(addresses: [IPAddress(v4: 7)]),
        ]
        endpoints.ports = [.init(number: 80), .init(name: "dns", transport: .udp, number: 53)]
        var range = ServiceCIDR(metadata: ObjectMetadata(name: "kubernetes"))
        range.blocks = [IPPrefix("10.96.0.0/12"), IPPrefix("fd00::/112")].compactMap(\.self)
        let nodes = (0..<1203).map { number in
            var node = Node(metadata: ObjectMetadata(name: "node-\(number)", resourceVersion: "\(number)"))
            node.addresses = [IPAddress(v4: UInt32(number))]
            node.podBlocks = [IPPrefix("10.1.0.0/24")].compactMap(\.self)
            return ClusterObject.node(node)
        }
        let later = time.advanced(by: 60_000_000_000)
        let events: [ClusterEvent] = [
            .listed(.pod, objects: [.pod(pod)], resourceVersion: "9", at: time),
            .listed(.node, objects: nodes, resourceVersion: "9", at: time),
            .listed(.endpointSlice, objects: [], resourceVersion: "9", at: time),
            .changed(.endpointSlice(slice), at: time), .changed(.endpointSlice(endpoints), at: time),
            .changed(.serviceCIDR(range), at: time), .deleted(.pod(pod), at: time),
            .gap(.node, from: time.advanced(by: 1_000_000), until: later, reason: "away"),
            .listed(.node, objects: Array(nodes.prefix(500)), resourceVersion: "10", at: later),
        ]
        let again = roundTrip(events)
        #expect(again.problems == [])
        #expect(again.events.map(rounded) == events.map(rounded))
    }
}
