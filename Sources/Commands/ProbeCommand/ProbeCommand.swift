import ArgumentParser
import FlowExport
import FlowModel
import Glibc
import NetworkAddressing
import ProcessPrivileges
import RecordFormats
import Terminal

/// `podsight probe`: meters the interfaces of a pod and sends the flows to a collector.
package struct ProbeCommand: AsyncParsableCommand {
    /// What the help says.
    package static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Meter this pod's interfaces and send the flows to a collector; for a sidecar.",
        discussion: """
            Needs CAP_NET_RAW only. Every option can be given in the environment:
            PODSIGHT_IDLE_TIMEOUT is --idle-timeout.

            EXAMPLES
              podsight probe --collector http://podsight:7080
              podsight probe --collector https://podsight:7080 --spool /spool
              sudo podsight probe -o jsonl --interface eth0
            """,
        version: productVersion
    )

    enum Output: String, CaseIterable, ExpressibleByArgument {
        case jsonl
    }

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case podsight, insight
    }

    @OptionGroup(title: "Sending")
    var sending: SendingOptions

    @Option(
        name: [.short, .customLong("output")],
        help: "Print flows instead of sending them: jsonl, ECS documents named by address."
    )
    var output: Output?

    @Option(
        name: .customLong("interface"),
        help: ArgumentHelp(
            "An interface to watch, or any; may be repeated. If none: all that are up but loopback.",
            valueName: "name"
        )
    )
    var interfaces: [String] = []

    @Option(help: ArgumentHelp("Meter only packets that match, as tcpdump writes it.", valueName: "expression"))
    var filter: String?

    @OptionGroup(title: "Metering")
    var metering: MeteringOptions

    @Option(help: ArgumentHelp("Bytes kept of each packet.", valueName: "bytes"))
    var snapLength: UInt32 = 192

    @Option(help: ArgumentHelp("The memory of all capture rings together.", valueName: "size"))
    var ringSize = SizeOption(bytes: 4 << 20)

    @Option(help: ArgumentHelp("Threads that share each interface's flows, where one is not enough.", valueName: "n"))
    var rings = 1

    @OptionGroup(title: "Where it runs")
    var place: PlaceOptions

    /// An unparsed command.
    package init() {}

    /// Checks what only the options together can tell.
    package func validate() throws {
        guard output == nil || sending.collector == nil else {
            throw ValidationError("--collector and -o exclude each other")
        }
        guard output != nil || sending.url != nil else {
            throw ValidationError("name a collector with --collector, or print flows with -o jsonl")
        }
        guard (1...16).contains(rings) else { throw ValidationError("--rings is a number from 1 to 16") }
        guard rings == 1 || output == nil else { throw ValidationError("-o prints from one thread: leave out --rings") }
        guard (64...65_535).contains(snapLength) else {
            throw ValidationError("--snap-length is a number from 64 to 65535")
        }
        if let url = sending.url, output == nil, CollectorAddress(url) == nil {
            throw ValidationError("\(url) is no http or https URL")
        }
    }

    /// Runs until it is told to stop.
    package func run() async throws {
        FreedMemory.returnToKernel(threads: rings)
        let pipeline = try ProbePipeline(self)
        try await pipeline.run()
    }

    /// Gives up every right that a probe with these arguments does not need.
    ///
    /// Rights belong to threads, so this comes before anything that starts one; wrong arguments are for `run` to name.
    package static func giveUpRights(_ arguments: [String]) {
        guard let command = try? ProbeCommand.parse(arguments) else { return }
        let sending = command.sending
        // A token is replaced together with its folder.
        let token = sending.collectorTokenFile.map { path in
            path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/."
        }
        if let spool = sending.spool { mkdir(spool, 0o700) }
        let report = Privileges.drop(
            keeping: [.netRaw],
            readPaths: [sending.collectorAuthority, token].compactMap(\.self),
            readWritePaths: [sending.spool].compactMap(\.self)
        )
        StandardError.write("podsight: \(report.joined(separator: "; "))\n")
    }

    /// The arguments of the process from a place on, with what the environment adds.
    package static func arguments(after count: Int) -> [String] {
        OptionVariables.adding(
            to: Array(CommandLine.arguments.dropFirst(count)),
            options: [
                "collector", "collector-ca", "collector-token-file", "format", "spool", "spool-max", "buffer-max",
                "output", "interface", "filter", "interval", "idle-timeout", "analysis", "direction", "decapsulate",
                "max-flows", "snap-length", "ring-size", "rings", "node-name", "pod-name", "pod-namespace", "pod-uid",
            ],
            repeated: ["interface"],
            aliases: ["-o": "output"],
            environment: ProcessEnvironment.all
        )
    }
}

/// Where batches go, and what may wait for it.
struct SendingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The collector, such as http://podsight:7080.", valueName: "url"))
    var collector: String?

    @Option(
        name: .customLong("collector-ca"),
        help: ArgumentHelp("Certificates in PEM to trust instead of the system's.", valueName: "path")
    )
    var collectorAuthority: String?

    @Option(help: ArgumentHelp("A file with a bearer token, read for each batch.", valueName: "path"))
    var collectorTokenFile: String?

    @Option(help: "What is sent: podsight, or insight for the JSON of Insight's probe.")
    var format = ProbeCommand.Format.podsight

    @Option(help: ArgumentHelp("A folder for batches while the collector is away.", valueName: "path"))
    var spool: String?

    @Option(help: ArgumentHelp("How large that folder may grow; then the oldest batches go.", valueName: "size"))
    var spoolMax = SizeOption(bytes: 256 << 20)

    @Option(help: ArgumentHelp("How much may wait in memory; then the oldest batches go.", valueName: "size"))
    var bufferMax = SizeOption(bytes: 16 << 20)

    /// The URL as it was given; that of Insight's probe where its format is asked for.
    var url: String? {
        collector ?? (format == .insight ? ProcessEnvironment.all["LOGSTASH"].flatMap { $0.isEmpty ? nil : $0 } : nil)
    }
}

/// The pod and the node, as the downward API tells them.
struct PlaceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The node's name.", valueName: "name"))
    var nodeName: String?

    @Option(help: ArgumentHelp("The pod's name; the host name, if only its namespace is given.", valueName: "name"))
    var podName: String?

    @Option(help: ArgumentHelp("The pod's namespace.", valueName: "name"))
    var podNamespace: String?

    @Option(help: ArgumentHelp("The pod's UID.", valueName: "uid"))
    var podUid: String?

    /// What these say, with the host name for a pod's that is not named.
    var place: ProbePlace {
        let environment = ProcessEnvironment.all
        let hostname = environment["HOSTNAME"].flatMap { $0.isEmpty ? nil : $0 } ?? ProbePlace.ownHostname
        let isPod = podName != nil || podNamespace != nil || podUid != nil
        let pod = WireExporter.Pod(namespace: podNamespace ?? "", name: podName ?? hostname, uid: podUid ?? "")
        return ProbePlace(node: nodeName ?? "", pod: isPod ? pod : nil, hostname: hostname)
    }
}
