import FlowMetering
import FlowModel

extension FuzzTarget {
    /// A whole meter, from frames to reports; an input is a `MeterInput`.
    package static let meter = FuzzTarget(name: "meter") { bytes in
        guard let input = MeterInput(bytes) else { return }
        let batched = try meter(input, settling: false)
        let single = try meter(input, settling: true)
        try require(single == batched, "the reports do not depend on where batches end")
        try check(batched)
    }

    /// What a meter makes of an input; `settling` ends a batch after each frame.
    private static func meter(_ input: MeterInput, settling: Bool) throws -> Metered {
        var meter = FlowMeter(configuration: input.configuration)
        var reports: [Observation] = []
        for step in input.steps {
            guard let frame = step.frame else {
                meter.advance(to: step.time, into: &reports)
                continue
            }
            meter.add(
                UnsafeRawBufferPointer(frame.bytes),
                wireLength: frame.wireLength,
                timestamp: step.time,
                linkType: frame.linkType,
                gsoSize: frame.gsoSize,
                into: &reports
            )
            if settling { meter.settle(into: &reports) }
            try require(meter.activeFlows <= input.configuration.flowsMax, "there are no more flows than allowed")
        }
        meter.finish(into: &reports)
        try require(meter.isEmpty, "a meter that has finished holds nothing")
        return Metered(counters: meter.counters, reports: reports)
    }

    private static func check(_ metered: Metered) throws {
        let counters = metered.counters
        let outcomes = counters.framesMetered + counters.notIP + counters.malformedTotal
        try require(counters.frames == outcomes, "every frame has one outcome")
        try require(metered.reports.all(\.packets) == counters.packets, "reports have all packets")
        try require(metered.reports.all(\.bytes) == counters.bytes, "reports have all bytes")
        try require(
            metered.reports.count { $0.sequence == 1 } == counters.flowsOpened,
            "every flow has one first report"
        )
        for report in metered.reports {
            try require(report.flowStart <= report.start && report.start <= report.end, "times are in order")
            try require(report.communityID != nil, "a report has a Community ID")
            if let exchanges = report.exchanges {
                try require(exchanges.count > 0 && exchanges.longest >= 0, "timed exchanges have times")
            }
            guard let tcp = report.tcp else { continue }
            try require(tcp.forward.payloadBytes <= report.forward.bytes, "a payload is part of its packets")
            try require(tcp.backward.payloadBytes <= report.backward.bytes, "a payload is part of its packets")
        }
        try check(metered.reports.compactMap(\.dns))
        try check(metered.reports.compactMap(\.http))
    }

    private static func check(_ reports: [DNSReport]) throws {
        var (queries, responses, told) = (0, 0, 0)
        for report in reports {
            try require(report.exchanges.count <= 32, "a report has 32 exchanges of DNS at the most")
            try require(report.failures <= report.responses, "a failure is a response")
            try require(
                report.exchanges.allSatisfy { $0.answers.count <= 8 },
                "an exchange has eight answers at the most"
            )
            try require(report.exchanges.allSatisfy { $0.latency ?? 0 >= 0 }, "no response is before its query")
            let answered = report.exchanges.count { $0.code != nil }
            try require(answered <= report.responses, "an exchange with a code had a response")
            queries += Int(report.queries)
            responses += Int(report.responses)
            told += report.exchanges.count + Int(report.omitted)
        }
        try require(told >= max(queries, responses), "every message is told or counted as omitted")
        try require(told <= queries + responses, "no message of DNS is told twice")
    }

    private static func check(_ reports: [HTTPReport]) throws {
        var (requests, responses, told) = (0, 0, 0)
        for report in reports {
            try require(report.exchanges.count <= 16, "a report has 16 exchanges of HTTP at the most")
            try require(report.exchanges.allSatisfy { $0.latency ?? 0 >= 0 }, "no response is before its request")
            try require(report.exchanges.allSatisfy { 101...999 ~= $0.status ?? 200 }, "a final status is one")
            let answered = report.exchanges.count { $0.status != nil }
            try require(answered <= report.responses.total, "an exchange with a status had a response")
            requests += Int(report.requests)
            responses += Int(report.responses.total)
            told += report.exchanges.count + Int(report.omitted)
        }
        try require(told >= max(requests, responses), "every request and response is told or counted as omitted")
        try require(told <= requests + responses, "no request or response is told twice")
    }
}

/// All that a meter says.
private struct Metered: Equatable {
    let counters: MeteringCounters
    let reports: [Observation]

    static func == (lhs: Metered, rhs: Metered) -> Bool {
        lhs.reports == rhs.reports && lhs.counters.flowsOpened == rhs.counters.flowsOpened
            && lhs.counters.flowsEvicted == rhs.counters.flowsEvicted
            && lhs.counters.exchangesUntimed == rhs.counters.exchangesUntimed
            && lhs.counters.connectionsNotAnalysed == rhs.counters.connectionsNotAnalysed
    }
}

extension [Observation] {
    fileprivate func all(_ count: KeyPath<TrafficCount, UInt64>) -> UInt64 {
        reduce(0) { $0 + $1.forward[keyPath: count] + $1.backward[keyPath: count] }
    }
}
