/// The `user` of a kubeconfig: as whom to come.
struct KubeConfigUser {
    private let fields: YAMLFields
    private let file: KubeConfigFile
    private let name: String

    init(entry: KubeConfigFiles.Entry) {
        fields = entry.fields
        file = entry.file
        name = entry.name
    }

    /// The bearer token's source; a file goes before a fixed token, as for kubectl.
    func token(clusterInfo: String) throws(KubeConfigError) -> KubeConfig.Token {
        try refuseUnsupported()
        if let relative = fields.text("tokenFile") {
            let path = file.resolve(relative)
            _ = try TokenFile.read(path)
            return .file(path)
        }
        if let token = fields.text("token") {
            guard token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw KubeConfigError(
                    .tokenMissing,
                    file: file.path,
                    "\(file.path): the token of user \(name) has characters that no token has"
                )
            }
            return .fixed(token)
        }
        guard let exec = fields.fields("exec") else { return .none }
        return .command(try plugin(exec, clusterInfo: clusterInfo))
    }

    /// The certificate and key, checked to be readable; embedded data goes before files.
    func clientCertificate() throws(KubeConfigError) -> KubeConfig.ClientCertificate? {
        let chain = try bytes("client-certificate")
        let key = try bytes("client-key")
        switch (chain, key) {
        case (nil, nil):
            return nil
        case (let chain?, let key?):
            let user = "of user \(name)"
            return KubeConfig.ClientCertificate(
                chain: try PEMFile.checkCertificates(chain.bytes, what: "client-certificate \(user)", file: chain.file),
                key: try PEMFile.checkKey(key.bytes, what: "client-key \(user)", file: key.file)
            )
        case (nil, _), (_, nil):
            throw KubeConfigError(
                .certificateWithoutKey,
                file: file.path,
                "\(file.path): user \(name) has a client \(chain == nil ? "key without its certificate" : "certificate without its key")"
            )
        }
    }

    private func bytes(_ field: String) throws(KubeConfigError) -> (bytes: [UInt8], file: String)? {
        if let data = fields.text(field + "-data") {
            let what = "\(field)-data of user \(name)"
            return (try PEMFile.decode(base64: data, what: what, file: file.path), file.path)
        }
        guard let relative = fields.text(field) else { return nil }
        let path = file.resolve(relative)
        return (try PEMFile.read(path, for: "\(field) of user \(name) in \(file.path)"), path)
    }

    private func refuseUnsupported() throws(KubeConfigError) {
        let refused: [(field: String, advice: String)] = [
            ("auth-provider", "Kubernetes 1.26 removed it: use the provider's exec plugin"),
            ("username", "Kubernetes 1.19 removed it: use a token or a client certificate"),
            ("as", "use a user that has the rights itself"),
        ]
        for (field, advice) in refused where fields.has(field) {
            throw KubeConfigError(
                .unsupported,
                file: file.path,
                "\(file.path): user \(name) uses \(field), which is not supported: \(advice)"
            )
        }
    }

    private func plugin(_ exec: YAMLFields, clusterInfo: String) throws(KubeConfigError) -> ExecPlugin {
        func refuse(_ why: String) -> KubeConfigError {
            KubeConfigError(.unsupported, file: file.path, "\(file.path): user \(name) uses exec \(why)")
        }
        guard var command = exec.text("command") else { throw refuse("without a command") }
        let version = exec.text("apiVersion") ?? ""
        guard version == "client.authentication.k8s.io/v1" || version == "client.authentication.k8s.io/v1beta1"
        else {
            throw refuse("with apiVersion \(version.isEmpty ? "missing" : version); v1 and v1beta1 are supported")
        }
        guard exec.text("interactiveMode") != "Always" else {
            throw refuse("that must ask at a terminal (interactiveMode: Always), which is not supported yet")
        }
        if command.contains("/") { command = file.resolve(command) }
        var environment: [String: String] = [:]
        for variable in exec.list("env") {
            if let name = variable.text("name") { environment[name] = variable.text("value") ?? "" }
        }
        return ExecPlugin(
            command: command,
            arguments: exec.texts("args"),
            environment: environment,
            apiVersion: version,
            installHint: exec.text("installHint"),
            clusterInfo: exec.isTrue("provideClusterInfo") ? clusterInfo : nil
        )
    }
}
