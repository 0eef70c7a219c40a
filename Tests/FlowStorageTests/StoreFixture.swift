import ClusterHistory
import FlowAttribution
import FlowModel
import FlowQuery
import FlowStorage
import Foundation
import NetworkAddressing

/// A folder of its own for one test.
final class StoreFolder: Sendable {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "podsight-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of the store in it.
    var store: String { "\(path)/flows.db" }
}

/// Flows that can be told apart by their sequence number.
enum StoredFlows {
    static let point = ObservationPoint(name: "web-1", node: "minikube")
    static let services = (0..<5).map { index in
        Identity(
            kind: .pod,
            namespace: "shop-\(index)",
            name: "pod-\(index)",
            uid: "uid-\(index)",
            workload: Identity.Workload(kind: "Deployment", name: "app-\(index)"),
            labels: [Identity.Label(key: "app", value: "app-\(index)")]
        )
    }

    /// A flow that ended so many seconds after the epoch.
    static func flow(_ number: Int, endingAt seconds: Int, service: Int? = nil) -> AttributedFlow {
        let service = services[(service ?? number) % 5]
        let source = Endpoint(IPAddress(v4: 0x0a00_0001), port: UInt16(truncatingIfNeeded: number))
        let destination = Endpoint(IPAddress(v4: 0x0a00_0002 + UInt32(truncatingIfNeeded: number % 5)), port: 80)
        let end = Timestamp(seconds: Int64(seconds))
        return AttributedFlow(
            observation: Observation(
                transport: .tcp,
                source: source,
                destination: destination,
                evidence: .tcpHandshake,
                forward: TrafficCount(packets: 1, bytes: UInt64(number)),
                backward: TrafficCount(packets: 2, bytes: 3),
                flowStart: end.advanced(by: -1_000_000),
                start: end.advanced(by: -1_000_000),
                end: end,
                sequence: UInt32(truncatingIfNeeded: number),
                endReason: .endOfFlow
            ),
            point: point,
            side: .source,
            source: AttributedEnd(endpoint: source, basis: .unknown, reason: "no cluster is known"),
            destination: AttributedEnd(endpoint: destination, identity: service, basis: .address)
        )
    }

    static func flows(_ numbers: Range<Int>) -> [AttributedFlow] { numbers.map { flow($0, endingAt: $0) } }
}

extension FlowStore {
    /// The sequence numbers of all that a scan hands out.
    func numbers(
        from start: Int = 0,
        to end: Int = 1_000_000_000,
        filter: String = "",
        order: Order = .oldestFirst
    ) throws -> [Int] {
        var numbers: [Int] = []
        try scan(
            from: Timestamp(seconds: Int64(start)),
            to: Timestamp(seconds: Int64(end)),
            filter: .parse(filter),
            order: order
        ) { flows in
            numbers += flows.map { Int($0.observation.sequence) }
            return true
        }
        return numbers
    }
}

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
