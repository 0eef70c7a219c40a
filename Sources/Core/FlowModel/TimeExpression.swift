/// A moment as people type it and as logs hold it, read in one pass over its bytes.
///
/// RFC 3339; `now`, `now-15m`, or a duration ago such as `5m`; or a number since the epoch, which is in seconds,
/// milliseconds, microseconds or nanoseconds by its magnitude: a number below 10^11 is in seconds, and every three digits
/// more make the unit a thousand times smaller.
package enum TimeExpression {
    /// The longest text that is looked at, in bytes.
    package static let longest = 64

    /// The moment; `nil` where the text is none, or one that nanoseconds in 64 bits cannot hold.
    package static func parse(_ text: some StringProtocol, now: Timestamp) -> Timestamp? {
        parse(utf8: Array(text.utf8)[...], now: now)
    }

    /// The moment of a text's bytes; as for text.
    package static func parse(utf8 bytes: ArraySlice<UInt8>, now: Timestamp) -> Timestamp? {
        guard let first = bytes.first, bytes.count <= longest else { return nil }
        if first == UInt8(ascii: "n") {
            guard bytes.starts(with: "now".utf8) else { return nil }
            let rest = bytes.dropFirst(3)
            if rest.isEmpty { return now }
            guard rest.first == UInt8(ascii: "-") else { return nil }
            return duration(utf8: rest.dropFirst()).map { now.advanced(by: -$0) }
        }
        guard let (number, rest) = Decimal.read(bytes) else { return nil }
        if rest.isEmpty { return epoch(number) }
        if rest.first == UInt8(ascii: "-") { return calendar(bytes) }
        return unit(rest).flatMap(number.scaled).map { now.advanced(by: -$0) }
    }

    /// A length such as `250ms`, `90s`, `15m`, `1.5h` or `7d` in nanoseconds; `nil` for anything else.
    package static func duration(_ text: some StringProtocol) -> Int64? {
        duration(utf8: Array(text.utf8)[...])
    }

    private static func duration(utf8 bytes: ArraySlice<UInt8>) -> Int64? {
        guard bytes.count <= longest, let (number, rest) = Decimal.read(bytes) else { return nil }
        return unit(rest).flatMap(number.scaled)
    }

    private static func unit(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard let first = bytes.first else { return nil }
        if bytes.count == 2, first == UInt8(ascii: "m"), bytes.last == UInt8(ascii: "s") { return 1_000_000 }
        guard bytes.count == 1 else { return nil }
        return switch first {
        case UInt8(ascii: "s"): 1_000_000_000
        case UInt8(ascii: "m"): 60_000_000_000
        case UInt8(ascii: "h"): 3_600_000_000_000
        case UInt8(ascii: "d"): 86_400_000_000_000
        default: nil
        }
    }

    private static func epoch(_ number: Decimal) -> Timestamp? {
        let unit: UInt64 =
            switch number.whole {
            case ..<100_000_000_000: 1_000_000_000
            case ..<100_000_000_000_000: 1_000_000
            case ..<100_000_000_000_000_000: 1_000
            default: 1
            }
        return number.scaled(by: unit).map { Timestamp(nanoseconds: $0) }
    }

    private static func calendar(_ bytes: ArraySlice<UInt8>) -> Timestamp? {
        guard let moment = Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self)) else { return nil }
        // Saturated: a year that was meant, but that is not what these nanoseconds say.
        return moment == .distantPast || moment == .distantFuture ? nil : moment
    }
}

/// A decimal number without sign and exponent.
private struct Decimal {
    let whole: UInt64
    /// The first digits after the point as a number, and ten to the power of how many there are.
    private let fraction: UInt64
    private let fractionScale: UInt64

    /// Reads the number that bytes start with; `nil` where they do not, or where it is too large.
    static func read(_ bytes: ArraySlice<UInt8>) -> (Decimal, rest: ArraySlice<UInt8>)? {
        var index = bytes.startIndex
        func digit() -> UInt64? {
            guard index < bytes.endIndex else { return nil }
            let value = bytes[index] &- UInt8(ascii: "0")
            return value < 10 ? UInt64(value) : nil
        }
        var whole: UInt64 = 0
        guard digit() != nil else { return nil }
        while let next = digit() {
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(next)
            guard !overflow, !overflow2 else { return nil }
            whole = sum
            index += 1
        }
        var fraction: UInt64 = 0
        var scale: UInt64 = 1
        if index < bytes.endIndex, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard digit() != nil else { return nil }
            while let next = digit() {
                // Eighteen digits fit 64 bits, and are finer than a nanosecond of a day.
                if scale < 1_000_000_000_000_000_000 {
                    fraction = fraction * 10 + next
                    scale *= 10
                }
                index += 1
            }
        }
        return (Decimal(whole: whole, fraction: fraction, fractionScale: scale), bytes[index...])
    }

    /// The number times a unit, rounded down; `nil` where it does not fit.
    func scaled(by unit: UInt64) -> Int64? {
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        let wide = fraction.multipliedFullWidth(by: unit)
        // The fraction is less than one, so that the quotient is less than the unit.
        let (rest, _) = fractionScale.dividingFullWidth(wide)
        let (sum, overflow2) = product.addingReportingOverflow(rest)
        return overflow || overflow2 ? nil : Int64(exactly: sum)
    }
}
