import ArgumentParser

/// A length of time as people type it: `10s`, `1.5m`, `7d`, or a word that means without end.
package struct DurationOption: ExpressibleByArgument {
    /// Nanoseconds; `nil` for `none` and `never`.
    package let nanoseconds: Int64?

    /// So many nanoseconds; `nil` for without end.
    package init(nanoseconds: Int64?) { self.nanoseconds = nanoseconds }

    /// Parses what was typed.
    package init?(argument: String) {
        if argument == "none" || argument == "never" {
            nanoseconds = nil
            return
        }
        let units: [Character: Double] = ["s": 1e9, "m": 60e9, "h": 3600e9, "d": 86400e9]
        let milliseconds = argument.hasSuffix("ms")
        let digits = argument.dropLast(milliseconds ? 2 : 1)
        guard let unit = milliseconds ? 1e6 : argument.last.flatMap({ units[$0] }), let number = Double(digits),
            number > 0, number * unit < 9e18
        else { return nil }
        nanoseconds = Int64(number * unit)
    }
}

extension DurationOption {
    /// As it is typed: in the largest unit that needs no fraction.
    package var defaultValueDescription: String {
        guard let nanoseconds else { return "none" }
        for (unit, size) in [("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000)]
            as [(String, Int64)]
        where nanoseconds % size == 0 && nanoseconds > size {
            return "\(nanoseconds / size)\(unit)"
        }
        return nanoseconds % 1_000_000_000 == 0 ? "\(nanoseconds / 1_000_000_000)s" : "\(nanoseconds / 1_000_000)ms"
    }
}

/// A size as people type it: `512MiB`, `10GB`, `1048576`.
package struct SizeOption: ExpressibleByArgument {
    /// Bytes.
    package let bytes: Int64

    /// So many bytes.
    package init(bytes: Int64) { self.bytes = bytes }

    /// Parses what was typed.
    package init?(argument: String) {
        let units: [(String, Double)] = [
            ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("TiB", 1_099_511_627_776), ("KB", 1e3),
            ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("", 1),
        ]
        guard let (suffix, factor) = units.first(where: { argument.hasSuffix($0.0) }),
            let number = Double(argument.dropLast(suffix.count)), number > 0, number * factor < 9e18
        else { return nil }
        bytes = Int64(number * factor)
    }
}

extension SizeOption {
    /// As it is typed.
    package var defaultValueDescription: String {
        for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20)] as [(String, Int64)] where bytes % size == 0 {
            return "\(bytes / size)\(unit)"
        }
        return "\(bytes)"
    }
}

extension DurationOption {
    /// Ten seconds.
    package static let tenSeconds = DurationOption(nanoseconds: 10_000_000_000)
    /// One minute.
    package static let oneMinute = DurationOption(nanoseconds: 60_000_000_000)
}
