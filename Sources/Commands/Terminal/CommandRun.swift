import ArgumentParser
import Glibc

/// Runs a command line from its arguments to its exit code.
package enum CommandRun {
    /// Runs the root command and ends the process.
    ///
    /// - Parameters:
    ///   - root: The command that the arguments are for.
    ///   - arguments: The arguments without the program's name; those of the process, if `nil`.
    package static func run<Root: AsyncParsableCommand>(_ root: Root.Type, arguments: [String]? = nil) async -> Never {
        // A closed pipe is an error of write(2), not a death.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try Root.parseAsRoot(arguments)
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
            Root.exit(withError: error)
        }
        Glibc.exit(ExitStatus.done.rawValue)
    }
}
