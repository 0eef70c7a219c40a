import ArgumentParser
import FlowModel
import Glibc

/// A length of time as people type it: `10s`, `1.5m`, `7d`, or a word that means without end.
struct DurationOption: ExpressibleByArgument {
    /// Nanoseconds; `nil` for `none` and `never`.
    let nanoseconds: Int64?

    init(nanoseconds: Int64?) { self.nanoseconds = nanoseconds }

    init?(argument: String) {
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
    var defaultValueDescription: String {
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
struct SizeOption: ExpressibleByArgument {
    let bytes: Int64

    init(bytes: Int64) { self.bytes = bytes }

    init?(argument: String) {
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
    var defaultValueDescription: String {
        bytes % 1_073_741_824 == 0 ? "\(bytes / 1_073_741_824)GiB" : "\(bytes)"
    }
}

/// Where to listen: `127.0.0.1:7080`, `[::1]:7080`, `:7080` or a port alone.
struct ListenAddress: ExpressibleByArgument {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        var host = "127.0.0.1"
        var port = Substring(argument)
        if let colon = argument.lastIndex(of: ":") {
            host = String(argument[..<colon])
            port = argument[argument.index(after: colon)...]
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            if host.isEmpty { host = "0.0.0.0" }
        }
        guard let number = UInt16(port) else { return nil }
        self.host = host
        self.port = Int(number)
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" || host == "localhost" }

    func url(port: Int) -> String {
        host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }
}

extension ListenAddress {
    /// As it is typed.
    var defaultValueDescription: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The environment variables.
enum ProcessEnvironment {
    static var all: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
