import ClusterModel
import FlowModel

extension WatchSession {
    /// The first thing to do.
    mutating func start() -> [Action] { [.ask(request)] }

    /// A page of the list came.
    mutating func received(page: ListPage, at now: Timestamp) -> [Action] {
        guard !page.resourceVersion.isEmpty, listed.count + page.objects.count <= Self.objectsMax else {
            listed = []
            request = .list(continuing: nil, limited: true)
            return backOff(
                page.resourceVersion.isEmpty ? "the list has no resourceVersion" : "the list has no end"
            )
        }
        succeeded()
        listed += page.objects
        undecodable += page.undecodable
        guard page.continueToken.isEmpty else {
            return ask(.list(continuing: page.continueToken, limited: true))
        }
        var events: [ClusterEvent] = []
        if let gapReason, let knownUntil {
            events.append(.gap(kind, from: knownUntil, until: now, reason: gapReason))
        }
        events.append(.listed(kind, objects: listed, resourceVersion: page.resourceVersion, at: now))
        listed = []
        gapReason = nil
        knownUntil = now
        version = page.resourceVersion
        return [.deliver(events)] + ask(.watch(from: version))
    }

    /// The server took the watch and will now send lines.
    mutating func opened() {
        hasLines = false
        state = .watching
    }

    /// Lines of the open watch came, in this order.
    mutating func received(lines: [WatchEvent], at now: Timestamp) -> [Action] {
        var events: [ClusterEvent] = []
        var consequence: [Action] = []
        lines: for line in lines {
            switch line {
            case .added(let object), .modified(let object):
                events.append(.changed(object, at: now))
                advance(to: object.metadata.resourceVersion, at: now)
            case .deleted(let object):
                events.append(.deleted(object, at: now))
                advance(to: object.metadata.resourceVersion, at: now)
            case .bookmark(let resourceVersion, _):
                advance(to: resourceVersion, at: now)
            case .undecodable:
                undecodable += 1
            case .failure(let code, let reason, let message):
                consequence = failed(code: code, message: message.isEmpty ? reason : message)
                break lines
            }
        }
        return (events.isEmpty ? [] : [.deliver(events)]) + consequence
    }

    private mutating func advance(to resourceVersion: String, at now: Timestamp) {
        if !resourceVersion.isEmpty { version = resourceVersion }
        hasLines = true
        emptyWatches = 0
        fruitlessLists = 0
        knownUntil = now
        succeeded()
    }

    /// The stream of the open watch ended.
    mutating func ended(_ end: StreamEnd, at now: Timestamp) -> [Action] {
        request = .watch(from: version)
        if !hasLines { emptyWatches += 1 }
        if emptyWatches >= Self.emptyWatchesMax {
            startAgain(because: "\(emptyWatches) watches in a row brought nothing, not even a bookmark")
            return backOff("the server says nothing any more")
        }
        reconnects += 1
        switch end {
        case .complete where hasLines: return ask(request)
        case .complete: return [.backOff(upTo: nextBackoff()), .ask(request)]
        case .broken(let why): return backOff(why)
        }
    }

    /// The server answered with another status than 200.
    mutating func refused(_ refusal: Refusal) -> [Action] {
        let problem = "HTTP \(refusal.status): \(refusal.message)"
        switch refusal.status {
        case 401:
            guard isRenewed else {
                isRenewed = true
                errors += 1
                state = .retrying(problem)
                return [.renewCredential, .ask(request)]
            }
            return [.renewCredential] + backOff(problem)
        case 403, 404, 405:
            errors += 1
            startAgain(because: problem)
            state = .leftOut(problem)
            return [.pause(atLeast: Self.leftOutPause), .ask(request)]
        case 410:
            return expired(problem)
        case 429, 500...599:
            if let pause = refusal.retryAfter, pause > .zero {
                _ = backOff(problem)
                return [.pause(atLeast: min(pause, Self.retryAfterMax)), .ask(request)]
            }
        default:
            // A list that cannot be continued can be begun again.
            if case .list = request { request = .list(continuing: nil, limited: true) }
            listed = []
        }
        return doubtVersion(refusal.status, problem)
    }

    /// No answer came, or none that could be read.
    mutating func failed(_ problem: String) -> [Action] { backOff(problem) }

    /// The version, or the token of a page, is too old.
    private mutating func expired(_ problem: String) -> [Action] {
        if case .list(let token, let limited) = request {
            listed = []
            guard limited, token != nil else { return backOff(problem) }
            // A list too slow for its tokens is asked for whole, as client-go does.
            return ask(.list(continuing: nil, limited: false))
        }
        startAgain(because: problem)
        state = .listing
        return fruitlessLists > 1 ? [.backOff(upTo: nextBackoff()), .ask(request)] : [.ask(request)]
    }

    private mutating func doubtVersion(_ status: Int, _ problem: String) -> [Action] {
        let actions = backOff(problem)
        guard case .watch = request, attempts >= Self.refusedWatchesMax, status != 429, status != 503 else {
            return actions
        }
        startAgain(because: problem)
        return actions.dropLast() + [.ask(request)]
    }

    /// An ERROR line: the watch is over.
    private mutating func failed(code: Int, message: String) -> [Action] {
        let problem = "watch error \(code): \(message)"
        request = .watch(from: version)
        return code == 410 ? expired(problem) : doubtVersion(code, problem)
    }
}
