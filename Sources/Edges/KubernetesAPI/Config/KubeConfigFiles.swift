/// Kubeconfig files merged as kubectl merges them: for each name, the first file that has it.
struct KubeConfigFiles {
    private let files: [KubeConfigFile]

    init(_ files: [KubeConfigFile]) { self.files = files }

    /// An entry and the file that it stands in, whose folder its relative paths start from.
    struct Entry {
        let name: String
        let fields: YAMLFields
        let file: KubeConfigFile
    }

    /// Whether there is any context, cluster or user at all.
    var namesAnything: Bool {
        files.contains { file in
            ["contexts", "clusters", "users"].contains { !file.names(in: $0).isEmpty }
        }
    }

    private var paths: String { files.map(\.path).joined(separator: ", ") }

    private func entry(_ name: String, in list: String, field: String) -> Entry? {
        for file in files {
            if let fields = file.entry(name, in: list, field: field) {
                return Entry(name: name, fields: fields, file: file)
            }
        }
        return nil
    }

    private func names(in list: String) -> String {
        let names = files.flatMap { $0.names(in: list) }
        return names.isEmpty ? "it has none" : "it has " + names.joined(separator: ", ")
    }

    /// The configuration of that context, or of the current one.
    func resolve(context wanted: String?) throws(KubeConfigError) -> KubeConfig {
        let first = files.first?.path ?? ""
        guard let name = wanted ?? files.lazy.compactMap({ $0.root.text("current-context") }).first else {
            throw KubeConfigError(
                .contextMissing,
                file: first,
                "\(paths) has no current-context: choose one with --context (\(names(in: "contexts")))"
            )
        }
        guard let context = entry(name, in: "contexts", field: "context") else {
            throw KubeConfigError(
                .contextMissing,
                file: first,
                "\(paths) has no context \(name): choose one with --context (\(names(in: "contexts")))"
            )
        }
        let cluster = try cluster(of: context)
        let user = try user(of: context)
        let server = try cluster.server()
        let token = try user?.token(clusterInfo: cluster.execInfo(server: server)) ?? .none
        if token != .none, server.hasPrefix("http://"), !Self.isLoopback(server) {
            throw KubeConfigError(
                .unsupported,
                file: cluster.path,
                "\(cluster.path): cluster \(cluster.name) is reached over http, which would send its token in "
                    + "the clear: use an https server"
            )
        }
        return KubeConfig(
            source: .files(files.map(\.path)),
            context: name,
            namespace: context.fields.text("namespace") ?? "default",
            server: server,
            serverName: cluster.serverName,
            trust: try cluster.trust(),
            clientCertificate: try user?.clientCertificate(),
            token: token,
            proxy: try cluster.proxy()
        )
    }

    private func cluster(of context: Entry) throws(KubeConfigError) -> KubeConfigCluster {
        guard let name = context.fields.text("cluster") else {
            throw KubeConfigError(
                .clusterMissing,
                file: context.file.path,
                "\(context.file.path): context \(context.name) names no cluster"
            )
        }
        guard let cluster = entry(name, in: "clusters", field: "cluster") else {
            throw KubeConfigError(
                .clusterMissing,
                file: context.file.path,
                "\(context.file.path): context \(context.name) wants cluster \(name), which is missing "
                    + "(\(names(in: "clusters")))"
            )
        }
        return KubeConfigCluster(entry: cluster)
    }

    private func user(of context: Entry) throws(KubeConfigError) -> KubeConfigUser? {
        guard let name = context.fields.text("user") else { return nil }
        guard let user = entry(name, in: "users", field: "user") else {
            throw KubeConfigError(
                .userMissing,
                file: context.file.path,
                "\(context.file.path): context \(context.name) wants user \(name), which is missing "
                    + "(\(names(in: "users")))"
            )
        }
        return KubeConfigUser(entry: user)
    }

    private static func isLoopback(_ server: String) -> Bool {
        let host = server.dropFirst("http://".count)
        return host.hasPrefix("127.") || host.hasPrefix("[::1]")
            || host.prefix { $0 != ":" && $0 != "/" } == "localhost"
    }
}
