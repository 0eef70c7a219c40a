import ArgumentParser

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
