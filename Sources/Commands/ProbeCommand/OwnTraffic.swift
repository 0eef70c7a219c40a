import FlowModel
import NetworkAddressing
import Synchronization

/// Tells the reports of our own sending from those of what we watch.
final class OwnTraffic: Sendable {
    /// Addresses that are remembered; a collector's name leads to few.
    private static let collectorsMax = 64

    private let collectors = Mutex<[Endpoint]>([])

    /// Remembers where a connection is about to be made to.
    func add(_ collector: Endpoint) {
        collectors.withLock { collectors in
            guard !collectors.contains(collector) else { return }
            if collectors.count == OwnTraffic.collectorsMax { collectors.removeFirst() }
            collectors.append(collector)
        }
    }

    /// Takes the reports of our own connections out.
    func remove(from reports: inout [Observation], at point: ObservationPoint) {
        let collectors = collectors.withLock { $0 }
        guard !collectors.isEmpty else { return }
        reports.removeAll { report in
            report.transport == .tcp
                && (collectors.contains(report.destination) && isHere(report.source, point)
                    || collectors.contains(report.source) && isHere(report.destination, point))
        }
    }

    /// Whether an end is on this interface; a collector on this machine is reached over another one's address.
    private func isHere(_ end: Endpoint, _ point: ObservationPoint) -> Bool {
        point.addresses.isEmpty || point.addresses.contains(end.address)
    }
}
