/// A distribution of durations: a log-linear histogram after HdrHistogram, eight buckets to each power of two.
///
/// A value is known to within 1/16 of itself. Histograms of different reports are merged by adding their counts.
package struct LatencyHistogram: Hashable, Sendable {
    /// The number of buckets; the last one takes whatever is longer.
    package static let bucketCount = 256
    /// Durations below this many nanoseconds share the first bucket.
    package static let resolution: Int64 = 1 << 10

    /// How many durations fell into one bucket.
    package struct Entry: Hashable, Sendable, BitwiseCopyable {
        /// The bucket.
        package var bucket: UInt8
        /// The durations in it.
        package var count: UInt32

        /// A count of one bucket.
        package init(bucket: UInt8, count: UInt32) {
            self.bucket = bucket
            self.count = count
        }
    }

    /// The buckets that are not empty, in ascending order.
    package var entries: [Entry] = []
    /// The sum of all durations, in nanoseconds.
    package var sum: Int64 = 0
    /// The longest duration, in nanoseconds.
    package var longest: Int64 = 0

    /// A histogram without durations.
    package init() {}

    /// A histogram of counts in any order, in which a bucket may be there several times.
    package init(_ counts: [Entry], sum: Int64, longest: Int64) {
        var counts = counts
        self.sum = sum
        self.longest = longest
        counts.sort { $0.bucket < $1.bucket }
        let hasTwins = zip(counts, counts.dropFirst()).contains { $0.bucket == $1.bucket }
        if hasTwins {
            for entry in counts { add(entry) }
        } else {
            entries = counts
        }
    }

    /// The number of durations.
    package var count: UInt64 { entries.reduce(0) { $0 + UInt64($1.count) } }

    /// The bucket of a duration in nanoseconds; what is negative counts as 0.
    @inlinable
    package static func bucket(of nanoseconds: Int64) -> UInt8 {
        guard nanoseconds >= resolution else { return 0 }
        let exponent = 63 - nanoseconds.leadingZeroBitCount
        let position = (exponent - 10) * 8 + Int(nanoseconds >> Int64(exponent - 3) & 7) + 1
        return UInt8(min(position, bucketCount - 1))
    }

    /// The shortest duration of a bucket, in nanoseconds.
    package static func lowerBound(of bucket: UInt8) -> Int64 {
        guard bucket > 0 else { return 0 }
        let position = Int64(bucket) - 1
        return (8 + position & 7) << (position >> 3 + 7)
    }

    /// The sum of two durations; time stamps that lie can make it too large, which is then the largest there is.
    @inlinable
    package static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? .max : sum
    }

    /// Adds a duration.
    package mutating func record(_ nanoseconds: Int64) {
        add(Entry(bucket: LatencyHistogram.bucket(of: nanoseconds), count: 1))
        sum = LatencyHistogram.sum(sum, max(0, nanoseconds))
        longest = max(longest, nanoseconds)
    }

    /// Adds the durations of another histogram.
    package mutating func merge(_ other: LatencyHistogram) {
        for entry in other.entries { add(entry) }
        sum = LatencyHistogram.sum(sum, other.sum)
        longest = max(longest, other.longest)
    }

    /// The duration that the given share of durations (0 to 1) does not exceed, to within the bucket; `nil` if empty.
    package func quantile(_ share: Double) -> Int64? {
        let count = count
        guard count > 0 else { return nil }
        let wanted = max(1, UInt64((min(max(share, 0), 1) * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for entry in entries {
            seen += UInt64(entry.count)
            guard seen >= wanted else { continue }
            let lower = LatencyHistogram.lowerBound(of: entry.bucket)
            guard entry.bucket < UInt8.max else { return longest }
            let upper = LatencyHistogram.lowerBound(of: entry.bucket + 1)
            return min(longest, lower + (upper - lower) / 2)
        }
        return longest
    }

    /// Adds the count of a bucket.
    package mutating func add(_ entry: Entry) {
        let place = entries.firstIndex { $0.bucket >= entry.bucket } ?? entries.endIndex
        if place < entries.endIndex, entries[place].bucket == entry.bucket {
            let (sum, overflows) = entries[place].count.addingReportingOverflow(entry.count)
            entries[place].count = overflows ? .max : sum
        } else {
            entries.insert(entry, at: place)
        }
    }
}
