import FlowModel
import NetworkAddressing

/// Every known translation of one node, found by either of its tuples in either orientation, as of a time.
package struct TranslationTable: Sendable {
    /// A connection as its two true ends, with the orientation in which a packet's tuple was found.
    package struct Match: Sendable, Hashable {
        /// The translation.
        package let translation: Translation
        /// Whether the packet's source is the initiator's side of the connection.
        package let sourceIsInitiator: Bool

        /// The true end behind the packet's source.
        package var source: Endpoint {
            sourceIsInitiator ? translation.originalSource : translation.replySource
        }

        /// The true end behind the packet's destination.
        package var destination: Endpoint {
            sourceIsInitiator ? translation.replySource : translation.originalSource
        }
    }

    /// How far a packet's time may lie before the kernel's first event of its connection, in nanoseconds.
    ///
    /// The two are stamped by different clocks reads on the same node; a SYN at the pod precedes the NEW event.
    package static let earlyTolerance: Int64 = 1_000_000_000
    /// How long after the kernel dropped an entry a packet may still belong to it, in nanoseconds.
    package static let lateTolerance: Int64 = 5_000_000_000

    private struct Tuple: Hashable {
        let transport: TransportProtocol
        let source: Endpoint
        let destination: Endpoint
    }

    private struct Entry {
        let match: Match
        var from: Timestamp { match.translation.from }
        var until: Timestamp { match.translation.until }
    }

    /// Per tuple, the connections that had it, by the time they began.
    private var entries: [Tuple: [Entry]] = [:]
    /// How many translations the table holds.
    package private(set) var count = 0

    /// An empty table.
    package init() {}

    /// A table of the given translations, in any order.
    package init(_ translations: some Sequence<Translation>) {
        for translation in translations { insert(translation) }
    }

    /// Adds a translation; one with the same tuple and beginning replaces the former, such as when its end is known.
    package mutating func insert(_ translation: Translation) {
        let forward = Tuple(
            transport: translation.transport,
            source: translation.originalSource,
            destination: translation.originalDestination
        )
        let translated = Tuple(
            transport: translation.transport,
            source: translation.replyDestination,
            destination: translation.replySource
        )
        let isNew = add(translation, under: forward)
        if translated != forward { _ = add(translation, under: translated) }
        if isNew { count += 1 }
    }

    private mutating func add(_ translation: Translation, under tuple: Tuple) -> Bool {
        let entry = Entry(match: Match(translation: translation, sourceIsInitiator: true))
        var list = entries[tuple] ?? []
        // Events come nearly in time order, so the place is at or near the end.
        var index = list.count
        while index > 0, list[index - 1].from > translation.from { index -= 1 }
        if index > 0, list[index - 1].from == translation.from,
            list[index - 1].match.translation.id == translation.id
        {
            list[index - 1] = entry
            entries[tuple] = list
            return false
        }
        list.insert(entry, at: index)
        entries[tuple] = list
        return true
    }

    /// The connections that a packet of this tuple can belong to between two times: usually none or one.
    ///
    /// - Parameters:
    ///   - transport: The transport protocol.
    ///   - source: The source as it stood in the packet.
    ///   - destination: The destination as it stood in the packet.
    ///   - start: The earliest time to consider.
    ///   - end: The latest time to consider; equal to `start` for a moment.
    package func matches(
        _ transport: TransportProtocol,
        from source: Endpoint,
        to destination: Endpoint,
        between start: Timestamp,
        and end: Timestamp
    ) -> [Match] {
        let forward = Tuple(transport: transport, source: source, destination: destination)
        if let list = entries[forward] {
            let found = TranslationTable.select(list, start, end)
            if !found.isEmpty { return found.map(\.match) }
        }
        let backward = Tuple(transport: transport, source: destination, destination: source)
        guard let list = entries[backward] else { return [] }
        return TranslationTable.select(list, start, end).map {
            Match(translation: $0.match.translation, sourceIsInitiator: false)
        }
    }

    /// Those whose life overlaps the time; where none does strictly, the nearest within the tolerances.
    private static func select(_ list: [Entry], _ start: Timestamp, _ end: Timestamp) -> [Entry] {
        let strict = list.filter { $0.from <= end && start < $0.until }
        if !strict.isEmpty { return strict }
        // A connection that begins just after the packet is the packet's own; one that ended is second best.
        if let next = list.first(where: { $0.from > end && $0.from.since(end) <= earlyTolerance }) {
            return [next]
        }
        if let last = list.last(where: { $0.until <= start && start.since($0.until) <= lateTolerance }) {
            return [last]
        }
        return []
    }
}
