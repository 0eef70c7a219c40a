import FlowModel
import NetworkAddressing

/// What a meter looks at, when it reports flows and how many it keeps.
package struct MeteringConfiguration: Hashable, Sendable {
    /// How far a meter looks into packets.
    package enum Analysis: String, Hashable, Sendable, CaseIterable {
        /// Headers as far as counters and flags need them.
        case none
        /// TCP quality, exchanges, DNS and HTTP/1 too.
        case full
    }

    /// How a meter tells the source of a flow from its destination.
    package enum Direction: String, Hashable, Sendable, CaseIterable {
        /// By the strongest evidence seen so far, as `DirectionEvidence` ranks it.
        case evidence
        /// By the numbers alone: the end with the lower port is the destination, and of a pair of ICMP types the
        /// one that is answered the source; where they are equal or tell nothing, the first packet's sender is.
        case ports
    }

    /// Nanoseconds between reports of a flow, at multiples of it in event time; `nil` reports once, at its end.
    ///
    /// Below a millisecond counts as a millisecond.
    package var interval: Int64?
    /// Nanoseconds without a packet after which a flow has ended; `nil` for never.
    package var idleTimeout: Int64?
    /// Nanoseconds after its last packet for which a flow whose end was seen still takes late packets.
    package var linger: Int64
    /// The most flows kept at once, from 1 to 2²⁶; beyond it the idlest of a sample is reported and dropped.
    package var flowsMax: Int
    /// Mixed into the hash, never into results; a secret value keeps senders from choosing colliding flows.
    package var hashSeed: UInt64
    /// How far packets are looked into.
    package var analysis: Analysis
    /// How the source of a flow is told.
    package var direction: Direction
    /// The tunnels whose inner packets are metered in place of their outer ones.
    package var decapsulate: TunnelKinds
    /// The Community ID's seed.
    package var seed: UInt16

    /// A configuration; all times are in nanoseconds.
    package init(
        interval: Int64? = 10_000_000_000,
        idleTimeout: Int64? = 60_000_000_000,
        linger: Int64 = 10_000_000_000,
        flowsMax: Int = 1 << 20,
        hashSeed: UInt64 = 0,
        analysis: Analysis = .full,
        direction: Direction = .evidence,
        decapsulate: TunnelKinds = [],
        seed: UInt16 = 0
    ) {
        self.interval = interval
        self.idleTimeout = idleTimeout
        self.linger = linger
        self.flowsMax = flowsMax
        self.hashSeed = hashSeed
        self.analysis = analysis
        self.direction = direction
        self.decapsulate = decapsulate
        self.seed = seed
    }
}
