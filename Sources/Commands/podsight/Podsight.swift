import ArgumentParser
import FlowModel
import ProbeCommand
import Terminal

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
            RunCommand.self, ProbeCommand.self, ReplayCommand.self, DemoCommand.self, FlowsCommand.self,
            StatusCommand.self,
        ]
    )

    static func main() async {
        let isProbe = CommandLine.arguments.dropFirst().first == "probe"
        await CommandRun.run(
            Podsight.self,
            arguments: isProbe ? ["probe"] + ProbeCommand.arguments(after: 2) : nil
        )
    }
}
