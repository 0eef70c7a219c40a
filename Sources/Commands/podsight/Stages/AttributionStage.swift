import FlowAttribution
import FlowModel
import QueryAPI

/// Attributes reports and counts on what evidence each end was named.
struct AttributionStage {
    /// The facts; replaced as they grow.
    var attributor: Attributor
    private var ends = [UInt64](repeating: 0, count: Basis.allCases.count)
    private(set) var reports: UInt64 = 0

    init(_ attributor: Attributor) { self.attributor = attributor }

    mutating func attribute(_ observation: Observation, at point: ObservationPoint) -> AttributedFlow {
        let flow = attributor.attribute(observation, at: point)
        attributor.answers.record(flow)
        ends[Int(flow.source.basis.rawValue)] += 1
        ends[Int(flow.destination.basis.rawValue)] += 1
        reports += 1
        return flow
    }

    /// Counts reports that nobody asked the names of.
    mutating func pass(_ count: Int) { reports += UInt64(count) }

    /// Ends by the name of their basis, in the order of precedence.
    var endsByBasis: [(basis: String, ends: UInt64)] {
        Basis.allCases.map { ($0.name, ends[Int($0.rawValue)]) }
    }
}
