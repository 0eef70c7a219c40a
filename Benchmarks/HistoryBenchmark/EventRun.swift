import ClusterHistory
import ClusterModel
import FlowModel
import NetworkAddressing

/// Ten thousand changes of a large cluster, as a watch brings them.
struct EventRun {
    private static let pods = 150_000
    private var history = ClusterHistory()
    private var events: [ClusterEvent] = []

    init() {
        func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: SamplePods.beginning + seconds) }
        let pods = (0..<EventRun.pods).map { SamplePods.pod($0, 0, started: time(0)) }
        history.apply(.listed(.pod, objects: pods.map(ClusterObject.pod), resourceVersion: "1", at: time(60)))
        // Slices of a hundred, as the endpoint controller makes them.
        var slices: [EndpointSlice] = []
        for first in stride(from: 0, to: EventRun.pods, by: 100) {
            var slice = EndpointSlice(
                metadata: ObjectMetadata(name: "slice-\(first)", namespace: "namespace-0", uid: "slice-\(first)")
            )
            slice.service = "service-\(first)"
            slice.members = (first..<first + 100).map {
                EndpointSlice.Member(
                    addresses: pods[$0].addresses,
                    podUID: pods[$0].metadata.uid,
                    podName: pods[$0].metadata.name
                )
            }
            slices.append(slice)
        }
        let objects = slices.map(ClusterObject.endpointSlice)
        history.apply(.listed(.endpointSlice, objects: objects, resourceVersion: "1", at: time(60)))
        makeEvents(pods, slices, time)
    }

    /// One pod after another is replaced: it ends, its slice changes, and its address goes to the next.
    private mutating func makeEvents(_ pods: [Pod], _ slices: [EndpointSlice], _ time: (Int64) -> Timestamp) {
        var slices = slices
        var second: Int64 = 100
        var number = 0
        while events.count < 10_000 {
            number = (number + 7_919) % EventRun.pods
            second += 1
            var ending = pods[number]
            ending.metadata.deletionAsked = time(second + 30)
            ending.metadata.deletionGrace = 30
            events.append(.changed(.pod(ending), at: time(second)))
            slices[number / 100].members[number % 100].isReady = false
            events.append(.changed(.endpointSlice(slices[number / 100]), at: time(second)))
            events.append(.deleted(.pod(ending), at: time(second)))
            let next = SamplePods.pod(number, 1, started: time(second + 1))
            var pending = next
            pending.addresses = []
            pending.phase = .pending
            pending.sandboxReady = nil
            pending.containerStarts = []
            pending.runningSince = nil
            events.append(.changed(.pod(pending), at: time(second)))
            events.append(.changed(.pod(next), at: time(second + 2)))
            slices[number / 100].members[number % 100] = EndpointSlice.Member(
                addresses: next.addresses,
                podUID: next.metadata.uid,
                podName: next.metadata.name
            )
            events.append(.changed(.endpointSlice(slices[number / 100]), at: time(second + 2)))
        }
        events = Array(events.prefix(10_000))
    }

    func measure() {
        var plain: [Double] = []
        var watched: [Double] = []
        for _ in 0..<5 {
            var changed = history
            var start = HistoryBenchmark.clock
            for event in events { changed.apply(event) }
            plain.append((HistoryBenchmark.clock - start) / 1e9)
            changed = history
            var snapshot = history
            start = HistoryBenchmark.clock
            for event in events {
                changed.apply(event)
                // A reader takes what is known now and lets go of what it had.
                snapshot = changed
            }
            watched.append((HistoryBenchmark.clock - start) / 1e9)
            withExtendedLifetime(snapshot) {}
        }
        plain.sort()
        watched.sort()
        HistoryBenchmark.report("10,000 events", plain[2], "s")
        HistoryBenchmark.report("10,000 events, a snapshot after each", watched[2], "s")
        HistoryBenchmark.report("memory", Double(HistoryBenchmark.peakMemory) / 1e6, "MB")
    }
}
