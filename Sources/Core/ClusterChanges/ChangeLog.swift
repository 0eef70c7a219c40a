import ClusterModel
import FlowModel

/// The changes of a cluster, from what was learnt of it: lists are compared with what was known before.
package struct ChangeLog: Sendable {
    /// The newest changes, the oldest first.
    package private(set) var changes: [ClusterChange] = []
    /// How many older ones were given up to bound the log.
    package private(set) var dropped = 0

    private let capacity: Int
    private var known: [ObjectKind: [String: ClusterObject]] = [:]

    /// A log of nothing yet, which holds no fewer than so many changes and no more than twice as many.
    package init(capacity: Int = 32_768) { self.capacity = max(1, capacity) }

    /// Learns an event.
    package mutating func apply(_ event: ClusterEvent) {
        switch event {
        case .listed(let kind, let objects, _, let time):
            list(kind, objects, at: time)
        case .changed(let object, let time):
            change(object, at: time)
        case .deleted(let object, let time):
            known[object.kind]?[object.id] = nil
            append(ClusterChange(time: time, kind: object.kind, action: .deleted, object: object, summary: ""))
        case .gap(let kind, let from, let until, let reason):
            let summary = "not followed from \(from) until \(until): \(reason)"
            append(ClusterChange(time: until, kind: kind, action: .error, object: nil, summary: summary))
        }
    }

    /// The changes that are asked for, in the order of their time, and how many there are beyond the limit as well.
    package func changes(_ query: ChangeQuery) -> (changes: [ClusterChange], matched: Int) {
        let found = changes.filter(query.matches)
        // Two recordings need not have been read in the order of their times; what has the same time stays as it was.
        let ordered = found.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        return (ordered.suffix(max(0, query.limit)).map(\.element), found.count)
    }

    private mutating func list(_ kind: ObjectKind, _ objects: [ClusterObject], at time: Timestamp) {
        let present = Set(objects.map(\.id))
        let gone = (known[kind] ?? [:]).filter { !present.contains($0.key) }
        for (id, object) in gone.sorted(by: { $0.key < $1.key }) {
            known[kind]?[id] = nil
            let summary = "missing from the list"
            append(ClusterChange(time: time, kind: kind, action: .deleted, object: object, summary: summary))
        }
        for object in objects { change(object, at: time) }
    }

    private mutating func change(_ object: ClusterObject, at time: Timestamp) {
        let former = known[object.kind]?[object.id]
        // Lists repeat what is known.
        guard former != object else { return }
        if let former, let old = former.metadata.version, let new = object.metadata.version, new < old { return }
        known[object.kind, default: [:]][object.id] = object
        append(
            ClusterChange(
                time: time,
                kind: object.kind,
                action: former == nil ? .added : .modified,
                object: object,
                summary: ChangeSummary.text(from: former, to: object)
            )
        )
    }

    private mutating func append(_ change: ClusterChange) {
        changes.append(change)
        guard changes.count > 2 * capacity else { return }
        dropped += changes.count - capacity
        changes.removeFirst(changes.count - capacity)
    }
}
