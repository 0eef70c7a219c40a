import ArgumentParser
import FlowMetering
import NetworkAddressing

/// How packets become flows: the same options wherever packets are metered.
struct MeteringOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Report flows so often, or none: each once, at its end.", valueName: "time"))
    var interval = DurationOption.tenSeconds

    @Option(help: ArgumentHelp("A flow without packets for so long has ended, or never.", valueName: "time"))
    var idleTimeout = DurationOption.oneMinute

    @Option(help: "How far to look into packets: full, or none for counters and flags alone.")
    var analysis = MeteringConfiguration.Analysis.full

    @Option(help: "How to tell source from destination: evidence, or ports for the lower port alone.")
    var direction = MeteringConfiguration.Direction.evidence

    @Option(
        help: ArgumentHelp(
            "Meter what is in tunnels of these kinds: vxlan, geneve, gre, ipip, gtpu, joined by commas, or all.",
            valueName: "kinds"
        )
    )
    var decapsulate = TunnelKindsOption(kinds: [])

    @Option(help: ArgumentHelp("The most flows kept at once; beyond it the idlest are reported early.", valueName: "n"))
    var maxFlows = 1 << 20

    func validate() throws {
        guard (1...1 << 26).contains(maxFlows) else { throw ValidationError("--max-flows is from 1 to 67108864") }
    }

    func configuration(seed: UInt16 = 0, hashSeed: UInt64 = 0) -> MeteringConfiguration {
        MeteringConfiguration(
            interval: interval.nanoseconds,
            idleTimeout: idleTimeout.nanoseconds,
            flowsMax: maxFlows,
            hashSeed: hashSeed,
            analysis: analysis,
            direction: direction,
            decapsulate: decapsulate.kinds,
            seed: seed
        )
    }
}

extension MeteringConfiguration.Analysis: ExpressibleByArgument {}
extension MeteringConfiguration.Direction: ExpressibleByArgument {}

/// Tunnel kinds as people type them.
struct TunnelKindsOption: ExpressibleByArgument {
    let kinds: TunnelKinds

    init(kinds: TunnelKinds) { self.kinds = kinds }

    init?(argument: String) {
        if argument == "all" {
            kinds = .all
            return
        }
        var kinds = TunnelKinds()
        for name in argument.split(separator: ",") {
            guard let kind = TunnelKind.allCases.first(where: { $0.name == name }) else { return nil }
            kinds.insert(TunnelKinds(kind))
        }
        guard !kinds.isEmpty else { return nil }
        self.kinds = kinds
    }

    var defaultValueDescription: String { "none" }
}

extension DurationOption {
    static let tenSeconds = DurationOption(nanoseconds: 10_000_000_000)
    static let oneMinute = DurationOption(nanoseconds: 60_000_000_000)
}
