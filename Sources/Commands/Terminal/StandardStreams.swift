import Glibc

/// Standard error, unbuffered.
package enum StandardError {
    /// Writes text; what cannot be written is lost.
    package static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }

    /// Whether it is a terminal.
    package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Standard output in large writes.
package struct StandardOutput: ~Copyable {
    private static let flushSize = 1 << 18
    /// What is not written yet; append to it, then call `flushIfLarge`.
    package var bytes: [UInt8] = []

    /// Whether it is a terminal.
    package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Nothing pending.
    package init() { bytes.reserveCapacity(StandardOutput.flushSize + 1 << 16) }

    /// Writes what is pending if it is much.
    package mutating func flushIfLarge() throws {
        if bytes.count >= StandardOutput.flushSize { try flush() }
    }

    /// Writes what is pending.
    ///
    /// - Throws: `CommandFailure`; without a message and with 0 where the reader has gone, such as `head`.
    package mutating func flush() throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if count >= 0 {
                done += count
            } else if errno == EPIPE {
                throw CommandFailure("", status: .done)
            } else if errno != EINTR {
                let reason = String(cString: strerror(errno))
                throw CommandFailure("cannot write to standard output: \(reason)")
            }
        }
        bytes.removeAll(keepingCapacity: true)
    }
}

/// Standard input in large reads.
package struct StandardInput: Sendable {
    /// Nothing read yet.
    package init() {}

    /// The bytes that are there, at least one and no more than so many; `nil` at the end.
    ///
    /// Blocks until some are there.
    /// - Throws: `CommandFailure` where it cannot be read.
    package mutating func read(atMost size: Int) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: max(1, size))
        while true {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count == 0 { return nil }
            if count > 0 {
                bytes.removeLast(bytes.count - count)
                return bytes
            }
            guard errno == EINTR else {
                let reason = String(cString: strerror(errno))
                throw CommandFailure("cannot read standard input: \(reason)")
            }
        }
    }
}
