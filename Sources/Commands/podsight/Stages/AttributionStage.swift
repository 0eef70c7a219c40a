import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing
import QueryAPI
import RecordFormats

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

    /// Attributes what an exporter sent: this machine's addresses may be another one's there, and what the exporter
    /// says of its own pod holds where the cluster says nothing.
    mutating func attribute(_ batch: WireBatch) -> [AttributedFlow] {
        let hosts = attributor.hosts
        attributor.hosts = batch.ownAddresses
        defer { attributor.hosts = hosts }
        return batch.reports.map { attribute($0.observation, at: batch.points[$0.point]) }
    }

    /// Ends by the name of their basis, in the order of precedence.
    var endsByBasis: [(basis: String, ends: UInt64)] {
        Basis.allCases.map { ($0.name, ends[Int($0.rawValue)]) }
    }
}

extension WireBatch {
    /// The exporter's pod by each of the addresses that it has at its observation points.
    fileprivate var ownAddresses: [IPAddress: Identity] {
        guard let pod = exporter.pod else { return [:] }
        let addresses = Set(points.flatMap(\.addresses))
        let identity = Identity(
            kind: .pod,
            namespace: pod.namespace,
            name: pod.name,
            uid: pod.uid,
            node: exporter.node,
            addresses: addresses.sorted()
        )
        return Dictionary(uniqueKeysWithValues: addresses.map { ($0, identity) })
    }
}
