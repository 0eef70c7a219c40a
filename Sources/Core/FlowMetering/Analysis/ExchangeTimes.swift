import FlowModel

/// The latencies of a connection's exchanges in the open report: a sparse histogram in as few cells as it needs.
struct ExchangeTimes: BitwiseCopyable {
    var sum: Int64 = 0
    var longest: Int64 = 0
    /// The number of the next cell; 0 for none.
    var more: UInt32 = 0
    /// `HistogramEntry`s, each at the place of its bucket modulo 11.
    var entries = InlineArray<11, UInt32>(repeating: 0)
}

/// Room for buckets whose places in the cells before are taken.
struct HistogramCell: BitwiseCopyable {
    var more: UInt32 = 0
    /// Each at the place of its bucket modulo 15.
    var entries = InlineArray<15, UInt32>(repeating: 0)
}

/// A bucket's number in the high 8 bits and its count in the low 24; 0 is none.
enum HistogramEntry {
    static let countMax: UInt32 = 1 << 24 - 1

    /// Counts one more in an entry of the bucket with room, or in an empty one; false where it is neither.
    @inline(__always)
    static func count(_ bucket: UInt8, in entry: inout UInt32) -> Bool {
        if entry == 0 {
            entry = UInt32(bucket) << 24 | 1
            return true
        }
        guard entry >> 24 == UInt32(bucket), entry & countMax < countMax else { return false }
        entry &+= 1
        return true
    }

    static func append(_ entry: UInt32, to counts: inout [LatencyHistogram.Entry]) {
        guard entry != 0 else { return }
        counts.append(.init(bucket: UInt8(truncatingIfNeeded: entry >> 24), count: entry & countMax))
    }
}

extension FlowMeter {
    /// Notes the latency of one exchange.
    @inline(never)
    mutating func record(_ latency: Int64, of connection: UnsafeMutablePointer<TCPConnection>) {
        let latency = max(0, latency)
        let bucket = LatencyHistogram.bucket(of: latency)
        if connection.pointee.exchanges == 0 {
            connection.pointee.exchanges = exchangeTimes.add(ExchangeTimes())
            guard connection.pointee.exchanges != 0 else {
                counters.exchangesUntimed &+= 1
                return
            }
        }
        let times = exchangeTimes[connection.pointee.exchanges]
        times.pointee.sum = LatencyHistogram.sum(times.pointee.sum, latency)
        times.pointee.longest = max(times.pointee.longest, latency)
        if HistogramEntry.count(bucket, in: &times.pointee.entries[Int(bucket % 11)]) { return }
        var link = times.pointee.more
        if link == 0 {
            link = histogramCells.add(HistogramCell())
            times.pointee.more = link
        }
        // No more than 18 of the 256 buckets share a place.
        while link != 0 {
            let cell = histogramCells[link]
            if HistogramEntry.count(bucket, in: &cell.pointee.entries[Int(bucket % 15)]) { return }
            if cell.pointee.more == 0 { cell.pointee.more = histogramCells.add(HistogramCell()) }
            link = cell.pointee.more
        }
        counters.exchangesUntimed &+= 1
    }

    /// Takes the latencies of the open report out of a connection.
    mutating func takeExchanges(of connection: UnsafeMutablePointer<TCPConnection>) -> LatencyHistogram? {
        let number = connection.pointee.exchanges
        guard number != 0 else { return nil }
        connection.pointee.exchanges = 0
        let times = exchangeTimes[number]
        let (sum, longest) = (times.pointee.sum, times.pointee.longest)
        var counts: [LatencyHistogram.Entry] = []
        for place in 0..<11 { HistogramEntry.append(times.pointee.entries[place], to: &counts) }
        var link = times.pointee.more
        exchangeTimes.remove(number)
        while link != 0 {
            let cell = histogramCells[link]
            for place in 0..<15 { HistogramEntry.append(cell.pointee.entries[place], to: &counts) }
            let next = cell.pointee.more
            histogramCells.remove(link)
            link = next
        }
        return LatencyHistogram(counts, sum: sum, longest: longest)
    }
}
