import ArgumentParser
import FlowStorage
import Glibc
import KubernetesAPI
import PacketCapture
import Terminal

/// `podsight run`: all stages in one process, on this machine's own interfaces.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Watch this machine's interfaces; joined with a cluster where a kubeconfig is found.",
        discussion: """
            Needs CAP_NET_RAW. Flows are kept in an embedded store across restarts.

            EXAMPLES
              sudo podsight run
              sudo podsight run --interface eth0 --retention 30d
            """
    )

    @Option(help: ArgumentHelp("Where to serve the API and console.", valueName: "address"))
    var listen = ListenAddress.standard

    @Option(
        name: .customLong("interface"),
        help: ArgumentHelp("An interface to watch; may be repeated. All that are up, if none.", valueName: "name")
    )
    var interfaces: [String] = []

    @Option(help: ArgumentHelp("Meter only packets that match, as tcpdump writes it.", valueName: "expression"))
    var filter: String?

    @OptionGroup(title: "Metering")
    var metering: MeteringOptions

    @OptionGroup(title: "Cluster")
    var kubeConfig: KubeConfigOptions

    @Flag(inversion: .prefixedNo, help: "Join flows with a cluster where one is found.")
    var cluster = true

    @Option(help: ArgumentHelp("The store's file.", valueName: "path"))
    var store: String?

    @Option(help: ArgumentHelp("How long flows are kept.", valueName: "time"))
    var retention = DurationOption(nanoseconds: 7 * 86_400_000_000_000)

    @Option(help: ArgumentHelp("How large the store may grow.", valueName: "size"))
    var storeMax = SizeOption(bytes: 1 << 30)

    @OptionGroup(title: "Clocks")
    var clocks: ClockOptions

    @OptionGroup(title: "Names")
    var names: NameOptions

    func run() async throws {
        let config = try clusterConfig()
        let path = store ?? RunCommand.standardStorePath
        let flowStore: FlowStore
        do {
            flowStore = try FlowStore(path: path)
        } catch {
            throw CommandFailure("\(error)")
        }
        let pipeline = try LivePipeline(
            LivePipeline.Configuration(
                interfaces: interfaces,
                filter: filter,
                metering: metering.configuration(hashSeed: .random(in: 0 ... .max)),
                history: clocks.configuration,
                retention: retention.nanoseconds,
                storeBytesMax: storeMax.bytes,
                listen: listen,
                names: names
            ),
            store: flowStore,
            cluster: config
        )
        try await pipeline.run()
    }

    /// The cluster to join; says in one line where none is.
    private func clusterConfig() throws -> KubeConfig? {
        guard cluster else {
            StandardError.write("podsight: --no-cluster: flows are named by address only\n")
            return nil
        }
        let found = try kubeConfig.discover()
        if let found {
            StandardError.write("podsight: joining flows with \(found)\n")
        } else {
            StandardError.write(
                "podsight: no kubeconfig found: flows are named by address only (--kubeconfig names one)\n"
            )
        }
        return found
    }

    /// Root's store is the machine's; a user's is the user's own.
    private static var standardStorePath: String {
        if getuid() == 0 { return "/var/lib/podsight/flows.sqlite" }
        let environment = ProcessEnvironment.all
        let state = environment["XDG_STATE_HOME"] ?? "\(environment["HOME"] ?? ".")/.local/state"
        return "\(state)/podsight/flows.sqlite"
    }
}
