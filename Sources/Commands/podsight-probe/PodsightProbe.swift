import Dispatch
import ProbeCommand
import Terminal

/// `podsight probe` alone, without store, API and console: for an image that is added to pods.
@main
enum PodsightProbe {
    static func main() {
        let arguments = ProbeCommand.arguments(after: 1)
        ProbeCommand.giveUpRights(arguments)
        Task { await CommandRun.run(ProbeCommand.self, arguments: arguments) }
        dispatchMain()
    }
}
