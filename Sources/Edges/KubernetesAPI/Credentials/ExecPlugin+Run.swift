import FoundationEssentials

extension ExecPlugin {
    /// What a plugin gave: a token, or a client certificate, or both.
    struct Credential: Sendable, Equatable {
        var token: String?
        var clientCertificate: KubeConfig.ClientCertificate?
    }

    /// The answer of a plugin (client.authentication.k8s.io, ExecCredential).
    private struct Answer: Decodable {
        struct Status: Decodable {
            var token: String?
            var clientCertificateData: String?
            var clientKeyData: String?
        }
        var kind: String?
        var status: Status?
    }

    /// Long enough for a login in a browser, short enough not to hang for ever.
    private static let timeoutSeconds = 120

    /// Runs the command and reads its answer; blocks the calling thread.
    func run(environment inherited: [String: String]) throws(KubeConfigError) -> Credential {
        var variables = inherited.merging(environment) { $1 }
        variables["KUBERNETES_EXEC_INFO"] = info
        let run: CommandRun
        do throws(CommandRun.Failure) {
            run = try CommandRun(
                command,
                arguments: arguments,
                environment: variables,
                timeoutSeconds: Self.timeoutSeconds
            )
        } catch {
            throw failure(problem(error))
        }
        guard run.status == 0 else { throw failure("failed with status \(run.status); see its own message above") }
        return try parse(run.output)
    }

    private var info: String {
        let cluster = clusterInfo.map { ",\"cluster\":\($0)" } ?? ""
        return "{\"apiVersion\":\"\(apiVersion)\",\"kind\":\"ExecCredential\","
            + "\"spec\":{\"interactive\":false\(cluster)}}"
    }

    /// Reads an ExecCredential; one without token and certificate is an error.
    func parse(_ output: [UInt8]) throws(KubeConfigError) -> Credential {
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(output)),
            answer.kind == "ExecCredential", let status = answer.status
        else { throw failure("did not print an ExecCredential with a status") }
        var credential = Credential(token: status.token.flatMap { $0.isEmpty ? nil : $0 })
        if let chain = status.clientCertificateData, let key = status.clientKeyData {
            let what = "the credential of \(command)"
            credential.clientCertificate = KubeConfig.ClientCertificate(
                chain: try PEMFile.checkCertificates(Array(chain.utf8), what: what, file: command),
                key: try PEMFile.checkKey(Array(key.utf8), what: what, file: command)
            )
        }
        guard credential.token != nil || credential.clientCertificate != nil else {
            throw failure("printed a credential with neither a token nor a certificate")
        }
        return credential
    }

    private func problem(_ failure: CommandRun.Failure) -> String {
        switch failure {
        case .notStarted(let why):
            let hint = installHint?.split(whereSeparator: \.isNewline).joined(separator: " ")
            return "cannot be started (\(why)): " + (hint ?? "install it or correct exec.command")
        case .timedOut:
            return "gave no credential within \(Self.timeoutSeconds) s"
        case .outputTooLarge:
            return "printed more than a credential can be"
        }
    }

    private func failure(_ what: String) -> KubeConfigError {
        KubeConfigError(.commandFailed, file: command, "the credential command \(command) \(what)")
    }
}
