import FoundationEssentials
import NetworkAddressing

extension KubeConfig {
    /// A proxy that connections to the server go through.
    package struct Proxy: Sendable, Equatable {
        /// How a proxy is spoken to.
        package enum Kind: Sendable, Equatable {
            /// HTTP, with CONNECT for an https server.
            case http
            /// SOCKS 5.
            case socks
        }

        /// How it is spoken to.
        package var kind: Kind
        /// Its host.
        package var host: String
        /// Its port.
        package var port: Int
        /// Who we are to it; `nil` for nobody.
        package var user: String?
        /// The user's password.
        package var password: String?

        /// A proxy from its URL; the problem as the end of a sentence, where it is none that we can use.
        static func parse(_ text: String) -> Result<Proxy, Problem> {
            let withScheme = text.contains("://") ? text : "http://" + text
            guard let url = URL(string: withScheme), let scheme = url.scheme?.lowercased(),
                let host = url.host, !host.isEmpty
            else { return .failure(Problem(text: "is no URL")) }
            let kinds: [String: (Kind, Int)] = [
                "http": (.http, 80), "socks5": (.socks, 1080), "socks5h": (.socks, 1080),
            ]
            guard let (kind, port) = kinds[scheme] else {
                return .failure(Problem(text: "is a proxy of kind \(scheme); http and socks5 can be used"))
            }
            let (user, password) = (url.user(), url.password())
            guard kind == .http || user == nil else {
                return .failure(Problem(text: "has a user, which a SOCKS proxy cannot be told"))
            }
            let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            return .success(
                Proxy(kind: kind, host: bare, port: url.port ?? port, user: user, password: password)
            )
        }

        struct Problem: Error {
            let text: String
        }

        /// The proxy that the environment names for a server: `HTTPS_PROXY` or `HTTP_PROXY`, unless `NO_PROXY` or
        /// this machine, as for kubectl.
        static func named(
            by environment: [String: String],
            for server: String
        ) throws(KubeConfigError) -> Proxy? {
            let isSecure = server.hasPrefix("https://")
            let names = isSecure ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"]
            guard let name = names.first(where: { !(environment[$0] ?? "").isEmpty }), let text = environment[name],
                let url = URL(string: server), let host = url.host
            else { return nil }
            let exceptions = environment["NO_PROXY"] ?? environment["no_proxy"] ?? ""
            guard !isExcepted(host, port: url.port ?? (isSecure ? 443 : 80), from: exceptions) else { return nil }
            switch parse(text) {
            case .success(let proxy): return proxy
            case .failure(let problem):
                // Not the value: it may have a password.
                throw KubeConfigError(.badProxy, file: "", "\(name) of the environment \(problem.text)")
            }
        }

        /// Whether a host is reached without a proxy: a list of hosts, domains, addresses and blocks, with or
        /// without a port.
        static func isExcepted(_ host: String, port: Int, from list: String) -> Bool {
            let bare = (host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host).lowercased()
            let address = IPAddress(bare)
            if bare == "localhost" || address.map(isLoopback) == true { return true }
            return list.split(separator: ",").contains { entry in
                let entry = entry.filter { !$0.isWhitespace }.lowercased()
                if entry == "*" { return true }
                if let address, let block = IPPrefix(entry) { return block.contains(address) }
                var name = entry[...]
                let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
                if parts.count == 2 {
                    guard Int(parts[1]) == port else { return false }
                    name = parts[0]
                }
                if let address { return IPAddress(name) == address }
                if name.hasPrefix("*.") { name = name.dropFirst() }
                let domain = name.hasPrefix(".") ? String(name) : "." + name
                return name.count > 0 && (bare == name || bare.hasSuffix(domain))
            }
        }

        private static func isLoopback(_ address: IPAddress) -> Bool {
            ["127.0.0.0/8", "::1/128"].compactMap { IPPrefix($0) }.contains { $0.contains(address) }
        }
    }
}
