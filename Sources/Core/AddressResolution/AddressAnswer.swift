import ClusterHistory
import FlowAttribution
import FlowModel

/// Who had an address at a moment, and how sure that is.
package struct AddressAnswer: Sendable {
    /// The address and port as they were asked for.
    package var text: String
    /// The moment that was asked about; `nil` where the question could not be understood.
    package var time: Timestamp?
    /// Who it was; `nil` where that is `ambiguous` or `unknown`, or for well-known addresses.
    package var identity: Identity?
    /// When its time began; `nil` where that is not known.
    package var from: Timestamp?
    /// When its time ended, exclusive; `nil` while it goes on and where that is not known.
    package var until: Timestamp?
    /// On what evidence, as an end of a flow has it.
    package var basis: Basis
    /// How sure it is.
    package var certainty: Certainty
    /// Everyone it could be, when ambiguous.
    package var candidates: [Identity] = []
    /// Why nobody is named, which well-known block it is in, or why the answer is uncertain; empty otherwise.
    package var reason = ""
    /// Whether the question was understood.
    package var isUnderstood: Bool { time != nil }
}

/// How much an answer can be relied on.
package enum Certainty: String, Sendable, Hashable, CaseIterable {
    /// One owner, at a time for which there is proof.
    case certain
    /// One owner is named, but the time lies before the proof, within a second of a change of hands, in a gap of what was
    /// followed, or after the end of what is known.
    case uncertain
    /// Several owners that nothing tells apart.
    case ambiguous
    /// Nobody is known, at the most the block of addresses; or the question was not understood.
    case unknown
}
