import ArgumentParser
import FlowModel
import Glibc

/// The command line: reads what is asked for and wires the parts that do it.
@main
struct Podsight: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "podsight",
        abstract: "Who talked to whom in a Kubernetes cluster, when, how much, and through which NAT.",
        discussion: """
            EXAMPLES
              podsight demo                          a service map without a cluster
              sudo podsight run                      watch this machine's interfaces
              podsight replay web.pcap               meter a capture
              podsight flows 'dst.ns=db' --since 1h  ask a running instance

            EXIT CODES
              0 done, 1 error, 2 the answer is no, 64 usage,
              69 server unavailable, 77 not permitted, 130 interrupted
            """,
        version: productVersion,
        subcommands: [
            RunCommand.self, ReplayCommand.self, DemoCommand.self, FlowsCommand.self, StatusCommand.self,
        ]
    )

    static func main() async {
        // A closed pipe is an error of write(2), not a death.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            if !failure.message.isEmpty { StandardError.write("podsight: \(failure.message)\n") }
            Glibc.exit(failure.status.rawValue)
        } catch is CancellationError {
            Glibc.exit(ExitStatus.interrupted.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}

/// The process's exit codes; there are no others.
enum ExitStatus: Int32 {
    case done = 0
    case failure = 1
    case answerIsNo = 2
    case usage = 64
    case serverUnavailable = 69
    case notPermitted = 77
    case interrupted = 130
}

/// Ends the command with one line on standard error that names the thing and what to do.
struct CommandFailure: Error {
    let status: ExitStatus
    let message: String

    init(_ message: String, status: ExitStatus = .failure) {
        self.message = message
        self.status = status
    }
}
