extension KubeConfig {
    /// Where Kubernetes mounts a pod's service account.
    package static let serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// Finds the cluster to talk to: the explicit path, `KUBECONFIG`, `~/.kube/config`, the pod's service account.
    ///
    /// `nil` means that there is none of these; a kubeconfig in the home folder that names no cluster counts as none.
    /// A cluster without a proxy of its own is reached by the environment's.
    /// - Throws: `KubeConfigError` when one was found and is wrong.
    package static func discover(
        environment: [String: String],
        home: String?,
        explicitPath: String? = nil,
        context: String? = nil,
        serviceAccountFolder: String = KubeConfig.serviceAccountFolder
    ) throws(KubeConfigError) -> KubeConfig? {
        let found = try find(environment, home, explicitPath, context, serviceAccountFolder)
        guard var config = found, config.proxy == nil else { return found }
        config.proxy = try Proxy.named(by: environment, for: config.server)
        return config
    }

    private static func find(
        _ environment: [String: String],
        _ home: String?,
        _ explicitPath: String?,
        _ context: String?,
        _ serviceAccountFolder: String
    ) throws(KubeConfigError) -> KubeConfig? {
        if let explicitPath {
            return try KubeConfigFiles([KubeConfigFile(path: explicitPath)]).resolve(context: context)
        }
        let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        if !listed.isEmpty {
            return try KubeConfigFiles(existing(listed)).resolve(context: context)
        }
        if let files = try inHome(home), context != nil || files.namesAnything {
            return try files.resolve(context: context)
        }
        return try inCluster(environment: environment, folder: serviceAccountFolder)
    }

    /// Files of `KUBECONFIG` may be missing, as for kubectl, but not all of them.
    private static func existing(_ paths: [String]) throws(KubeConfigError) -> [KubeConfigFile] {
        var files: [KubeConfigFile] = []
        for path in paths {
            do throws(KubeConfigError) {
                files.append(try KubeConfigFile(path: path))
            } catch  where error.reason == .fileMissing {
                continue
            }
        }
        guard files.isEmpty else { return files }
        throw KubeConfigError(
            .fileMissing,
            file: paths[0],
            "KUBECONFIG names \(paths.joined(separator: ", ")), which does not exist: correct or unset it"
        )
    }

    private static func inHome(_ home: String?) throws(KubeConfigError) -> KubeConfigFiles? {
        guard let home, !home.isEmpty else { return nil }
        do throws(KubeConfigError) {
            return KubeConfigFiles([try KubeConfigFile(path: home + "/.kube/config")])
        } catch  where error.reason == .fileMissing {
            return nil
        }
    }

    private static func inCluster(
        environment: [String: String],
        folder: String
    ) throws(KubeConfigError) -> KubeConfig? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else { return nil }
        let tokenFile = folder + "/token"
        do throws(BoundedFile.Failure) {
            _ = try BoundedFile.read(tokenFile, limit: TokenFile.sizeMax)
        } catch .missing {
            // A pod without automountServiceAccountToken has no identity to use.
            return nil
        } catch {
            throw KubeConfigError(.tokenMissing, file: tokenFile, "\(tokenFile) cannot be read: \(error.text)")
        }
        let authorities = try PEMFile.certificates(folder + "/ca.crt", for: "the service account")
        let namespace = (try? BoundedFile.read(folder + "/namespace", limit: 4096))
            .map { String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace } }
        return KubeConfig(
            source: .inCluster,
            context: "in-cluster",
            namespace: namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default",
            server: "https://" + (host.contains(":") ? "[\(host)]" : host) + ":" + port,
            serverName: nil,
            trust: .authorities(authorities),
            clientCertificate: nil,
            token: .file(tokenFile)
        )
    }
}

/// A bearer token in a file that may change at any time.
enum TokenFile {
    /// Far above the few kilobytes of a service-account token.
    static let sizeMax = 1 << 20

    /// The token without white space around it.
    static func read(_ path: String) throws(KubeConfigError) -> String {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, limit: sizeMax)
        } catch {
            throw KubeConfigError(.tokenMissing, file: path, "token file \(path) cannot be read: \(error.text)")
        }
        let token = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard !token.isEmpty else {
            throw KubeConfigError(.tokenMissing, file: path, "token file \(path) is empty")
        }
        return token
    }
}
