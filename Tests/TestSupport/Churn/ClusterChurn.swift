import ClusterModel
import FlowModel
import NetworkAddressing

/// A cluster that changes all the time, made from a seed: what its API server told a watcher, and what was true.
///
/// Addresses are given to another pod as soon as a tenth of a second after they became free. Pods complete, crash,
/// get a new sandbox with another address, are deleted in good order, late, by force; watches stall and break.
/// Each node, the API server and the watcher have clocks of their own.
package struct ClusterChurn: Sendable {
    /// What is made.
    package struct Options: Sendable {
        /// Where all chance comes from.
        package var seed: UInt64 = 1
        /// How many pods there are in all.
        package var pods = 2_500
        /// How many nodes there are.
        package var nodes = 12
        /// How long it lasts, in seconds.
        package var seconds = 3_600.0
        /// By how much each clock may be wrong at most, in seconds.
        package var skew = 0.0
        /// How many flows each holding of an address has.
        package var flowsPerHolding = 6

        /// One hour of two and a half thousand pods.
        package init(seed: UInt64 = 1) { self.seed = seed }
    }

    /// That a pod really had an address, in true time.
    package struct Holding: Sendable {
        /// The address.
        package let address: IPAddress
        /// The port at which it answers, of a pod on the host network; 0 for one with an address of its own.
        package var port: UInt16 = 0
        /// The pod's UID.
        package let uid: String
        /// The pod's node, by its number.
        package let node: Int
        /// When it got the address.
        package let from: Timestamp
        /// When it could send no more.
        package var until: Timestamp
    }

    /// A flow of one who had an address, stamped by the clock of some node.
    package struct Flow: Sendable {
        /// Which of the holdings it is of.
        package let holding: Int
        /// The true time of its first packet.
        package let time: Timestamp
        /// Its first packet as stamped.
        package let start: Timestamp
        /// Its last packet as stamped; the first, for a connection.
        package let end: Timestamp
        /// When its report reaches whoever attributes it: by the watcher's clock, with the grace; a day late for some.
        package let delivered: Timestamp
    }

    /// A time in which a watch was broken or stood still.
    package struct Gap: Sendable {
        /// When the last event was received.
        package let from: Timestamp
        /// When the list came that ended it.
        package let until: Timestamp
    }

    /// What was made.
    package private(set) var options: Options
    /// What the watcher learnt, in the order in which it did.
    package internal(set) var events: [ClusterEvent] = []
    /// Who really had which address, and when.
    package internal(set) var holdings: [Holding] = []
    /// The traffic, by the time of delivery.
    package internal(set) var flows: [Flow] = []
    /// When each kind was not watched, as stamped by the watcher.
    package internal(set) var gaps: [ObjectKind: [Gap]] = [:]
    /// When what was learnt of pods came late, in true time.
    package internal(set) var stalls: [Gap] = []
    /// What labels a pod had from which true time on; those of its creation first.
    package internal(set) var labels: [String: [(from: Timestamp, version: String)]] = [:]
    /// In which service's endpoints a pod was, from when until when, in true time.
    package internal(set) var memberships: [String: [(service: String, from: Timestamp, until: Timestamp)]] = [:]
    /// Who had each service address, in true time; `uid` is the service's.
    package internal(set) var services: [Holding] = []
    /// By how much each node's clock is ahead, in nanoseconds.
    package internal(set) var nodeClocks: [Int64] = []
    /// By how much the watcher's clock is ahead, in nanoseconds.
    package internal(set) var watcherClock: Int64 = 0
    /// By how much the API server's clock is ahead, in nanoseconds.
    package internal(set) var serverClock: Int64 = 0
    var told: Set<String> = []
    /// When it begins.
    package static let beginning = Timestamp(seconds: 1_795_000_000)

    /// How often an address went from one pod to another.
    package var reusedAddresses: Int {
        let owned = holdings.filter { $0.port == 0 && $0.address.family == .v4 }
        return owned.count - Set(owned.map(\.address)).count
    }

    /// Makes all of it.
    package init(_ options: Options) {
        self.options = options
        var random = SeededRandom(seed: options.seed)
        func clock() -> Int64 { random.time(-options.skew, options.skew) }
        nodeClocks = (0..<options.nodes).map { _ in clock() }
        watcherClock = clock()
        serverClock = clock()
        var life = ChurnLife(self, random)
        life.live()
        self = life.churn
        random = life.random
        var watch = ChurnWatch(self, life.changes, random)
        watch.deliver()
        self = watch.churn
        random = watch.random
        makeFlows(&random)
    }

    /// Whether the watcher was ever told that the pod has the address.
    package func wasTold(of holding: Holding) -> Bool { told.contains("\(holding.uid) \(holding.address)") }

    /// A true time as a node's clock shows it.
    package func stamped(_ time: Timestamp, node: Int) -> Timestamp { time.advanced(by: nodeClocks[node]) }

    private mutating func makeFlows(_ random: inout SeededRandom) {
        let grace: Int64 = 2_000_000_000
        for (index, holding) in holdings.enumerated() {
            let length = holding.until.since(holding.from)
            guard length > 0 else { continue }
            for number in 0..<options.flowsPerHolding {
                let offset: Int64
                switch number % 3 {
                // A third soon after the beginning, a third before the end: there it is hard.
                case 0: offset = min(length - 1, random.time(0, 2))
                case 1: offset = max(0, length - 1 - random.time(0, 2))
                default: offset = Int64(random.unit() * Double(length - 1))
                }
                let time = holding.from.advanced(by: offset)
                let node = random.below(options.nodes)
                let isConnection = random.happens(0.5)
                let last = isConnection ? 0 : min(length - 1 - offset, random.time(0, 9))
                let isLate = random.happens(0.1)
                let end = time.advanced(by: last)
                flows.append(
                    Flow(
                        holding: index,
                        time: time,
                        start: stamped(time, node: node),
                        end: stamped(end, node: node),
                        delivered: end.advanced(by: watcherClock)
                            .advanced(by: grace + random.time(0, 10) + (isLate ? 86_400_000_000_000 : 0))
                    )
                )
            }
        }
        flows.sort { $0.delivered < $1.delivered }
    }
}
