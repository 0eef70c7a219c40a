/// The process's exit codes; there are no others.
package enum ExitStatus: Int32, Sendable {
    /// It worked.
    case done = 0
    /// It did not.
    case failure = 1
    /// A check was made and failed.
    case answerIsNo = 2
    /// The command line is wrong.
    case usage = 64
    /// Nobody answers there.
    case serverUnavailable = 69
    /// The operating system or a server refuses.
    case notPermitted = 77
    /// Stopped by SIGINT.
    case interrupted = 130
}

/// Ends the command with one line on standard error that names the thing and what to do.
package struct CommandFailure: Error {
    /// The exit code.
    package let status: ExitStatus
    /// The line; empty for none.
    package let message: String

    /// A failure with its line and code.
    package init(_ message: String, status: ExitStatus = .failure) {
        self.message = message
        self.status = status
    }
}
