import FoundationEssentials
import NIOPosix
import Synchronization

/// The identity in use: gives the token of the moment and renews it when the server rejects it.
final class Credential: Sendable {
    private let source: KubeConfig.Token
    private let plugin: Mutex<ExecPlugin.Credential?> = Mutex(nil)

    /// An identity; nothing is read or run yet.
    init(_ source: KubeConfig.Token) { self.source = source }

    /// The token to send now; `nil` where none is used.
    func token() async throws -> String? {
        switch source {
        case .none: nil
        case .fixed(let token): token
        case .file(let path): try await NIOThreadPool.singleton.runIfActive { try TokenFile.read(path) }
        case .command(let plugin): try await run(plugin, unless: nil).token
        }
    }

    /// The client certificate that a command gave, where the token comes from a command.
    func clientCertificate() async throws -> KubeConfig.ClientCertificate? {
        guard case .command(let plugin) = source else { return nil }
        return try await run(plugin, unless: nil).clientCertificate
    }

    /// Says that the server rejected this token; the next `token()` is another where there can be another.
    func reject(_ token: String?) async throws {
        guard case .command(let plugin) = source else { return }
        _ = try await run(plugin, unless: token)
    }

    /// Runs the command where there is no credential yet, or where it is the rejected one.
    ///
    /// The lock is held meanwhile, on a thread that may block, so that many watches run the command once.
    private func run(_ command: ExecPlugin, unless rejected: String?) async throws -> ExecPlugin.Credential {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            try plugin.withLock { current in
                if let known = current, rejected == nil || known.token != rejected { return known }
                let fresh = try command.run(environment: ProcessInfo.processInfo.environment)
                current = fresh
                return fresh
            }
        }
    }
}
