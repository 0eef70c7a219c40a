/// How to reach one cluster and as whom: what kubectl would use, with every file it names already read and checked.
package struct KubeConfig: Sendable, Equatable {
    /// Where a configuration came from.
    package enum Source: Sendable, Equatable {
        /// One or more kubeconfig files, merged; the first that names a thing wins.
        case files([String])
        /// The service account of the pod that this process runs in.
        case inCluster
    }

    /// Which certificates of the server are believed.
    package enum Trust: Sendable, Equatable {
        /// Those that the machine's own authorities have signed.
        case system
        /// Those that these authorities have signed, in PEM.
        case authorities([UInt8])
        /// Any (`insecure-skip-tls-verify`).
        case anything
    }

    /// A client certificate chain and its private key, both in PEM.
    package struct ClientCertificate: Sendable, Equatable {
        /// The certificate and those that lead from it to an authority.
        package var chain: [UInt8]
        /// The private key, without a passphrase.
        package var key: [UInt8]
    }

    /// Where the bearer token comes from.
    package enum Token: Sendable, Equatable {
        /// There is none.
        case none
        /// A fixed token.
        case fixed(String)
        /// A file that holds the token of the moment; it is read again for each request.
        case file(String)
        /// A command that prints the token of the moment.
        case command(ExecPlugin)
    }

    /// Where this came from.
    package var source: Source
    /// The name of the context; `in-cluster` for a service account.
    package var context: String
    /// The namespace that the context names; `default` where it names none.
    package var namespace: String
    /// The server's URL without a trailing slash, such as `https://192.168.49.2:8443`.
    package var server: String
    /// The name that the server's certificate must carry, where it is not the host in `server`.
    package var serverName: String?
    /// Which server certificates are believed.
    package var trust: Trust
    /// The client certificate, where there is one.
    package var clientCertificate: ClientCertificate?
    /// The bearer token, where there is one.
    package var token: Token
    /// The proxy that connections go through, where there is one.
    package var proxy: Proxy?
}

extension KubeConfig: CustomStringConvertible {
    /// `kubeconfig minikube (https://192.168.49.2:8443)`: how status and messages name it; never a secret.
    package var description: String {
        switch source {
        case .files: "kubeconfig \(context) (\(server))"
        case .inCluster: "service account (\(server))"
        }
    }
}

/// A command that prints credentials (client.authentication.k8s.io, `exec` of a kubeconfig user).
package struct ExecPlugin: Sendable, Equatable {
    /// The command: a path, or a name that is looked for in `PATH`.
    package var command: String
    /// Its arguments.
    package var arguments: [String]
    /// What is added to its environment.
    package var environment: [String: String]
    /// The API version that it is asked to speak.
    package var apiVersion: String
    /// The kubeconfig's own advice for a missing command.
    package var installHint: String?
    /// What it is told of the cluster (`provideClusterInfo`), as JSON; `nil` where it is told nothing.
    package var clusterInfo: String?
}
