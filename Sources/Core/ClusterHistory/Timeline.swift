import FlowModel

/// A value that changes at known times; the first holds for all time before it as well.
///
/// The first is kept by itself: most values never change, and then no list is made or read.
struct Timeline<Value: Sendable>: Sendable {
    private struct Version: Sendable {
        let start: Timestamp
        var value: Value
    }

    private var first: Version?
    private var later: [Version] = []

    /// When each value starts, in order.
    var starts: [Timestamp] { versions.map(\.start) }
    /// The values, in the order in which they start.
    var values: [Value] { versions.map(\.value) }
    var last: Value? { later.last?.value ?? first?.value }

    private var versions: [Version] { [first].compactMap(\.self) + later }

    /// The value at a time; `nil` when there is none at all.
    @inline(__always)
    func value(at time: Timestamp) -> Value? {
        later.isEmpty ? first?.value : changed(at: time)
    }

    private func changed(at time: Timestamp) -> Value? {
        let index = count(startingUntil: time)
        return index > 0 ? later[index - 1].value : first?.value
    }

    /// How many of the later values start at or before a time.
    private func count(startingUntil time: Timestamp) -> Int {
        var low = 0
        var high = later.count
        while low < high {
            let middle = (low + high) / 2
            if later[middle].start <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds a value from a time on; what starts later stays as it is.
    mutating func set(_ value: Value, from time: Timestamp) {
        guard let first else {
            self.first = Version(start: time, value: value)
            return
        }
        if time == first.start {
            self.first?.value = value
        } else if time < first.start {
            later.insert(first, at: 0)
            self.first = Version(start: time, value: value)
        } else {
            let index = count(startingUntil: time)
            if index > 0, later[index - 1].start == time {
                later[index - 1].value = value
            } else {
                later.insert(Version(start: time, value: value), at: index)
            }
        }
    }

    /// Drops the values that start at or after a time.
    mutating func cut(from time: Timestamp) {
        while let last = later.last, last.start >= time { later.removeLast() }
        if later.isEmpty, let first, first.start >= time { self.first = nil }
    }
}
