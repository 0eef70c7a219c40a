import ArgumentParser
import FlowMetering
import NetworkAddressing

/// How packets become flows: the same options wherever packets are metered.
package struct MeteringOptions: ParsableArguments {
    /// Between reports of a flow.
    @Option(help: ArgumentHelp("Report flows so often, or none: each once, at its end.", valueName: "time"))
    package var interval = DurationOption.tenSeconds

    /// Without packets before a flow has ended.
    @Option(help: ArgumentHelp("A flow without packets for so long has ended, or never.", valueName: "time"))
    package var idleTimeout = DurationOption.oneMinute

    /// How far packets are looked into.
    @Option(help: "How far to look into packets: full, or none for counters and flags alone.")
    package var analysis = MeteringConfiguration.Analysis.full

    /// How the source of a flow is told.
    @Option(help: "How to tell source from destination: evidence, or ports for the lower port alone.")
    package var direction = MeteringConfiguration.Direction.evidence

    /// Which tunnels are entered.
    @Option(help: ArgumentHelp("Tunnels to look into: vxlan,geneve,gre,ipip,gtpu, all or none.", valueName: "kinds"))
    package var decapsulate = TunnelOption.none

    /// The bound on flows.
    @Option(help: ArgumentHelp("The most flows kept at once; beyond it the idlest are reported early.", valueName: "n"))
    package var maxFlows = 1 << 20

    /// Unparsed options.
    package init() {}

    /// Checks the bound on flows.
    package func validate() throws {
        guard (1...(1 << 26)).contains(maxFlows) else {
            throw ValidationError("--max-flows is a number from 1 to \(1 << 26)")
        }
    }

    /// What they say to a meter; a secret `hashSeed` is for packets from a network.
    package func configuration(seed: UInt16 = 0, hashSeed: UInt64 = 0) -> MeteringConfiguration {
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

/// Kinds of tunnels as people type them: `vxlan,geneve`, `all` or `none`.
package struct TunnelOption: ExpressibleByArgument {
    /// The kinds.
    package let kinds: TunnelKinds

    /// No tunnels.
    package static let none = TunnelOption(kinds: [])

    private init(kinds: TunnelKinds) { self.kinds = kinds }

    /// Kinds from their names, joined by commas.
    package init?(argument: String) {
        switch argument {
        case "none": kinds = []
        case "all": kinds = .all
        default:
            var kinds: TunnelKinds = []
            for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
                guard let kind = TunnelKind.allCases.first(where: { $0.name == name }) else { return nil }
                kinds.insert(TunnelKinds(kind))
            }
            self.kinds = kinds
        }
    }

    /// As it is typed.
    package var defaultValueDescription: String {
        kinds.isEmpty ? "none" : TunnelKind.allCases.filter(kinds.contains).map(\.name).joined(separator: ",")
    }
}
