import FlowModel

/// The span of time a question is about.
package struct TimeRange: Sendable, Hashable {
    /// The first moment.
    package let from: Timestamp
    /// The moment after the last.
    package let to: Timestamp

    /// A span from a moment until another.
    package init(from: Timestamp, to: Timestamp) {
        self.from = from
        self.to = to
    }

    /// The length in seconds, at least a nanosecond so that rates can be divided by it.
    package var seconds: Double { Double(max(1, to.since(from))) / 1e9 }
}
