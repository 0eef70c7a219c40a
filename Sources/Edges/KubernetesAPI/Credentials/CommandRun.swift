import Glibc

/// Runs one command to its end and keeps what it prints; blocks the calling thread.
struct CommandRun {
    /// How the command ended: its exit status, or 128 and the signal that ended it.
    let status: Int32
    /// What it wrote to standard output.
    let output: [UInt8]

    /// Why a command gave no result.
    enum Failure: Error, Equatable {
        case notStarted(String)
        case timedOut
        case outputTooLarge
    }

    private static let outputMax = 1 << 20

    /// Runs a command found by path or in `PATH`, without input; its standard error is ours.
    init(
        _ command: String,
        arguments: [String],
        environment: [String: String],
        timeoutSeconds: Int
    ) throws(Failure) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw .notStarted(String(cString: strerror(errno))) }
        defer { close(ends[0]) }
        // Else another command that starts meanwhile would hold this pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let started = Result { () throws(Failure) in
            try Self.spawn(command, arguments, environment, output: ends[1])
        }
        close(ends[1])
        let process = try started.get()
        var finished = false
        defer {
            if !finished {
                kill(process, SIGKILL)
                _ = Self.wait(process)
            }
        }
        output = try Self.read(ends[0], deadline: Self.milliseconds() + timeoutSeconds * 1000)
        status = Self.wait(process)
        finished = true
    }

    private static func spawn(
        _ command: String,
        _ arguments: [String],
        _ environment: [String: String],
        output: Int32
    ) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        let argumentTexts = ([command] + arguments).map { strdup($0) }
        let environmentTexts = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") }
        defer { (argumentTexts + environmentTexts).forEach { free($0) } }
        var process = pid_t()
        let result = posix_spawnp(&process, command, &actions, nil, argumentTexts + [nil], environmentTexts + [nil])
        guard result == 0 else { throw .notStarted(String(cString: strerror(result))) }
        return process
    }

    private static func read(_ descriptor: Int32, deadline: Int) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = deadline - milliseconds()
            guard left > 0 else { throw .timedOut }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Int32(clamping: left)) > 0 else { continue }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return output }
            if count < 0 {
                if errno == EINTR { continue }
                throw .notStarted(String(cString: strerror(errno)))
            }
            guard output.count + count <= outputMax else { throw .outputTooLarge }
            output.append(contentsOf: chunk[..<count])
        }
    }

    private static func wait(_ process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return -1 }
        }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    private static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
