import FlowExport
import Terminal

/// Says on standard error when the collector goes and comes back, and once a minute what is amiss.
struct ExportWatch {
    private let exporter: Exporter
    private let collector: CollectorAddress
    private let lost: @Sendable () -> ProbeMetering.Counters

    init(
        _ exporter: Exporter,
        _ collector: CollectorAddress,
        lost: @escaping @Sendable () -> ProbeMetering.Counters
    ) {
        self.exporter = exporter
        self.collector = collector
        self.lost = lost
    }

    /// Runs until cancelled.
    func run() async throws {
        var isAway = false
        var told = Told()
        while true {
            for _ in 0..<60 {
                try await Task.sleep(for: .seconds(1))
                let problem = exporter.status.problem
                guard (problem != nil) != isAway else { continue }
                isAway = problem != nil
                StandardError.write(
                    problem.map { "podsight: \(collector) does not take flows: \($0); they wait\n" }
                        ?? "podsight: \(collector) takes flows again\n"
                )
            }
            let now = Told(exporter.status, lost())
            if let line = now.line(since: told, isAway ? exporter.status : nil) {
                StandardError.write("podsight: \(line)\n")
            }
            told = now
        }
    }

    /// What was lost until some minute.
    private struct Told {
        var ring: UInt64 = 0
        var malformed: UInt64 = 0
        var reports: UInt64 = 0
        var refusal: String?
        var spoolProblem: String?

        init() {}

        init(_ status: Exporter.Status, _ counters: ProbeMetering.Counters) {
            ring = counters.dropped
            malformed = counters.malformed
            reports = status.counters.reportsDropped
            refusal = status.lastRefusal
            spoolProblem = status.spoolProblem
        }

        /// The minute in one line; `nil` if nothing is amiss.
        func line(since former: Told, _ away: Exporter.Status?) -> String? {
            var parts: [String] = []
            if ring > former.ring { parts.append("\(ring - former.ring) packets found the ring full") }
            if malformed > former.malformed { parts.append("\(malformed - former.malformed) packets were malformed") }
            if reports > former.reports {
                let reason = refusal.map { " (refused: \($0))" } ?? ""
                parts.append("\(reports - former.reports) flow reports were given up\(reason)")
            }
            if let spoolProblem { parts.append(spoolProblem) }
            if let away {
                let bytes = away.memoryBytes + away.spoolBytes
                parts.append("\(away.reportsWaiting) flow reports wait in \(bytes) bytes: \(away.problem ?? "")")
            }
            return parts.isEmpty ? nil : "in the last minute " + parts.joined(separator: "; ")
        }
    }
}
