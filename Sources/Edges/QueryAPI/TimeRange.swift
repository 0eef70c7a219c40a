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

/// A moment as people type it: RFC 3339, `now`, `now-15m`, `5m` (ago), or seconds since the epoch.
package enum TimeExpression {
    private static let units: [Character: Int64] = [
        "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
    ]

    /// The moment, or `nil` where the text is none.
    package static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        if text == "now" { return now }
        if text.hasPrefix("now-") {
            return duration(text.dropFirst(4)).map { now.advanced(by: -$0) }
        }
        if let ago = duration(text[...]) { return now.advanced(by: -ago) }
        if let moment = Timestamp(rfc3339: text) { return moment }
        guard let seconds = Double(text), seconds >= 0, seconds < 9.2e9 else { return nil }
        // Whole seconds apart from the fraction, so that a double's 53 bits do not round the nanoseconds away.
        let whole = Int64(seconds)
        return Timestamp(seconds: whole, nanoseconds: Int64(((seconds - Double(whole)) * 1e9).rounded()))
    }

    /// A length such as `90s`, `15m`, `1.5h` or `7d` in nanoseconds.
    package static func duration(_ text: some StringProtocol) -> Int64? {
        guard let unit = text.last.flatMap({ units[$0] }), let number = Double(text.dropLast()), number >= 0,
            number * Double(unit) < 9.2e18
        else { return nil }
        return Int64(number * Double(unit))
    }
}
