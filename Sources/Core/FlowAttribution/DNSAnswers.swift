import FlowModel
import NetworkAddressing

/// Which name each client had asked for when it was given an address, as of a time.
///
/// An answer holds for the client that it was given to alone: another one may know the same address by another name.
package struct DNSAnswers: Sendable {
    /// How long after an answer was last seen it still names an address, in nanoseconds.
    package static let lifetime: Int64 = 3_600_000_000_000
    /// The most names that one client is held to have asked for one address by; beyond it the oldest goes.
    static let namesMax = 8

    private struct Key: Hashable {
        let client: IPAddress
        let address: IPAddress
    }

    /// A name with the times of the first and the last answer in an unbroken row of answers for it.
    private struct Entry {
        let name: String
        var first: Timestamp
        var last: Timestamp
    }

    /// Per client and address, in the order of time.
    private var entries: [Key: [Entry]] = [:]
    /// The keys from the oldest on; a ring once it is full.
    private var order: [Key] = []
    private var oldest = 0
    private let capacity: Int
    private var latest = Timestamp.distantPast
    /// Names that were given up, while they could still have been asked for, to make room.
    package private(set) var evicted: UInt64 = 0

    /// A table without answers.
    ///
    /// - Parameter capacity: The most pairs of client and address it holds.
    package init(capacity: Int = 65536) { self.capacity = max(1, capacity) }

    /// The pairs of client and address it holds.
    package var count: Int { entries.count }

    /// Takes the answers that a flow's source was given.
    package mutating func record(_ flow: AttributedFlow) {
        guard let report = flow.observation.dns else { return }
        for exchange in report.exchanges where exchange.code == 0 && !exchange.answers.isEmpty {
            let time = exchange.time.advanced(by: max(0, exchange.latency ?? 0))
            for address in exchange.answers {
                record(exchange.name, of: address, for: flow.source.endpoint.address, at: time)
            }
        }
    }

    /// Takes one answer, in any order of times.
    package mutating func record(_ name: String, of address: IPAddress, for client: IPAddress, at time: Timestamp) {
        latest = max(latest, time)
        let key = Key(client: client, address: address)
        guard var list = entries[key] else {
            makeRoom(for: key)
            entries[key] = [Entry(name: name, first: time, last: time)]
            return
        }
        let place = list.lastIndex { $0.first <= time } ?? -1
        if place >= 0, list[place].name == name {
            list[place].last = max(list[place].last, time)
        } else if place + 1 < list.count, list[place + 1].name == name {
            list[place + 1].first = time
        } else {
            list.insert(Entry(name: name, first: time, last: time), at: place + 1)
            if list.count > DNSAnswers.namesMax { giveUp(list.removeFirst()) }
        }
        entries[key] = list
    }

    /// The name that the client was last given the address for at or before a time, if that is not too long ago.
    package func name(of address: IPAddress, for client: IPAddress, at time: Timestamp) -> String? {
        guard let entry = entries[Key(client: client, address: address)]?.last(where: { $0.first <= time }),
            time.since(entry.last) <= DNSAnswers.lifetime
        else { return nil }
        return entry.name
    }

    private mutating func makeRoom(for key: Key) {
        guard order.count >= capacity else { return order.append(key) }
        for entry in entries.removeValue(forKey: order[oldest]) ?? [] { giveUp(entry) }
        order[oldest] = key
        oldest = (oldest + 1) % capacity
    }

    private mutating func giveUp(_ entry: Entry) {
        if latest.since(entry.last) <= DNSAnswers.lifetime { evicted += 1 }
    }
}
