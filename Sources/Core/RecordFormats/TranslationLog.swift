import FlowModel
import NetworkAddressing

/// Folds the conntrack events of one node, in the order of their times, into translations.
///
/// A translation is given out when it opens and again, with the same beginning, when its end is known.
package struct TranslationLog: Sendable {
    /// Why an event told nothing.
    package enum Skipped: String, Hashable, Sendable, CaseIterable {
        /// A `[DESTROY]` of an entry that another of the same tuple had already replaced.
        case alreadyClosed = "already_closed"
        /// Neither the line nor the caller gave a time.
        case untimed = "untimed"
        /// An open translation was given up early because too many were open.
        case evicted = "evicted"
    }

    /// One direction of a connection, as the kernel tells connections apart.
    private struct Key: Hashable {
        let transport: TransportProtocol
        let source: Endpoint
        let destination: Endpoint
        let icmpIdentifier: UInt16
        let zone: UInt16
    }

    private struct Closed {
        var id: UInt32?
        var time: Timestamp
    }

    /// How many events were folded.
    package private(set) var events = 0
    /// How many events told nothing, by reason.
    package private(set) var skipped: [Skipped: Int] = [:]

    private let limit: Int
    private var open: [Key: Translation] = [:]
    /// The last connection of a tuple that is over: two generations, so that forgetting is cheap.
    private var closed: [Key: Closed] = [:]
    private var formerlyClosed: [Key: Closed] = [:]
    /// No connection of which the end is forgotten ended later than this.
    private var forgottenUntil = Timestamp.distantPast

    /// A log of which nothing is known yet, holding at most about `limit` open and twice as many closed connections.
    package init(limit: Int = 1 << 20) { self.limit = max(1, limit) }

    /// How many connections are open now.
    package var openCount: Int { open.count }

    /// Folds the next event; `body` gets each translation that it opens or closes.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - receivedAt: The time that holds where the line carries none.
    ///   - body: What takes the translations.
    package mutating func fold(
        _ event: ConntrackEvent,
        receivedAt: Timestamp? = nil,
        _ body: (Translation) -> Void
    ) {
        events += 1
        let key = TranslationLog.key(of: event)
        if event.kind == .entry {
            guard open[key].map({ $0.id != event.id }) ?? true else { return }
            begin(event, key, at: event.timestamp ?? receivedAt, isKnownStart: false, body)
            return
        }
        guard let time = event.timestamp ?? receivedAt else {
            skipped[.untimed, default: 0] += 1
            return
        }
        switch event.kind {
        case .new:
            if let id = event.id, open[key]?.id == id { return }
            begin(event, key, at: time, isKnownStart: true, body)
        case .update, .entry:
            if let known = open[key], known.id == event.id || event.id == nil { return }
            begin(event, key, at: time, isKnownStart: open[key] != nil, body)
        case .destroy:
            destroy(event, key, at: time, body)
        }
    }

    private mutating func begin(
        _ event: ConntrackEvent,
        _ key: Key,
        at time: Timestamp?,
        isKnownStart: Bool,
        _ body: (Translation) -> Void
    ) {
        if let former = open[key], let time { close(former, key, at: time, body) }
        // A connection older than the log has been there since before, but not while another had its tuple.
        let from = isKnownStart ? time ?? .distantPast : earliest(key)
        let translation = TranslationLog.translation(of: event, from: from)
        if open.count >= limit { evict() }
        open[key] = translation
        body(translation)
    }

    private mutating func destroy(
        _ event: ConntrackEvent,
        _ key: Key,
        at time: Timestamp,
        _ body: (Translation) -> Void
    ) {
        if let known = open[key], event.id == nil || known.id == nil || known.id == event.id {
            open[key] = nil
            close(known, key, at: time, body)
            return
        }
        let last = closed[key] ?? formerlyClosed[key]
        if let last, last.id != nil, last.id == event.id {
            skipped[.alreadyClosed, default: 0] += 1
            return
        }
        // Never seen before: older than the log. Its end may come late, after its tuple was taken again.
        var translation = TranslationLog.translation(of: event, from: earliest(key))
        translation.until = max(translation.from, min(time, open[key]?.from ?? time))
        remember(key, Closed(id: event.id, time: translation.until))
        body(translation)
    }

    private mutating func close(
        _ translation: Translation,
        _ key: Key,
        at time: Timestamp,
        _ body: (Translation) -> Void
    ) {
        var translation = translation
        // Clocks step back; an interval does not.
        translation.until = max(translation.from, time)
        remember(key, Closed(id: translation.id, time: translation.until))
        body(translation)
    }

    private mutating func remember(_ key: Key, _ end: Closed) {
        if closed.count >= limit {
            for former in formerlyClosed.values { forgottenUntil = max(forgottenUntil, former.time) }
            formerlyClosed = closed
            closed = [:]
        }
        closed[key] = end
    }

    /// The earliest moment at which a connection of this tuple can have begun, as far as the log tells.
    private func earliest(_ key: Key) -> Timestamp {
        if let last = closed[key] ?? formerlyClosed[key] { return last.time }
        return forgottenUntil
    }

    /// Gives up an eighth of the open connections without an end: what was given out stands.
    private mutating func evict() {
        for (key, translation) in Array(open.prefix(limit / 8 + 1)) {
            open[key] = nil
            // Without the id, so that a later event of the same connection finds its beginning again.
            remember(key, Closed(id: nil, time: translation.from))
            skipped[.evicted, default: 0] += 1
        }
    }
}

extension TranslationLog {
    private static func key(of event: ConntrackEvent) -> Key {
        Key(
            transport: event.transport,
            source: source(of: event.original, event.transport),
            destination: destination(of: event.original, event.transport),
            icmpIdentifier: event.original.icmp?.identifier ?? 0,
            zone: event.zone ?? 0
        )
    }

    private static func translation(of event: ConntrackEvent, from: Timestamp) -> Translation {
        Translation(
            transport: event.transport,
            originalSource: source(of: event.original, event.transport),
            originalDestination: destination(of: event.original, event.transport),
            replySource: source(of: event.reply, event.transport),
            replyDestination: destination(of: event.reply, event.transport),
            from: from,
            id: event.id
        )
    }

    private static func source(of tuple: ConntrackTuple, _ transport: TransportProtocol) -> Endpoint {
        if let icmp = tuple.icmp { return Endpoint(tuple.source, port: UInt16(icmp.type)) }
        return Endpoint(tuple.source, port: transport.hasPorts ? tuple.sourcePort : 0)
    }

    private static func destination(of tuple: ConntrackTuple, _ transport: TransportProtocol) -> Endpoint {
        if let icmp = tuple.icmp {
            let ports = CommunityIDPorts(transport: transport, type: icmp.type, code: icmp.code)
            return Endpoint(tuple.destination, port: ports.destination)
        }
        return Endpoint(tuple.destination, port: transport.hasPorts ? tuple.destinationPort : 0)
    }
}
