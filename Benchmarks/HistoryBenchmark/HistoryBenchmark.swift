import ClusterHistory
import ClusterModel
import FlowModel
import Glibc
import NetworkAddressing

/// Measures the cluster history: `history-benchmark lookups PODS GENERATIONS`, `events` or `list TEMPLATE`.
///
/// Each prints lines of a name, a number and its unit, for `Scripts/bench-history` to read.
@main
struct HistoryBenchmark {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "lookups":
            let numbers = arguments.dropFirst().compactMap { Int($0) }
            guard numbers.count == 2 else { return usage() }
            LookupRun(pods: numbers[0], generations: numbers[1]).measure()
        case "events": EventRun().measure()
        case "list":
            guard let path = arguments.dropFirst().first, let template = text(of: path) else { return usage() }
            var run = ListRun(template: template)
            run.measure()
        default: usage()
        }
    }

    private static func usage() {
        print("usage: history-benchmark lookups PODS GENERATIONS | events | list TEMPLATE")
        exit(64)
    }

    private static func text(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The thread's CPU time in nanoseconds.
    static var clock: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// The most memory that the process ever had resident, in bytes.
    static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    /// Prints one measurement.
    static func report(_ name: String, _ value: Double, _ unit: String) {
        print("\(name)\t\(value)\t\(unit)")
    }
}

/// Pods as a cluster of some size has them.
enum SamplePods {
    static let beginning: Int64 = 1_795_000_000

    static func address(_ number: Int) -> IPAddress { IPAddress(v4: 0x0a2a_0000 + UInt32(number)) }

    static func uid(_ number: Int, _ generation: Int) -> String {
        let digits = String(UInt64(number) * 64 + UInt64(generation), radix: 16)
        return "5f0c9a2e-7b1d-4c3a-9e8f-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    static func pod(_ number: Int, _ generation: Int, started: Timestamp) -> Pod {
        let application = number / 30
        var pod = Pod(
            metadata: ObjectMetadata(
                name: "application-\(application)-7d9c5b8f6d-\(number)-\(generation)",
                namespace: "namespace-\(application % 200)",
                uid: uid(number, generation),
                created: started,
                labels: [
                    "app.kubernetes.io/name": "application-\(application)",
                    "app.kubernetes.io/version": "1.\(generation)",
                    "pod-template-hash": "7d9c5b8f6d",
                ],
                controller: OwnerReference(
                    kind: "ReplicaSet",
                    name: "application-\(application)-7d9c5b8f6d",
                    uid: "replicaset-\(application)-0000-0000-0000"
                )
            )
        )
        pod.node = "node-\(number % 5_000)"
        pod.addresses = [address(number)]
        pod.phase = .running
        pod.sandboxReady = started
        pod.containerStarts = [started]
        pod.runningSince = started
        return pod
    }
}

/// What `enrich_ref.c` does: addresses that had several owners each, asked for at random times.
struct LookupRun {
    private let pods: Int
    private let generations: Int
    private var history = ClusterHistory(configuration: .init(backwardExtension: 0))
    private let seconds: Int64 = 86_400_000

    init(pods: Int, generations: Int) {
        self.pods = pods
        self.generations = generations
        let step = seconds / Int64(generations)
        history.apply(.listed(.pod, objects: [], resourceVersion: "0", at: time(0)))
        for generation in 0..<generations {
            let start = Int64(generation) * step
            for number in 0..<pods {
                let pod = SamplePods.pod(number, generation, started: time(start))
                history.apply(.changed(.pod(pod), at: time(start)))
            }
            for number in 0..<pods {
                let pod = SamplePods.pod(number, generation, started: time(start))
                history.apply(.deleted(.pod(pod), at: time(start + step - step / 10)))
            }
        }
    }

    /// Thousandths of a second count as seconds, so that all fits into years that times can tell.
    private func time(_ moment: Int64) -> Timestamp {
        Timestamp(seconds: SamplePods.beginning, nanoseconds: moment * 1_000_000)
    }

    func measure() {
        let count = 2_000_000
        var random: UInt64 = 88_172_645_463_325_252
        func next() -> UInt64 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return random
        }
        var questions: [(IPAddress, Timestamp)] = []
        questions.reserveCapacity(count)
        for _ in 0..<count {
            let address = SamplePods.address(Int(next() % UInt64(pods + pods / 10)))
            questions.append((address, time(Int64(next() % UInt64(seconds)))))
        }
        run("owner", questions) { history.ownerNumber(of: $0, at: $1) != nil }
        run("owner with identity", questions) { history.soleOwner(of: $0, at: $1) != nil }
        run("attribution", questions) {
            if case .one = history.podHolding($0, from: $1, to: $1) { true } else { false }
        }
        HistoryBenchmark.report("memory", Double(HistoryBenchmark.peakMemory) / 1e6, "MB")
    }

    private func run(
        _ name: String,
        _ questions: [(IPAddress, Timestamp)],
        _ ask: (IPAddress, Timestamp) -> Bool
    ) {
        var times: [Double] = []
        var hits = 0
        for _ in 0..<7 {
            hits = 0
            let start = HistoryBenchmark.clock
            for (address, time) in questions where ask(address, time) { hits += 1 }
            times.append((HistoryBenchmark.clock - start) / Double(questions.count))
        }
        times.sort()
        HistoryBenchmark.report(name, times[3], "ns")
        HistoryBenchmark.report("\(name), least", times[0], "ns")
        HistoryBenchmark.report("\(name), found", Double(hits) / Double(questions.count), "")
    }
}
