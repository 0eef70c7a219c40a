import ArgumentParser
import ClusterHistory
import Terminal

/// How far clocks are trusted.
struct ClockOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "By how much clocks may differ; that close to a change of owner only who alone can be meant is named.",
            valueName: "time"
        )
    )
    var clockTolerance = DurationOption(nanoseconds: nil)

    /// How a history reads uncertain times then.
    var configuration: ClusterHistory.Configuration {
        ClusterHistory.Configuration(clockTolerance: clockTolerance.nanoseconds ?? 0)
    }
}
