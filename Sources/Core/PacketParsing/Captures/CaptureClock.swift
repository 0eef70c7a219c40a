/// How an interface of a pcapng file counts time: `if_tsresol` and `if_tsoffset`.
struct CaptureClock: Hashable, Sendable {
    private enum Unit: Hashable, Sendable {
        case nanosecondsPerTick(UInt64)
        case ticksPerNanosecond(UInt64)
        case binary(UInt8)
        case tooFine
    }

    private let unit: Unit
    private let offset: Int64

    /// Microseconds since the epoch, which is what holds where the file says nothing.
    static let microseconds = CaptureClock(resolution: 6, offsetSeconds: 0)
    /// Nanoseconds since the epoch.
    static let nanoseconds = CaptureClock(resolution: 9, offsetSeconds: 0)

    /// A clock from the bytes of its two options: bit 7 of the resolution tells powers of two from powers of ten.
    init(resolution: UInt8, offsetSeconds: Int64) {
        let exponent = resolution & 0x7f
        if resolution & 0x80 != 0 {
            unit = .binary(exponent)
        } else if exponent <= 9 {
            unit = .nanosecondsPerTick(CaptureClock.powerOfTen(9 - exponent))
        } else if exponent <= 28 {
            unit = .ticksPerNanosecond(CaptureClock.powerOfTen(exponent - 9))
        } else {
            // 2^64 ticks of 10^-29 s are less than a nanosecond.
            unit = .tooFine
        }
        let (nanoseconds, overflow) = offsetSeconds.multipliedReportingOverflow(by: 1_000_000_000)
        offset = overflow ? (offsetSeconds < 0 ? .min : .max) : nanoseconds
    }

    /// The moment of a count of ticks in nanoseconds since the epoch; saturates.
    func nanoseconds(ticks: UInt64) -> Int64 {
        let elapsed: UInt64
        switch unit {
        case .nanosecondsPerTick(let factor):
            let (product, overflow) = ticks.multipliedReportingOverflow(by: factor)
            elapsed = overflow ? .max : product
        case .ticksPerNanosecond(let divisor): elapsed = ticks / divisor
        case .binary(let exponent):
            // At most 2^94, so that it cannot overflow.
            elapsed = UInt64(clamping: (UInt128(ticks) * 1_000_000_000) >> UInt128(exponent))
        case .tooFine: elapsed = 0
        }
        let (sum, overflow) = Int64(clamping: elapsed).addingReportingOverflow(offset)
        return overflow ? (offset < 0 ? .min : .max) : sum
    }

    private static func powerOfTen(_ exponent: UInt8) -> UInt64 {
        (0..<exponent).reduce(1) { product, _ in product * 10 }
    }
}
