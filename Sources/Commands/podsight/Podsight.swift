import ArgumentParser
import Dispatch
import FlowModel
import ProbeCommand
import Terminal

/// The command line: reads what is asked for and wires the parts that do it.
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
              podsight resolve 172.17.0.9 --at 5m    who had this address then

            EXIT CODES
              0 done, 1 error, 2 the answer is no, 64 usage,
              69 server unavailable, 77 not permitted, 130 interrupted
            """,
        version: productVersion,
        subcommands: [
            RunCommand.self, ProbeCommand.self, ReplayCommand.self, RecordCommand.self, DemoCommand.self,
            FlowsCommand.self, ResolveCommand.self, EventsCommand.self, StatusCommand.self,
        ]
    )
}

/// Where the process begins: rights are given up before it has a second thread.
@main
enum Start {
    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "probe" {
            arguments = ProbeCommand.arguments(after: 2)
            ProbeCommand.giveUpRights(arguments)
            arguments.insert("probe", at: 0)
        }
        Task { [arguments] in await CommandRun.run(Podsight.self, arguments: arguments) }
        dispatchMain()
    }
}
