import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// GET requests to one API server.
struct KubeClient: Sendable {
    private let http: HTTPClient
    private let server: String
    let credential: Credential

    /// How long to wait for the server.
    struct Timeouts: Sendable {
        /// Until a connection stands and TLS has shaken hands.
        var connectSeconds: Double = 10
        /// Without a byte of an answer; a bookmark comes every minute, so a silent watch is a dead one.
        var idleSeconds: Double = 150
    }

    /// A client; a credential command runs now, so that it fails here and once.
    init(_ config: KubeConfig, timeouts: Timeouts) async throws {
        credential = Credential(config.token)
        let certificate = try await credential.clientCertificate() ?? config.clientCertificate
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try Self.tls(config, certificate: certificate)
        // Following a redirect would carry the credential to a host that nobody named.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .milliseconds(Int64(timeouts.connectSeconds * 1000))
        configuration.timeout.read = .milliseconds(Int64(timeouts.idleSeconds * 1000))
        // One connection per watch: a stream that stalls or breaks then concerns one kind only.
        configuration.httpVersion = .http1Only
        // The limit of 8 would leave the ninth watch waiting for ever.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        // The watch session decides when to try again.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = config.proxy.map(Self.proxy)
        let address = Self.address(config)
        server = address.url
        if let override = address.override { configuration.dnsOverride = [override.name: override.host] }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Sends one request; the answer's body is still to be read.
    func get(_ path: String, query: [(String, String)], token: String?) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: server + path + "?" + Self.encode(query))
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "podsight")
        if let token { request.headers.add(name: "Authorization", value: "Bearer " + token) }
        // The head must come soon; what follows may take as long as a watch lasts.
        return try await http.execute(request, timeout: .seconds(60))
    }

    /// Closes all connections.
    func shutdown() async {
        // It fails only if called twice.
        try? await http.shutdown()
    }

    private static func proxy(_ proxy: KubeConfig.Proxy) -> HTTPClient.Configuration.Proxy {
        guard proxy.kind == .http else { return .socksServer(host: proxy.host, port: proxy.port) }
        let authorization = proxy.user.map {
            HTTPClient.Authorization.basic(username: $0, password: proxy.password ?? "")
        }
        return .server(host: proxy.host, port: proxy.port, authorization: authorization)
    }

    private static func tls(
        _ config: KubeConfig,
        certificate: KubeConfig.ClientCertificate?
    ) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        switch config.trust {
        case .system:
            tls.trustRoots = .default
        case .authorities(let bytes):
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(bytes))
        case .anything:
            tls.certificateVerification = .none
        }
        if let certificate {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate.chain)
                .map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: certificate.key, format: .pem))
        }
        return tls
    }

    /// The URL to ask and, where the certificate carries another name, that name with the host behind it.
    private static func address(
        _ config: KubeConfig
    ) -> (url: String, override: (name: String, host: String)?) {
        guard let name = config.serverName, config.server.hasPrefix("https://") else {
            return (config.server, nil)
        }
        let rest = config.server.dropFirst("https://".count)
        let isV6 = rest.hasPrefix("[")
        let host = isV6 ? rest.dropFirst().prefix { $0 != "]" } : rest.prefix { $0 != ":" && $0 != "/" }
        let tail = rest.dropFirst(host.count + (isV6 ? 2 : 0))
        return ("https://\(name)\(tail)", (name, String(host)))
    }

    /// Query text with everything but unreserved characters (RFC 3986, 2.3) escaped.
    static func encode(_ query: [(String, String)]) -> String {
        func escape(_ text: String) -> String {
            let hex = Array("0123456789ABCDEF")
            var escaped = ""
            for byte in text.utf8 {
                let scalar = Unicode.Scalar(byte)
                if scalar.properties.isAlphabetic && byte < 0x80 || (0x30...0x39).contains(byte)
                    || "-._~".unicodeScalars.contains(scalar)
                {
                    escaped.unicodeScalars.append(scalar)
                } else {
                    escaped += "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
                }
            }
            return escaped
        }
        return query.map { escape($0.0) + "=" + escape($0.1) }.joined(separator: "&")
    }
}
