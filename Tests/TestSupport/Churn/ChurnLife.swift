import ClusterModel
import FlowModel
import NetworkAddressing

/// What happens in a cluster, in true time.
struct ChurnLife {
    var churn: ClusterChurn
    var random: SeededRandom
    /// What the API server is told.
    var changes: [ChurnChange] = []

    private var free: [Int: [(address: UInt32, since: Timestamp)]] = [:]
    private var taken: [Int: UInt32] = [:]
    private var busy: [(until: Timestamp, pool: Int, address: UInt32)] = []

    init(_ churn: ClusterChurn, _ random: SeededRandom) {
        self.churn = churn
        self.random = random
    }

    private var options: ClusterChurn.Options { churn.options }
    private var end: Timestamp { ClusterChurn.beginning.advanced(by: Int64(options.seconds * 1e9)) }

    mutating func live() {
        for node in 0..<options.nodes { addNode(node) }
        var wishes = (0..<options.pods).map { number in
            ChurnPod(number, at: ClusterChurn.beginning.advanced(by: random.time(1, options.seconds - 60)))
        }
        wishes.sort { $0.addressed < $1.addressed }
        while let first = wishes.first {
            wishes.removeFirst()
            guard var next = run(first) else { continue }
            // A new sandbox waits in line for its address like every other.
            next.hasMoved = true
            let place = wishes.firstIndex { $0.addressed > next.addressed } ?? wishes.count
            wishes.insert(next, at: place)
        }
        for node in 0..<options.nodes { for slot in 0..<3 { runDaemons(node, slot) } }
        for service in 0..<8 { runService(service) }
        runServiceAddresses()
    }

    private mutating func addNode(_ number: Int) {
        var node = Node(metadata: ObjectMetadata(name: "node-\(number)", uid: "node-\(number)"))
        node.addresses = [hostAddress(number)]
        changes.append(ChurnChange(time: ClusterChurn.beginning.advanced(by: 1), object: .node(node)))
    }

    private func hostAddress(_ node: Int) -> IPAddress { IPAddress(v4: 0xc0a8_0000 + UInt32(node)) }

    // MARK: Addresses

    /// Half of the nodes have pools of their own, the others share one.
    private func pool(of node: Int) -> Int { node % 2 == 0 ? node : -1 }

    private mutating func takeAddress(_ node: Int, at time: Timestamp) -> UInt32 {
        let pool = pool(of: node)
        // Free for a tenth of a second at least.
        while let first = busy.first, first.until.advanced(by: 100_000_000) <= time {
            busy.removeFirst()
            free[first.pool, default: []].append((first.address, first.until))
        }
        if let addresses = free[pool], !addresses.isEmpty {
            // The one that was freed last half of the time, as the worst there is.
            let index = random.happens(0.5) ? addresses.count - 1 : random.below(addresses.count)
            return free[pool]?.remove(at: index).address ?? 0
        }
        let next = taken[pool, default: 0]
        taken[pool] = next + 1
        return UInt32(0x0a00_0000) + UInt32(pool + 1) << 16 + next + 1
    }

    private mutating func release(_ address: UInt32, _ node: Int, at time: Timestamp) {
        let place = busy.firstIndex { $0.until > time } ?? busy.count
        busy.insert((time, pool(of: node), address), at: place)
    }

    // MARK: Pods

    /// Lets a pod have one sandbox; what it wants next, if its address is to change.
    private mutating func run(_ wish: ChurnPod) -> ChurnPod? {
        var pod = wish
        if !pod.hasMoved { prepare(&pod) }
        let time = pod.addressed
        var address = takeAddress(pod.node, at: time)
        if !pod.hasCondition, pod.addresses.first == IPAddress(v4: address) {
            // That it was another's meanwhile shows only where the kubelet tells of the sandbox.
            let former = address
            address = takeAddress(pod.node, at: time)
            release(former, pod.node, at: time)
        }
        pod.addresses = [IPAddress(v4: address)]
        if pod.isDual { pod.addresses.append(IPAddress(v6: 0xfd00 << 48, UInt64(address))) }
        pod.until = pod.ends
        let moves = pod.kind == .moving && !pod.hasMoved
        if moves { pod.until = time.advanced(by: random.time(5, max(6, Double(pod.ends.since(time)) / 2e9))) }
        for address in pod.addresses {
            churn.holdings.append(
                ClusterChurn.Holding(address: address, uid: pod.uid, node: pod.node, from: time, until: pod.until)
            )
        }
        release(address, pod.node, at: pod.until.advanced(by: random.time(0.02, 1)))
        tell(&pod, moves: moves)
        guard moves else { return nil }
        pod.addressed = pod.until.advanced(by: random.time(0.2, 4))
        pod.ends = max(pod.ends, pod.addressed.advanced(by: 20_000_000_000))
        return pod
    }

    private mutating func prepare(_ pod: inout ChurnPod) {
        pod.node = random.below(options.nodes)
        pod.isDual = random.happens(0.2)
        pod.hasCondition = random.happens(0.7)
        let dice = random.unit()
        pod.kind = dice < 0.35 ? .job : dice < 0.45 ? .crashing : dice < 0.52 ? .moving : .serving
        pod.application = random.below(10)
        let length = pod.kind == .job ? random.time(1.5, 60) : random.time(8, options.seconds / 3)
        pod.ends = pod.addressed.advanced(by: length)
        let created = pod.addressed.advanced(by: -random.time(0.3, 5))
        pod.created = created
        let stamp = created.advanced(by: churn.serverClock)
        pod.object = Pod(
            metadata: ObjectMetadata(
                name: pod.uid,
                namespace: "churn",
                uid: pod.uid,
                created: stamp.wholeSecond,
                labels: ["app": "app-\(pod.application)", "version": "0"],
                controller: OwnerReference(kind: "Job", name: "job-\(pod.application)", uid: "job")
            )
        )
        pod.object.phase = .pending
        changes.append(ChurnChange(time: created, object: .pod(pod.object)))
        pod.object.node = "node-\(pod.node)"
        pod.object.hostAddresses = [hostAddress(pod.node)]
        changes.append(ChurnChange(time: created.advanced(by: 100_000_000), object: .pod(pod.object)))
        churn.labels[pod.uid] = [(.distantPast, "0")]
    }

    /// Tells the API server of one sandbox of a pod, from its address to its end.
    private mutating func tell(_ pod: inout ChurnPod, moves: Bool) {
        func stamp(_ time: Timestamp) -> Timestamp { churn.stamped(time, node: pod.node).wholeSecond }
        let started = pod.addressed.advanced(by: random.time(0.05, 0.9))
        pod.object.addresses = pod.addresses
        pod.object.phase = .running
        pod.object.sandboxReady =
            pod.hasCondition ? stamp(pod.addressed.advanced(by: random.time(0.02, 1.2))) : nil
        // What ran before, in another sandbox perhaps, is told of as well.
        pod.object.containerStarts = pod.object.containerStarts.suffix(1) + [stamp(started)]
        pod.object.runningSince = stamp(started)
        pod.object.lastFinish = nil
        var steps: [(time: Timestamp, apply: (inout Pod) -> Void)] = []
        let shown = started.advanced(by: random.time(0.1, 2))
        steps.append((shown, { _ in }))
        if pod.kind == .crashing {
            var time = started
            while true {
                let crash = time.advanced(by: random.time(2, 60))
                let again = crash.advanced(by: random.time(0.5, 10))
                guard again < pod.until, steps.count < 40 else { break }
                let (first, finish, second) = (stamp(time), stamp(crash), stamp(again))
                steps.append(
                    (
                        again.advanced(by: random.time(0.1, 2)),
                        {
                            $0.containerStarts = [first, second]
                            $0.runningSince = second
                            $0.lastFinish = finish
                        }
                    )
                )
                time = again
            }
        }
        if random.happens(0.15) {
            let time = pod.addressed.advanced(by: Int64(random.unit() * Double(pod.until.since(pod.addressed))))
            if time > shown {
                let version = "\(churn.labels[pod.uid]?.count ?? 0)"
                churn.labels[pod.uid]?.append((time, version))
                steps.append((time, { $0.metadata.labels["version"] = version }))
            }
        }
        if !moves { steps += ending(of: pod) }
        steps.sort { $0.time < $1.time }
        let deletion = moves ? nil : deletions.removeValue(forKey: pod.uid)
        // What is deleted changes no more.
        let last = deletion ?? (moves ? pod.until : .distantFuture)
        for step in steps where step.time < last {
            step.apply(&pod.object)
            changes.append(ChurnChange(time: step.time, object: .pod(pod.object)))
        }
        guard let deletion else { return }
        changes.append(ChurnChange(time: deletion, object: .pod(pod.object), isDeletion: true))
    }

    private var deletions: [String: Timestamp] = [:]
    /// When each pod was in the endpoints of services that select its application.
    var readiness: [(uid: String, application: Int, from: Timestamp, until: Timestamp)] = []

    /// How a pod ends, in steps that the API server is told of; its deletion is noted apart.
    private mutating func ending(of pod: ChurnPod) -> [(time: Timestamp, apply: (inout Pod) -> Void)] {
        let ends = pod.ends
        guard ends < end else { return [] }
        let finish = churn.stamped(ends, node: pod.node).wholeSecond
        let isFailed = random.happens(0.2)
        let finished: (inout Pod) -> Void = {
            $0.phase = isFailed ? .failed : .succeeded
            $0.lastFinish = finish
            $0.sandboxReady = nil
        }
        let posted = ends.advanced(by: random.time(0.1, 2))
        if pod.kind == .job {
            // Half of the jobs stay for ever.
            if random.happens(0.5) { deletions[pod.uid] = posted.advanced(by: random.time(1, 300)) }
            return [(posted, finished)]
        }
        if random.happens(0.05) {
            // By force: no object any more, while it still runs for a moment.
            deletions[pod.uid] = ends.advanced(by: -random.time(0, 2))
            return []
        }
        let asked = ends.advanced(by: -random.time(0.1, 6))
        let due = asked.advanced(by: churn.serverClock + 30_000_000_000).wholeSecond
        let ask: (inout Pod) -> Void = {
            $0.metadata.deletionAsked = due
            $0.metadata.deletionGrace = 30
        }
        var steps: [(time: Timestamp, apply: (inout Pod) -> Void)] = [(asked, ask)]
        // Older kubelets report no end before the object goes.
        if random.happens(0.6) { steps.append((posted, finished)) }
        deletions[pod.uid] = posted.advanced(by: random.happens(0.1) ? random.time(10, 300) : random.time(0.05, 2))
        readiness.append((pod.uid, pod.application, pod.addressed, asked))
        return steps
    }
}

/// A pod that wants an address.
struct ChurnPod {
    enum Kind { case serving, job, crashing, moving }

    let uid: String
    var addressed: Timestamp
    var kind = Kind.serving
    var node = 0
    var application = 0
    var isDual = false
    /// Whether its kubelet says when the sandbox was ready.
    var hasCondition = true
    var hasMoved = false
    var created = Timestamp.distantPast
    var ends = Timestamp.distantFuture
    var until = Timestamp.distantFuture
    var addresses: [IPAddress] = []
    var object = Pod(metadata: ObjectMetadata(name: ""))

    init(_ number: Int, at time: Timestamp) {
        uid = "pod-\(number)"
        addressed = time
    }
}

extension Timestamp {
    /// The beginning of its second, as Kubernetes writes times.
    var wholeSecond: Timestamp { Timestamp(seconds: nanoseconds / 1_000_000_000) }
}
