import ArgumentParser
import KubernetesAPI
import Terminal

/// `podsight record`: what a cluster's API says, as a file that `replay --cluster` and `resolve --cluster` read.
struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record what happens in a cluster, to replay it later.",
        discussion: """
            Lists and follows the objects that flows are named by, until interrupted or for a time. Environment \
            variables, annotations and secrets are left out.

            EXAMPLES
              podsight record --cluster cluster.jsonl
              podsight record --cluster incident.jsonl --for 10m --context prod
              podsight replay web.pcap --cluster incident.jsonl
            """
    )

    @Option(help: ArgumentHelp("The file to write; - for standard output.", valueName: "file"))
    var cluster: String

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long to record; else until interrupted.", valueName: "time")
    )
    var length = DurationOption(nanoseconds: nil)

    @Flag(help: "Replace the file if it is there.")
    var force = false

    @OptionGroup(title: "Cluster")
    var kubeConfig: KubeConfigOptions

    private struct TimeIsUp: Error {}

    func run() async throws {
        guard let config = try kubeConfig.discover() else {
            throw CommandFailure("no kubeconfig found; --kubeconfig names one")
        }
        let file: ClusterRecordingFile
        do {
            file = try ClusterRecordingFile(path: cluster, replacing: force)
        } catch {
            throw CommandFailure("\(error)")
        }
        StandardError.write("podsight: recording \(config) to \(cluster) (interrupt to stop)\n")
        let watcher = ClusterWatcher(config) { events in file.write(events) }
        do {
            try await ProcessLifetime.run { group in
                group.addTask { await watcher.run() }
                group.addTask { try await follow(watcher, file) }
                if let nanoseconds = length.nanoseconds {
                    group.addTask {
                        try await Task.sleep(for: .nanoseconds(nanoseconds))
                        throw TimeIsUp()
                    }
                }
            } onSignal: {
            }
        } catch is TimeIsUp {
        } catch let failure as CommandFailure where failure.status == .interrupted {
            // Being interrupted is how a recording ends.
        }
        file.finish(at: SystemClock.now)
        try account(watcher.status, file.progress)
    }

    /// Says what is going on, each problem once, and ends when nothing can be written any more.
    private func follow(_ watcher: ClusterWatcher, _ file: ClusterRecordingFile) async throws {
        var said = ""
        while true {
            try await Task.sleep(for: .seconds(1))
            let progress = file.progress
            if progress.failure != nil { return try account(watcher.status, progress) }
            let message = watcher.status.message
            if StandardError.isTerminal {
                StandardError.write("\r\u{1B}[K\(message): \(RecordCommand.text(progress))")
            } else if message != said {
                said = message
                StandardError.write("podsight: \(message)\n")
            }
        }
    }

    private func account(_ status: ClusterWatchStatus, _ progress: ClusterRecordingFile.Progress) throws {
        if StandardError.isTerminal { StandardError.write("\r\u{1B}[K") }
        if let failure = progress.failure { throw CommandFailure("\(failure)") }
        StandardError.write("podsight: \(RecordCommand.text(progress)) recorded\n")
        // An empty recording is no recording.
        guard progress.bytes > 0 else { throw CommandFailure("nothing was recorded: \(status.message)") }
        if status.undecodable > 0 {
            StandardError.write("podsight: \(status.undecodable) objects could not be read and are left out\n")
        }
    }

    private static func text(_ progress: ClusterRecordingFile.Progress) -> String {
        let gaps = progress.gaps == 0 ? "" : ", \(progress.gaps) gaps"
        return "\(progress.listed) objects, \(progress.changes) changes\(gaps), \(progress.bytes) bytes"
    }
}
