import FoundationEssentials

/// The `cluster` of a kubeconfig: where the server is and whom to believe.
struct KubeConfigCluster {
    private let fields: YAMLFields
    private let file: KubeConfigFile
    let name: String

    init(entry: KubeConfigFiles.Entry) {
        fields = entry.fields
        file = entry.file
        name = entry.name
    }

    var path: String { file.path }

    var serverName: String? { fields.text("tls-server-name") }

    /// The server's URL without trailing slashes.
    func server() throws(KubeConfigError) -> String {
        guard var server = fields.text("server") else {
            throw KubeConfigError(.serverMissing, file: path, "\(path): cluster \(name) has no server")
        }
        while server.hasSuffix("/") { server.removeLast() }
        guard server.hasPrefix("https://") || server.hasPrefix("http://"),
            let host = URL(string: server)?.host, !host.isEmpty
        else {
            throw KubeConfigError(
                .serverMissing,
                file: path,
                "\(path): cluster \(name) has the server \(server), which is not an https URL"
            )
        }
        return server
    }

    /// The proxy that the cluster is reached by; `nil` where it names none.
    func proxy() throws(KubeConfigError) -> KubeConfig.Proxy? {
        guard let text = fields.text("proxy-url") else { return nil }
        switch KubeConfig.Proxy.parse(text) {
        case .success(let proxy): return proxy
        case .failure(let problem):
            throw KubeConfigError(.badProxy, file: path, "\(path): proxy-url of cluster \(name) \(problem.text)")
        }
    }

    /// Embedded data goes before a file, as for kubectl.
    func trust() throws(KubeConfigError) -> KubeConfig.Trust {
        if fields.isTrue("insecure-skip-tls-verify") { return .anything }
        if let data = fields.text("certificate-authority-data") {
            let where_ = "certificate-authority-data of cluster \(name)"
            let bytes = try PEMFile.decode(base64: data, what: where_, file: path)
            return .authorities(try PEMFile.checkCertificates(bytes, what: where_, file: path))
        }
        if let relative = fields.text("certificate-authority") {
            return .authorities(
                try PEMFile.certificates(file.resolve(relative), for: "cluster \(name) of \(path)")
            )
        }
        return .system
    }

    /// What an exec plugin is told of the cluster, as JSON.
    func execInfo(server: String) throws(KubeConfigError) -> String {
        var info = ["server": server]
        info["tls-server-name"] = serverName
        if case .authorities(let bytes) = try trust() {
            info["certificate-authority-data"] = Data(bytes).base64EncodedString()
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A dictionary of text always encodes.
        return (try? encoder.encode(info)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
