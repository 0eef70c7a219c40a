import ClusterHistory
import ClusterModel
import FlowAttribution
import FlowModel
import NetworkAddressing

/// Answers questions about addresses from facts that do not change while it does.
package struct AddressResolver: Sendable {
    /// Who owned which address when.
    package let attributor: Attributor
    /// The moment that `now` means.
    package let now: Timestamp
    /// Until when the facts reach; `nil` where they are kept up to now.
    package let knownUntil: Timestamp?
    private let gaps: [ObjectKind: [ClusterHistory.Gap]]

    /// A resolver over facts that are kept up to now.
    package init(_ attributor: Attributor, now: Timestamp) {
        self.init(attributor, now: now, knownUntil: nil)
    }

    /// A resolver over a recording, or over a state that always holds.
    ///
    /// - Parameters:
    ///   - history: What was recorded.
    ///   - now: The moment that `now` means; `nil` for the end of the recording.
    ///   - clock: What `now` means where nothing has an end.
    package init(recording history: ClusterHistory, now: Timestamp? = nil, clock: Timestamp) {
        let end = history.lastEventTime.flatMap { $0 == .distantPast ? nil : $0 }
        self.init(Attributor(history: history), now: now ?? end ?? clock, knownUntil: end)
    }

    private init(_ attributor: Attributor, now: Timestamp, knownUntil: Timestamp?) {
        self.attributor = attributor
        self.now = now
        self.knownUntil = knownUntil
        gaps = Dictionary(grouping: attributor.history.gaps, by: \.kind)
    }

    /// Answers one line.
    package func answer(_ line: QuestionLine) -> AddressAnswer {
        switch line.question {
        case .success(let question): answer(question, asked: line.text)
        case .failure(let problem):
            AddressAnswer(text: line.text, basis: .unknown, certainty: .unknown, reason: problem.description)
        }
    }

    /// Answers a question; `text` is how it was asked.
    package func answer(_ question: AddressQuestion, asked text: String) -> AddressAnswer {
        let end = attributor.identify(
            question.address,
            port: question.port,
            transport: question.transport,
            at: question.time
        )
        var answer = AddressAnswer(
            text: text,
            time: question.time,
            identity: end.identity,
            basis: end.basis,
            certainty: .certain,
            candidates: end.candidates,
            reason: end.reason
        )
        switch end.basis {
        case .ambiguous: answer.certainty = .ambiguous
        // One may have had it, while changes were missed.
        case .unknown where !end.candidates.isEmpty: answer.certainty = .uncertain
        case .unknown, .cidr: answer.certainty = .unknown
        case .wellKnown: break
        default: date(&answer, question)
        }
        return answer
    }

    /// Adds the interval of the owner, and what is doubtful about it.
    private func date(_ answer: inout AddressAnswer, _ question: AddressQuestion) {
        let time = question.time
        guard let identity = answer.identity else { return }
        let history = attributor.history
        let found = history.interval(of: identity, at: question.address, time)
        // Clocks differ: an owner is also named a little before or after its time.
        let interval = found?.interval ?? nearest(of: identity, at: question.address, to: time)
        if let interval {
            answer.from = interval.from == .distantPast ? nil : interval.from
            answer.until = interval.until == .distantFuture ? nil : interval.until
        }
        let evidence = interval?.evidence ?? .distantPast
        if let interval, found == nil {
            answer.reason =
                time < interval.from
                ? "its time begins at \(interval.from)" : "its time ended at \(interval.until)"
        } else if found?.nearHandOver == true {
            answer.reason = "the address changes hands within a second of this time"
        } else if time < evidence {
            answer.reason = "the first proof is of \(evidence)"
        } else if let knownUntil, time > knownUntil {
            answer.reason = "what is known of the cluster ends at \(knownUntil)"
        } else if let gap = gap(in: identity.kind, at: time) {
            answer.reason = "what happened between \(gap.from) and \(gap.until) was not followed"
        } else {
            return
        }
        answer.certainty = .uncertain
    }

    /// The interval of an owner at an address that is nearest to a time; `nil` for what has none there.
    private func nearest(of identity: Identity, at address: IPAddress, to time: Timestamp) -> AddressInterval? {
        // A service behind a node's port has no time at the node's address.
        guard identity.kind != .service || identity.addresses.contains(address) else { return nil }
        func distance(_ interval: AddressInterval) -> Int64 {
            max(interval.from.since(time), time.since(interval.until))
        }
        return attributor.history.intervals(of: address)
            .filter { $0.identity.kind == identity.kind && $0.identity.uid == identity.uid }
            .min { distance($0) < distance($1) }
    }

    private func gap(in kind: Identity.Kind, at time: Timestamp) -> ClusterHistory.Gap? {
        let object: ObjectKind
        switch kind {
        case .pod: object = .pod
        case .service: object = .service
        case .node: object = .node
        case .host, .network: return nil
        }
        return gaps[object]?.first { $0.from <= time && time < $0.until }
    }
}
