import FlowModel
import Testing

struct LatencyHistogramTests {
    @Test func `buckets are in order, and a value is known to a sixteenth`() {
        var former: UInt8 = 0
        for exponent in 0..<62 {
            for step in 0..<64 {
                let value = Int64(1) << Int64(exponent) &+ (Int64(1) << Int64(exponent)) / 64 * Int64(step)
                let bucket = LatencyHistogram.bucket(of: value)
                #expect(bucket >= former)
                former = bucket
                let lower = LatencyHistogram.lowerBound(of: bucket)
                #expect(lower <= value)
                guard bucket > 0, bucket < UInt8.max else { continue }
                let upper = LatencyHistogram.lowerBound(of: bucket + 1)
                #expect(value < upper && (upper - lower) * 8 <= lower)
            }
        }
        #expect(LatencyHistogram.bucket(of: -5) == 0 && LatencyHistogram.bucket(of: .max) == .max)
    }

    @Test func `a merge is the histogram of all, and quantiles are of it`() throws {
        var (left, right, all) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for step in 1...1000 {
            let value = Int64(step) * 10_000
            if step.isMultiple(of: 3) { left.record(value) } else { right.record(value) }
            all.record(value)
        }
        left.merge(right)
        #expect(left == all && all.count == 1000 && all.longest == 10_000_000)
        for share in [0.5, 0.9, 0.99] {
            let found = Double(try #require(all.quantile(share)))
            #expect(abs(found / (share * 10_000_000) - 1) < 1.0 / 16 + 0.001)
        }
        #expect(LatencyHistogram().quantile(0.5) == nil)
    }

    @Test func `durations that lie do not overflow`() {
        var histogram = LatencyHistogram()
        for _ in 0..<3 { histogram.record(.max) }
        #expect(histogram.sum == .max && histogram.count == 3 && histogram.quantile(1) == .max)
    }
}
