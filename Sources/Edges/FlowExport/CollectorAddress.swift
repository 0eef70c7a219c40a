import Glibc
import NetworkAddressing

/// Where batches are posted: an `http` or `https` URL.
package struct CollectorAddress: Hashable, Sendable {
    /// Whether TLS is spoken.
    package let isSecure: Bool
    /// The name or address, without brackets.
    package let host: String
    /// The port.
    package let port: Int
    /// The path with its query, beginning with `/`.
    package let path: String

    /// Parses a URL; `nil` for other schemes, for user names in it, and for what is no URL.
    package init?(_ url: String) {
        guard let scheme = url.range(of: "://") else { return nil }
        switch url[..<scheme.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: return nil
        }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let path = rest[authority.endIndex...].prefix { $0 != "#" }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !authority.contains("@") else { return nil }
        self.path = path.hasPrefix("/") ? String(path) : "/" + path
        var name = authority
        var port: Substring?
        if authority.hasPrefix("["), let bracket = authority.firstIndex(of: "]") {
            name = authority[authority.index(after: authority.startIndex)..<bracket]
            let after = authority[authority.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            name = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !name.isEmpty, let number = UInt16(port ?? (isSecure ? "443" : "80")), number > 0 else { return nil }
        host = String(name)
        self.port = Int(number)
    }

    /// The same collector with a path behind its own.
    package func appending(path: String) -> CollectorAddress {
        CollectorAddress(
            isSecure,
            host,
            port,
            (self.path.hasSuffix("/") ? String(self.path.dropLast()) : self.path) + path
        )
    }

    /// The addresses that its name leads to now; none where it leads nowhere.
    ///
    /// Blocks until the resolver answers.
    package func endpoints() -> [Endpoint] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var endpoints: [Endpoint] = []
        var entry = list
        while let current = entry?.pointee {
            entry = current.ai_next
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let result = getnameinfo(
                current.ai_addr,
                current.ai_addrlen,
                &text,
                socklen_t(text.count),
                nil,
                0,
                NI_NUMERICHOST
            )
            let name = String(decoding: text.prefix { $0 != 0 && $0 != 37 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard result == 0, let address = IPAddress(name) else { continue }
            endpoints.append(Endpoint(address, port: UInt16(truncatingIfNeeded: port)))
        }
        return endpoints
    }

    private init(_ isSecure: Bool, _ host: String, _ port: Int, _ path: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
    }

    /// The value of the Host header.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
}

extension CollectorAddress: CustomStringConvertible {
    /// The URL.
    package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(path)" }
}

extension String {
    /// The first place of another string; a Foundation-free stand-in for its method of that name.
    fileprivate func range(of other: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(other) {
                return start..<index(start, offsetBy: other.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
