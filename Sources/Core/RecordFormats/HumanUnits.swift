import FlowModel

/// Numbers as people read them; the same units as the filter language takes.
enum HumanUnits {
    /// `512 B`, `1.2 KB`, `3.4 GB`: powers of 1000.
    static func bytes(_ count: UInt64) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var value = Double(count) / 1000
        for unit in ["KB", "MB", "GB", "TB", "PB"] {
            if value < 999.5 { return "\(significant(value)) \(unit)" }
            value /= 1000
        }
        return "\(significant(value)) EB"
    }

    /// `2.95 ms`, `10.0 s`, `3m12s`, `2h05m`, `4d03h`; of nanoseconds.
    static func duration(_ nanoseconds: Int64) -> String {
        let magnitude = max(0, nanoseconds)
        if magnitude < 1000 { return "\(magnitude) ns" }
        if magnitude < 999_500 { return "\(significant(Double(magnitude) / 1e3)) µs" }
        if magnitude < 999_500_000 { return "\(significant(Double(magnitude) / 1e6)) ms" }
        let seconds = magnitude / 1_000_000_000
        if seconds < 60 { return "\(significant(Double(magnitude) / 1e9)) s" }
        if seconds < 3600 { return "\(seconds / 60)m\(twoDigits(seconds % 60))s" }
        if seconds < 86400 { return "\(seconds / 3600)h\(twoDigits(seconds / 60 % 60))m" }
        return "\(seconds / 86400)d\(twoDigits(seconds / 3600 % 24))h"
    }

    /// `12,345`.
    static func count(_ number: Int64) -> String {
        let digits = Array(String(number.magnitude).utf8)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return text
    }

    /// RFC 3339 to the millisecond: `2026-11-21T01:35:30.100Z`.
    static func time(_ time: Timestamp) -> String {
        "\(time.rfc3339.prefix(23))Z"
    }

    /// Three significant digits of a number from 1 up to 1000.
    private static func significant(_ value: Double) -> String {
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        let scale: Int64 = decimals == 2 ? 100 : decimals == 1 ? 10 : 1
        let scaled = Int64((value * Double(scale)).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
