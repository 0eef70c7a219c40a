import Glibc

/// Standard error, unbuffered.
enum StandardError {
    static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Standard output in large writes.
struct StandardOutput: ~Copyable {
    private static let flushSize = 1 << 18
    /// What is not written yet; append to it, then call `flushIfLarge`.
    var bytes: [UInt8] = []

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    init() { bytes.reserveCapacity(StandardOutput.flushSize + 1 << 16) }

    mutating func flushIfLarge() throws {
        if bytes.count >= StandardOutput.flushSize { try flush() }
    }

    /// Writes what is pending.
    ///
    /// - Throws: `CommandFailure`; without a message and with 0 where the reader has gone, such as `head`.
    mutating func flush() throws {
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
