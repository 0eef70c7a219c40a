import FlowModel

/// A value that changes at known times; the first holds for all time before it as well.
struct Timeline<Value: Sendable>: Sendable {
    private(set) var starts: [Timestamp] = []
    private(set) var values: [Value] = []

    var last: Value? { values.last }

    /// The value at a time; `nil` when there is none at all.
    func value(at time: Timestamp) -> Value? {
        guard values.count > 1 else { return values.first }
        return values[max(0, firstIndex(after: time) - 1)]
    }

    /// How many values start at or before a time.
    private func firstIndex(after time: Timestamp) -> Int {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds a value from a time on; what starts later stays as it is.
    mutating func set(_ value: Value, from time: Timestamp) {
        let index = firstIndex(after: time)
        if index > 0, starts[index - 1] == time {
            values[index - 1] = value
        } else {
            starts.insert(time, at: index)
            values.insert(value, at: index)
        }
    }

    /// Drops the values that start at or after a time.
    mutating func cut(from time: Timestamp) {
        while let last = starts.last, last >= time {
            starts.removeLast()
            values.removeLast()
        }
    }
}
