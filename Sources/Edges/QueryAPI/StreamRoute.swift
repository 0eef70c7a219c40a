import FlowAttribution
import FlowModel
import FlowQuery
import HTTPTypes
import Hummingbird
import RecordFormats

/// `GET /api/v1/stream`: one server-sent event stream (WHATWG HTML, 9.2) with status, graph and new flows.
struct StreamRoute {
    /// Flows sent in one event; the rest of a batch is counted as skipped.
    private static let flowsPerEventMax = 200
    /// A comment goes out after this many ticks of two seconds without an event, so that proxies keep the line.
    private static let quietTicksMax = 5

    private let backend: QueryBackend

    init(_ backend: QueryBackend) { self.backend = backend }

    func respond(_ request: Request) throws -> Response {
        let question = try Question(request, now: backend.now())
        let filter = try question.filter()
        let scope = try GraphRoute.scope(question)
        let window = question.text("window") ?? "15m"
        guard let nanoseconds = TimeExpression.duration(window) else {
            throw APIError.badRequest("bad_time", "window: \(window) is not a length such as 15m")
        }
        let batches = backend.live.subscribe()
        let body = ResponseBody { writer in
            var events = EventWriter()
            var statusSent: [UInt8] = []
            var quietTicks = 0
            var graphs = GraphPace()
            try await writer.write(events.graph(try await graph(filter, scope, nanoseconds)))
            var iterator = batches.makeAsyncIterator()
            var next: [AttributedFlow]? = []
            while let batch = next {
                var output = ByteBuffer()
                // The report's own time always differs; what matters is whether anything else does.
                var report = backend.status()
                let now = report.now
                report.now = report.started
                let status = report.json()
                if status != statusSent {
                    statusSent = status
                    report.now = now
                    output.writeImmutableBuffer(events.event("status", report.json()))
                }
                let matching = filter.map { filter in batch.filter(filter.matches) } ?? batch
                if !matching.isEmpty {
                    output.writeImmutableBuffer(events.flows(matching, max: StreamRoute.flowsPerEventMax))
                    graphs.isStale = true
                }
                if graphs.isDue {
                    let started = ContinuousClock.now
                    output.writeImmutableBuffer(events.graph(try await graph(filter, scope, nanoseconds)))
                    graphs.drawn(since: started)
                }
                quietTicks = output.readableBytes == 0 ? quietTicks + 1 : 0
                if quietTicks >= StreamRoute.quietTicksMax {
                    output.writeString(": keep-alive\n\n")
                    quietTicks = 0
                }
                if output.readableBytes > 0 { try await writer.write(output) }
                next = await iterator.next()
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: body
        )
    }

    private func graph(
        _ filter: Filter?,
        _ scope: GraphScope,
        _ window: Int64
    ) async throws -> FlowGraph {
        let now = backend.now()
        let range = TimeRange(from: now.advanced(by: -window), to: now)
        return try await GraphRoute(backend).graph(range, filter: filter, scope: scope)
    }
}

/// Says when a graph is worth its work: one that takes long is made seldom, so that a reader costs a tenth of a core.
private struct GraphPace {
    /// Whether flows came since the last graph.
    var isStale = false
    private var notBefore = ContinuousClock.now

    var isDue: Bool { isStale && ContinuousClock.now >= notBefore }

    mutating func drawn(since started: ContinuousClock.Instant) {
        isStale = false
        let now = ContinuousClock.now
        notBefore = now.advanced(by: max(.milliseconds(900), started.duration(to: now) * 9))
    }
}

/// Frames events and numbers them.
private struct EventWriter {
    private var encoder = ECSFlowEncoder()
    private var id = 0

    mutating func event(_ name: String, _ data: [UInt8]) -> ByteBuffer {
        id += 1
        var buffer = ByteBuffer()
        buffer.writeString("id: \(id)\nevent: \(name)\ndata: ")
        // JSON has no raw line breaks, so one data line holds it.
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
        return buffer
    }

    mutating func graph(_ graph: FlowGraph) -> ByteBuffer { event("graph", graph.json()) }

    mutating func flows(_ flows: [AttributedFlow], max: Int) -> ByteBuffer {
        var bytes = Array(#"{"flows":["#.utf8)
        for (index, flow) in flows.suffix(max).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            encoder.encode(flow, into: &bytes)
        }
        bytes += Array(#"],"skipped":\#(Swift.max(0, flows.count - max))}"#.utf8)
        return event("flows", bytes)
    }
}
