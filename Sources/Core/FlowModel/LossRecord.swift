/// Packets that an observation point did not meter, in one span of time: what the flows of that time lack.
package struct LossRecord: Hashable, Sendable {
    /// Why packets are missing.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        /// The capture ring was full; the packets reached their receiver, not us.
        case ringFull = "ring_full"
        /// The packets were seen and could not be read; their reasons are counted in the status.
        case malformed
        /// Flow reports were given up because their receiver was away for too long.
        case exportDropped = "export_dropped"
    }

    /// When the first of them can have been lost.
    package var from: Timestamp
    /// When the last of them can have been lost.
    package var to: Timestamp
    /// Why.
    package var reason: Reason
    /// Packets, or flow reports for `exportDropped`.
    package var count: UInt64

    /// So many packets or reports lost between two moments.
    package init(from: Timestamp, to: Timestamp, reason: Reason, count: UInt64) {
        self.from = from
        self.to = to
        self.reason = reason
        self.count = count
    }
}
