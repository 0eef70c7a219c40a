import ClusterModel
import FlowModel

/// A change of an object at the API server, in true time.
struct ChurnChange {
    let time: Timestamp
    var object: ClusterObject
    var isDeletion = false
}

/// What a watcher gets to see of the changes: late, in stalls, with gaps that a list ends.
struct ChurnWatch {
    var churn: ClusterChurn
    var random: SeededRandom
    private let changes: [ChurnChange]

    /// A time in which nothing is received; what happened then is missed, or else comes at its end.
    private struct Outage {
        let from: Timestamp
        let until: Timestamp
        let isGap: Bool
        let kinds: [ObjectKind]
    }

    init(_ churn: ClusterChurn, _ changes: [ChurnChange], _ random: SeededRandom) {
        self.churn = churn
        self.random = random
        var ordered = Array(changes.enumerated())
        ordered.sort { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        self.changes = ordered.enumerated().map { number, change in
            var change = change.element
            change.object.resourceVersion = "\(number + 1)"
            return change
        }
    }

    private var kinds: [ObjectKind] { [.node, .service, .endpointSlice, .pod] }

    mutating func deliver() {
        let outages = makeOutages()
        var received: [(time: Timestamp, events: [ClusterEvent])] = []
        for kind in kinds {
            let ofKind = changes.filter { $0.object.kind == kind }
            received += stream(kind, ofKind, outages.filter { $0.kinds.contains(kind) })
        }
        var ordered = Array(received.enumerated())
        ordered.sort { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        churn.events = ordered.flatMap(\.element.events)
        note(churn.events)
    }

    private mutating func makeOutages() -> [Outage] {
        func at(_ share: Double) -> Timestamp {
            ClusterChurn.beginning.advanced(by: Int64(churn.options.seconds * share * 1e9))
        }
        var outages: [Outage] = []
        // A stall, a gap, a restart of the watcher, and so on.
        for (number, share) in [0.15, 0.3, 0.45, 0.6, 0.75, 0.9].enumerated() {
            let from = at(share).advanced(by: random.time(0, 20))
            let kind = number % 3
            defer {
                if let made = outages.last, !made.isGap {
                    churn.stalls.append(ClusterChurn.Gap(from: made.from, until: made.until))
                }
            }
            outages.append(
                Outage(
                    from: from,
                    until: from.advanced(by: random.time(10, kind == 0 ? 30 : 60)),
                    isGap: kind > 0,
                    kinds: kind == 2 ? kinds : [.pod]
                )
            )
        }
        return outages
    }

    /// The events of one kind with the times at which they are received, which is their order.
    private mutating func stream(
        _ kind: ObjectKind,
        _ changes: [ChurnChange],
        _ outages: [Outage]
    ) -> [(time: Timestamp, events: [ClusterEvent])] {
        var received: [(time: Timestamp, events: [ClusterEvent])] = []
        var state: [String: ClusterObject] = [:]
        var waiting = outages[...]
        var last = ClusterChurn.beginning
        let first = last.advanced(by: churn.watcherClock)
        received.append((last, [.listed(kind, objects: [], resourceVersion: "0", at: first)]))
        var version = "0"
        func list(_ outage: Outage) {
            let until = outage.until.advanced(by: churn.watcherClock)
            let from = last.advanced(by: churn.watcherClock)
            let objects = state.values.sorted { $0.id < $1.id }
            received.append(
                (
                    outage.until,
                    [
                        .gap(kind, from: from, until: until, reason: "made"),
                        .listed(kind, objects: objects, resourceVersion: version, at: until),
                    ]
                )
            )
            churn.gaps[kind, default: []].append(ClusterChurn.Gap(from: from, until: until))
            last = outage.until
        }
        for change in changes {
            while let outage = waiting.first, outage.until <= change.time {
                waiting.removeFirst()
                if outage.isGap { list(outage) }
            }
            state[change.object.id] = change.isDeletion ? nil : change.object
            version = change.object.metadata.resourceVersion
            var time = max(last, change.time.advanced(by: random.time(0.002, 0.3)))
            if let outage = waiting.first, outage.from <= time {
                guard !outage.isGap else { continue }
                time = max(time, outage.until)
            }
            last = time
            let stamp = time.advanced(by: churn.watcherClock)
            received.append(
                (time, [change.isDeletion ? .deleted(change.object, at: stamp) : .changed(change.object, at: stamp)])
            )
        }
        for outage in waiting where outage.isGap { list(outage) }
        return received
    }

    /// Notes which pods were ever told of with an address.
    private mutating func note(_ events: [ClusterEvent]) {
        func note(_ object: ClusterObject) {
            guard case .pod(let pod) = object else { return }
            for address in pod.addresses { churn.told.insert("\(pod.metadata.uid) \(address)") }
        }
        for event in events {
            switch event {
            case .changed(let object, _), .deleted(let object, _): note(object)
            case .listed(_, let objects, _, _): for object in objects { note(object) }
            case .gap: break
            }
        }
    }
}

extension ClusterObject {
    fileprivate var resourceVersion: String {
        get { metadata.resourceVersion }
        set {
            switch self {
            case .pod(var object):
                object.metadata.resourceVersion = newValue
                self = .pod(object)
            case .service(var object):
                object.metadata.resourceVersion = newValue
                self = .service(object)
            case .endpointSlice(var object):
                object.metadata.resourceVersion = newValue
                self = .endpointSlice(object)
            case .node(var object):
                object.metadata.resourceVersion = newValue
                self = .node(object)
            case .namespace, .workload, .serviceCIDR: break
            }
        }
    }
}
