import ClusterHistory
import FlowAttribution
import FlowModel
import JSONText
import NetworkAddressing

/// An answer with what stands around it in time.
package struct AddressReport: Sendable {
    /// The answer.
    package let answer: AddressAnswer
    /// Who had the address last before the moment, and has it no more.
    package let previous: AddressOwner?
    /// Who gets it next after the moment.
    package let next: AddressOwner?
    /// Everyone who has the address at the moment, those included who share it; `nil` where nobody asked for them.
    package let holders: [AddressInterval]?
    /// Everyone who ever had the address; `nil` where nobody asked for them.
    package let intervals: [AddressInterval]?
}

extension AddressResolver {
    /// Answers a question with the owners before and after, and on request with everyone who has the address.
    package func report(
        _ question: AddressQuestion,
        asked text: String,
        withHolders: Bool = false,
        withIntervals: Bool = false
    ) -> AddressReport {
        let history = attributor.history
        return AddressReport(
            answer: answer(question, asked: text),
            previous: history.lastOwner(before: question.time, of: question.address),
            next: history.nextOwner(after: question.time, of: question.address),
            holders: withHolders ? history.holders(of: question.address, at: question.time) : nil,
            intervals: withIntervals ? history.intervals(of: question.address) : nil
        )
    }

    /// Everything that is known of an address, a pod or a service; `nil` where nothing is.
    ///
    /// A pod and a service are named by `NAME` or `NAMESPACE/NAME`, with `pod/` or `service/` before it where both have
    /// it.
    package func intervals(of text: String) -> [AddressInterval]? {
        let history = attributor.history
        if let address = IPAddress(text) {
            let found = history.intervals(of: address.unmapped)
            return found.isEmpty ? nil : found
        }
        for (prefixes, find) in [
            (["pod/", "po/"], history.intervals(ofPodNamed:)),
            (["service/", "svc/"], history.intervals(ofServiceNamed:)),
        ] {
            for prefix in prefixes where text.hasPrefix(prefix) {
                let name = String(text.dropFirst(prefix.count))
                let found = find(name)
                if !found.isEmpty { return found }
            }
        }
        if history.knowsPod(named: text) { return history.intervals(ofPodNamed: text) }
        if history.knowsService(named: text) { return history.intervals(ofServiceNamed: text) }
        return nil
    }
}

extension AddressReport {
    /// One JSON object: the members of the answer, then `previous`, `next` and, where asked for, `holders` and
    /// `intervals`.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.members(of: answer)
        writer.key("previous")
        writer.owner(previous)
        writer.key("next")
        writer.owner(next)
        if let holders {
            writer.key("holders")
            writer.list(holders)
        }
        if let intervals {
            writer.key("intervals")
            writer.list(intervals)
        }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func owner(_ owner: AddressOwner?) {
        guard let owner else { return null() }
        beginObject()
        key("identity")
        object(owner.identity)
        span(owner.from, owner.until)
        endObject()
    }

    /// Writes an array of intervals.
    mutating func list(_ intervals: [AddressInterval]) {
        beginArray()
        for interval in intervals { object(interval) }
        endArray()
    }

    /// Writes an interval with its owner.
    mutating func object(_ interval: AddressInterval) {
        beginObject()
        key("address")
        string("\(interval.address)")
        key("holding")
        string(interval.holding.rawValue)
        key("identity")
        object(interval.identity)
        span(interval.from, interval.until)
        key("fromCertain")
        bool(interval.fromCertain)
        key("untilCertain")
        bool(interval.untilCertain)
        endObject()
    }

    private mutating func span(_ from: Timestamp, _ until: Timestamp) {
        key("from")
        time(from == .distantPast ? nil : from)
        key("until")
        time(until == .distantFuture ? nil : until)
    }
}
