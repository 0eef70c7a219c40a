import ArgumentParser
import KubernetesAPI
import Terminal

/// Which cluster is meant.
struct KubeConfigOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The kubeconfig; else KUBECONFIG, ~/.kube/config or in-cluster.", valueName: "path"))
    var kubeconfig: String?

    @Option(help: "The kubeconfig's context.")
    var context: String?

    /// The cluster that is named here or by the environment; `nil` where none is.
    func discover() throws -> KubeConfig? {
        let environment = ProcessEnvironment.all
        do {
            return try KubeConfig.discover(
                environment: environment,
                home: environment["HOME"],
                explicitPath: kubeconfig,
                context: context
            )
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
