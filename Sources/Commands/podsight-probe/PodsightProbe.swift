import FlowModel
import ProbeCommand
import Terminal

/// `podsight probe` alone, without store, API and console: for an image that is added to pods.
@main
enum PodsightProbe {
    static func main() async {
        await CommandRun.run(ProbeCommand.self, arguments: ProbeCommand.arguments(after: 1))
    }
}
