/// Numbers with units, as filters write them.
enum FilterUnits {
    typealias Unit = (name: String, factor: UInt64)

    /// Decimal and binary sizes; bytes without a unit.
    static let bytes: [Unit] = [
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000),
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    /// Spans of time in nanoseconds.
    static let duration: [Unit] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1000), ("ns", 1),
    ]

    /// Digits, at most nine decimals, and a unit in any case of letters; `nil` for anything else or too much.
    static func number(_ text: some StringProtocol, _ units: [Unit], isUnitNeeded: Bool = false) -> UInt64? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, let whole = UInt64(digits) else { return nil }
        var rest = text.dropFirst(digits.count)
        var decimals: Substring?
        if rest.first == "." {
            let fraction = rest.dropFirst().prefix { ("0"..."9").contains($0) }
            guard (1...9).contains(fraction.count) else { return nil }
            rest = rest.dropFirst(fraction.count + 1)
            decimals = Substring(fraction)
        }
        var factor: UInt64 = 1
        if rest.isEmpty {
            guard !isUnitNeeded || whole == 0 else { return nil }
        } else {
            let name = rest.lowercased()
            guard let unit = units.first(where: { $0.name.lowercased() == name }) else { return nil }
            factor = unit.factor
        }
        return scaled(whole, decimals, by: factor)
    }

    private static func scaled(_ whole: UInt64, _ decimals: Substring?, by factor: UInt64) -> UInt64? {
        let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        guard let decimals, let value = UInt64(decimals) else { return decimals == nil ? product : nil }
        var scale: UInt64 = 1
        for _ in 0..<decimals.count { scale *= 10 }
        // At most 10^9 times 2^40, so that the product is exact in 128 bits.
        let (high, low) = value.multipliedFullWidth(by: factor)
        let (quotient, remainder) = scale.dividingFullWidth((high, low))
        guard remainder == 0 else { return nil }
        let (sum, tooMuch) = product.addingReportingOverflow(quotient)
        return tooMuch ? nil : sum
    }

    /// The number with the largest unit that divides it.
    static func text(_ number: UInt64, _ units: [Unit]) -> String {
        guard number > 0, let unit = units.filter({ number % $0.factor == 0 }).max(by: { $0.factor < $1.factor }),
            unit.factor > 1 || units.contains(where: { $0.name == "ns" })
        else { return "\(number)" }
        return "\(number / unit.factor)\(unit.name)"
    }
}
