import ArgumentParser
import FlowAttribution
import RecordFormats
import Terminal

/// `podsight replay`: packets, translations and cluster events from files through the same stages as live.
struct ReplayCommand: AsyncParsableCommand {
    enum Output: String, CaseIterable, ExpressibleByArgument {
        case jsonl, table, wide, csv, none
    }

    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Meter captures (pcap, pcapng) and name both ends of each flow as of its own time.",
        discussion: """
            Captures are read side by side in time order; each is an observation point, named by its file or by \
            the pod that has the file's name.

            EXAMPLES
              podsight replay eth0.pcap -o jsonl | jq .network.bytes
              podsight replay pods/*.pcap --cluster cluster.jsonl \\
                --conntrack conntrack.txt -o table
              podsight replay pods/*.pcap --cluster manifests/ --serve :7080
            """
    )

    @Argument(help: ArgumentHelp("Captures to read, pcap or pcapng.", valueName: "capture"))
    var captures: [String]

    @Option(
        name: .customLong("cluster"),
        help: ArgumentHelp("A recording of API traffic, or a file or folder of manifests.", valueName: "path")
    )
    var clusters: [String] = []

    @Option(
        name: .customLong("conntrack"),
        help: ArgumentHelp("A log of conntrack -E -o timestamp,extended,id.", valueName: "file")
    )
    var conntracks: [String] = []

    @Option(
        name: [.short, .customLong("output")],
        help: "How to print flows: jsonl (ECS documents), table, wide, csv or none."
    )
    var output: Output?

    @OptionGroup(title: "Metering")
    var metering: MeteringOptions

    @OptionGroup(title: "Clocks")
    var clocks: ClockOptions

    @Option(help: "The Community ID's seed.")
    var seed: UInt16 = 0

    @Option(help: ArgumentHelp("Afterwards serve the API and console there.", valueName: "address"))
    var serve: ListenAddress?

    @OptionGroup(title: "Names")
    var names: NameOptions

    func validate() throws {
        guard names.dns == nil || serve != nil else { throw ValidationError("--dns needs --serve") }
        guard !captures.isEmpty else { throw ValidationError("name at least one capture") }
    }

    func run() async throws {
        var inputs = ReplayInputs(clocks.configuration)
        for path in captures { try inputs.addCapture(path: path) }
        for path in clusters { try inputs.addCluster(path: path) }
        for path in conntracks { try inputs.addConntrack(path: path) }
        let pipeline = try ReplayPipeline(
            inputs,
            ReplayPipeline.Configuration(
                format: format.flatMap { FlowTextFormat(rawValue: $0.rawValue) },
                isServed: serve != nil,
                metering: metering.configuration(seed: seed)
            )
        )
        let summary = try pipeline.run()
        guard let serve else {
            if let first = summary.failures.first { throw CommandFailure(first) }
            return
        }
        for failure in summary.failures { StandardError.write("podsight: \(failure)\n") }
        try await ReplayServer(summary, address: serve, names: names).run { url in
            StandardError.write("podsight: serving the replay at \(url) (interrupt to stop)\n")
        }
    }

    /// The format asked for; a terminal gets a table, a pipe gets documents, a server's user the console.
    private var format: Output? {
        if let output { return output == .none ? nil : output }
        if serve != nil { return nil }
        return StandardOutput.isTerminal ? .table : .jsonl
    }
}
