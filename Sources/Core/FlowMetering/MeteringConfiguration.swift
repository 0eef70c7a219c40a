/// What decides when a meter reports flows and how many it keeps.
package struct MeteringConfiguration: Hashable, Sendable {
    /// Nanoseconds between reports of a flow, at multiples of it in event time; `nil` reports once, at its end.
    ///
    /// Below a millisecond counts as a millisecond.
    package var interval: Int64?
    /// Nanoseconds without a packet after which a flow has ended; `nil` for never.
    package var idleTimeout: Int64?
    /// Nanoseconds after its last packet for which a flow whose end was seen still takes late packets.
    package var linger: Int64
    /// The most flows kept at once, at least 1; beyond it the idlest of a sample is reported and dropped.
    package var flowsMax: Int
    /// Mixed into the hash, never into results; a secret value keeps senders from choosing colliding flows.
    package var hashSeed: UInt64

    /// A configuration; all times are in nanoseconds.
    package init(
        interval: Int64? = 10_000_000_000,
        idleTimeout: Int64? = 60_000_000_000,
        linger: Int64 = 10_000_000_000,
        flowsMax: Int = 1 << 20,
        hashSeed: UInt64 = 0
    ) {
        self.interval = interval
        self.idleTimeout = idleTimeout
        self.linger = linger
        self.flowsMax = flowsMax
        self.hashSeed = hashSeed
    }
}
