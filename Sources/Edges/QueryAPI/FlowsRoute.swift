import FlowAttribution
import FlowModel
import FlowQuery
import HTTPTypes
import Hummingbird
import JSONText
import RecordFormats
import Synchronization

/// `GET /api/v1/flows`: stored flows, and with `follow` those to come.
struct FlowsRoute {
    private let backend: QueryBackend

    init(_ backend: QueryBackend) { self.backend = backend }

    func respond(_ request: Request) async throws -> Response {
        let question = try Question(request, now: backend.now())
        let filter = try question.filter()
        let range = try question.range(default: backend.defaultRange())
        let limit = try question.number("limit", default: 100, in: 0...10_000)
        let newestFirst = try question.choice("order", of: ["newest", "oldest"]) == "newest"
        let format = try question.choice("format", of: ["json"] + FlowTextFormat.allCases.map(\.rawValue))
        let skip = try question.number("cursor", default: 0, in: 0...10_000_000)
        let page = try await read(range, filter, newestFirst: newestFirst, skip: skip, limit: limit)
        guard let text = FlowTextFormat(rawValue: format) else {
            return .bytes(json(page, skip: skip), type: "application/json")
        }
        // Text is read from top to bottom, so its newest line is its last.
        let flows = newestFirst ? page.flows.reversed() : page.flows
        guard question.flag("follow") else {
            var encoder = FlowTextEncoder(text)
            return .bytes(encoder.encode(flows), type: text.mediaType)
        }
        return follow(text, filter, after: flows)
    }

    private struct Page {
        var flows: [AttributedFlow] = []
        var matched = 0
    }

    private func read(
        _ range: TimeRange,
        _ filter: Filter?,
        newestFirst: Bool,
        skip: Int,
        limit: Int
    ) async throws -> Page {
        let page = Mutex(Page())
        try await backend.scan(
            FlowScan(range: range, filter: filter, newestFirst: newestFirst) { batch in
                page.withLock { page in
                    let wanted = skip + limit
                    for (index, flow) in batch.enumerated() {
                        let position = page.matched + index
                        if position >= skip, position < wanted { page.flows.append(flow) }
                    }
                    page.matched += batch.count
                }
                return true
            }
        )
        return page.withLock { $0 }
    }

    private func json(_ page: Page, skip: Int) -> [UInt8] {
        var bytes = Array(#"{"flows":["#.utf8)
        var encoder = ECSFlowEncoder()
        for (index, flow) in page.flows.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            encoder.encode(flow, into: &bytes)
        }
        let end = skip + page.flows.count
        let next = page.flows.isEmpty || end >= page.matched ? "null" : "\"\(end)\""
        bytes += Array(#"],"matched":\#(page.matched),"next":\#(next)}"#.utf8)
        return bytes
    }

    private func follow(
        _ format: FlowTextFormat,
        _ filter: Filter?,
        after flows: some Sequence<AttributedFlow> & Sendable
    ) -> Response {
        let batches = backend.live.subscribe()
        let body = ResponseBody { writer in
            var encoder = FlowTextEncoder(format, isStream: true)
            try await writer.write(ByteBuffer(bytes: encoder.encode(Array(flows))))
            for await batch in batches {
                let matching = filter.map { filter in batch.filter(filter.matches) } ?? batch
                guard !matching.isEmpty else { continue }
                try await writer.write(ByteBuffer(bytes: encoder.encode(matching)))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: format.mediaType, .cacheControl: "no-store"],
            body: body
        )
    }
}
