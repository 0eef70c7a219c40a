import AsyncHTTPClient
import ClusterModel
import FlowModel
import NIOCore
import NIOHTTP1

/// Carries out what the session of one kind decides.
struct KindWatch: Sendable {
    /// What changed since the last report.
    struct Report: Sendable {
        var kind: ObjectKind
        var state: ClusterWatchStatus.KindState
        var errors: Int
        var reconnects: Int
        var gaps: Int
        var undecodable: Int
        var lastEvent: Timestamp?
        var followed: Timestamp?
    }

    let kind: ObjectKind
    let client: KubeClient
    let options: ClusterWatcher.Options
    let deliver: @Sendable ([ClusterEvent]) async -> Void
    let report: @Sendable (Report) -> Void

    /// One page of 500 large objects is some 20 MB.
    private static let pageBytesMax = 256 << 20
    private static let messageBytesMax = 64 << 10

    /// Watches until the task is cancelled.
    func run() async {
        var session = WatchSession(kind: kind)
        var actions = session.start()
        while !Task.isCancelled {
            guard let request = await carryOut(actions) else { return }
            actions = await ask(request, &session)
        }
    }

    /// Does what comes before the request, and returns that.
    private func carryOut(_ actions: [WatchSession.Action]) async -> WatchSession.Request? {
        for action in actions {
            switch action {
            case .deliver(let events): await deliver(events)
            case .renewCredential: await renew()
            case .backOff(upTo: let most): await sleep(most * options.random())
            // Some more than asked, else all who were sent away come back together.
            case .pause(atLeast: let least): await sleep(least * (1 + options.random() / 4))
            case .ask(let request): return request
            }
            if Task.isCancelled { return nil }
        }
        return nil
    }

    private func sleep(_ duration: Duration) async {
        // It throws only when cancelled, which the caller looks at.
        try? await options.sleep(duration)
    }

    private func renew() async {
        // A failure shows again, with its reason, when the token is next asked for.
        try? await client.credential.reject(client.credential.token())
    }

    private func ask(_ request: WatchSession.Request, _ session: inout WatchSession) async -> [WatchSession.Action] {
        var tracked = Tracked(session: session, report: report)
        defer { session = tracked.session }
        do {
            let token = try await client.credential.token()
            let response = try await client.get(kind.apiPath, query: query(for: request), token: token)
            guard response.status == .ok else {
                let refusal = await refusal(response)
                return tracked.update { $0.refused(refusal) }
            }
            switch request {
            case .list: return try await readPage(response, &tracked)
            case .watch: return await follow(response, &tracked)
            }
        } catch {
            let problem = TransportProblem(error).text
            return Task.isCancelled ? [] : tracked.update { $0.failed(problem) }
        }
    }

    private func query(for request: WatchSession.Request) -> [(String, String)] {
        // A pod without a node yet is not asked for: it has no address either.
        let selection = kind == .pod ? options.podsOfNode.map { [("fieldSelector", "spec.nodeName=\($0)")] } ?? [] : []
        switch request {
        case .list(let token, let limited):
            return selection + (limited ? [("limit", "\(options.pageSize)")] : [])
                + (token.map { [("continue", $0)] } ?? [])
        case .watch(let version):
            let span = options.watchSeconds
            let seconds = span.lowerBound + Int(Double(span.count) * options.random())
            return selection + [
                ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version),
                ("timeoutSeconds", "\(min(seconds, span.upperBound))"),
            ]
        }
    }

    private func readPage(
        _ response: HTTPClientResponse,
        _ tracked: inout Tracked
    ) async throws -> [WatchSession.Action] {
        let body = try await response.body.collect(upTo: Self.pageBytesMax)
        do {
            let page = try ListPage(kind: kind, body: Array(body.readableBytesView)[...])
            let now = options.now()
            return tracked.update(event: now) { $0.received(page: page, at: now) }
        } catch {
            return tracked.update { $0.failed("the list cannot be read: \(error)") }
        }
    }

    /// Reads the lines of a watch until it ends or the session wants something else.
    private func follow(_ response: HTTPClientResponse, _ tracked: inout Tracked) async -> [WatchSession.Action] {
        tracked.update { $0.opened() }
        var decoder = WatchLineDecoder(kind: kind)
        var end = WatchSession.StreamEnd.complete
        do {
            for try await chunk in response.body {
                let lines = decoder.feed(chunk.readableBytesView)
                guard !lines.isEmpty else { continue }
                let now = options.now()
                let actions = tracked.update(event: now) { $0.received(lines: lines, at: now) }
                if case .ask? = actions.last { return actions }
                _ = await carryOut(actions)
            }
        } catch {
            end = .broken(TransportProblem(error).text)
        }
        guard !Task.isCancelled else { return [] }
        let now = options.now()
        return tracked.update { $0.ended(end, at: now) }
    }

    private func refusal(_ response: HTTPClientResponse) async -> WatchSession.Refusal {
        var text = ""
        if let body = try? await response.body.collect(upTo: Self.messageBytesMax) {
            text = StatusMessage.text(of: Array(body.readableBytesView))
        }
        let seconds = response.headers.first(name: "Retry-After").flatMap(Int.init)
        return WatchSession.Refusal(
            status: Int(response.status.code),
            message: text.isEmpty ? response.status.reasonPhrase : text,
            retryAfter: seconds.map { .seconds(min(max($0, 0), 86400)) }
        )
    }
}

/// A session whose every change is reported.
private struct Tracked {
    private(set) var session: WatchSession
    let report: @Sendable (KindWatch.Report) -> Void

    init(session: WatchSession, report: @escaping @Sendable (KindWatch.Report) -> Void) {
        self.session = session
        self.report = report
    }

    @discardableResult
    mutating func update<Result>(event: Timestamp? = nil, _ body: (inout WatchSession) -> Result) -> Result {
        // The whole session would be copied, with all that the pages so far had.
        let (errors, reconnects) = (session.errors, session.reconnects)
        let (gaps, undecodable) = (session.gaps, session.undecodable)
        let result = body(&session)
        report(
            KindWatch.Report(
                kind: session.kind,
                state: session.state,
                errors: session.errors - errors,
                reconnects: session.reconnects - reconnects,
                gaps: session.gaps - gaps,
                undecodable: session.undecodable - undecodable,
                lastEvent: event,
                followed: session.gapReason == nil ? session.knownUntil : nil
            )
        )
        return result
    }
}
