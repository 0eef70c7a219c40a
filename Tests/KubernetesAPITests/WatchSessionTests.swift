import ClusterModel
import FlowModel
import Testing

@testable import KubernetesAPI

/// Each test is a transcript: what happened, then what is to be done.
struct WatchSessionTests {
    private var session = WatchSession(kind: .pod)

    private static func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }

    private static func pod(_ name: String, _ version: String) throws -> ClusterObject {
        let page = try page("1", items: [(name, version)])
        return try #require(page.objects.first)
    }

    private static func page(
        _ version: String,
        continuing: String = "",
        items: [(String, String)] = []
    ) throws -> ListPage {
        let objects = items.map { name, version in
            "{\"metadata\":{\"name\":\"\(name)\",\"uid\":\"u-\(name)\",\"resourceVersion\":\"\(version)\"}}"
        }
        let text = """
            {"kind":"PodList","metadata":{"resourceVersion":"\(version)","continue":"\(continuing)"},
            "items":[\(objects.joined(separator: ","))]}
            """
        return try ListPage(kind: .pod, body: Array(text.utf8)[...])
    }

    /// A session whose watch stands at version 10, all known until second 0.
    private static func watching() throws -> WatchSession {
        var session = WatchSession(kind: .pod)
        _ = session.start()
        _ = session.received(page: try page("10"), at: time(0))
        session.opened()
        return session
    }

    private static let firstList = WatchSession.Request.list(continuing: nil, limited: true)

    @Test mutating func `lists page by page, delivers once, and watches from the list's version`() throws {
        #expect(session.start() == [.ask(Self.firstList)])
        let (a, b) = (try Self.pod("a", "3"), try Self.pod("b", "4"))
        #expect(
            session.received(page: try Self.page("9", continuing: "next", items: [("a", "3")]), at: Self.time(1))
                == [.ask(.list(continuing: "next", limited: true))]
        )
        #expect(session.state == .listing)
        #expect(
            session.received(page: try Self.page("9", items: [("b", "4")]), at: Self.time(2)) == [
                .deliver([.listed(.pod, objects: [a, b], resourceVersion: "9", at: Self.time(2))]),
                .ask(.watch(from: "9")),
            ]
        )
        session.opened()
        #expect(session.state == .watching)
    }

    @Test mutating func `changes are delivered in order and a clean end resumes at once after the last version`() throws
    {
        session = try Self.watching()
        let (a, b) = (try Self.pod("a", "11"), try Self.pod("b", "12"))
        #expect(
            session.received(lines: [.added(a), .modified(b), .deleted(a)], at: Self.time(5)) == [
                .deliver([
                    .changed(a, at: Self.time(5)), .changed(b, at: Self.time(5)), .deleted(a, at: Self.time(5)),
                ])
            ]
        )
        #expect(session.received(lines: [.bookmark(resourceVersion: "20", endsInitial: false)], at: Self.time(6)) == [])
        #expect(session.ended(.complete, at: Self.time(7)) == [.ask(.watch(from: "20"))])
        #expect(session.reconnects == 1)
        #expect(session.errors == 0)
    }

    @Test mutating func `a break resumes after a back-off that doubles to thirty seconds and starts anew after a line`()
        throws
    {
        session = try Self.watching()
        var waits: [WatchSession.Action] = []
        waits.append(try #require(session.ended(.broken("reset"), at: Self.time(1)).first))
        for _ in 0..<7 { waits.append(try #require(session.failed("connection refused").first)) }
        #expect(
            waits == [0.5, 1, 2, 4, 8, 16, 30, 30].map { .backOff(upTo: .milliseconds(Int($0 * 1000))) }
        )
        #expect(session.state == .retrying("connection refused"))
        session.opened()
        _ = session.received(lines: [.bookmark(resourceVersion: "11", endsInitial: false)], at: Self.time(90))
        #expect(
            session.ended(.broken("reset"), at: Self.time(91))
                == [.backOff(upTo: .milliseconds(500)), .ask(.watch(from: "11"))]
        )
    }

    @Test(arguments: [true, false])
    func `410, in the stream or as a status, lists again and tells of the gap`(inStream: Bool) throws {
        var session = try Self.watching()
        _ = session.received(lines: [.bookmark(resourceVersion: "15", endsInitial: false)], at: Self.time(60))
        _ = session.ended(.broken("reset"), at: Self.time(61))
        session.opened()
        let gone = "too old resource version: 15 (900)"
        let actions =
            inStream
            ? session.received(lines: [.failure(code: 410, reason: "Expired", message: gone)], at: Self.time(300))
            : session.refused(.init(status: 410, message: gone))
        #expect(actions == [.ask(Self.firstList)])
        #expect(session.gaps == 1)
        let delivered = session.received(page: try Self.page("900"), at: Self.time(301))
        guard case .deliver(let events)? = delivered.first,
            case .gap(let kind, let from, let until, let reason)? = events.first
        else {
            Issue.record("no gap in \(delivered)")
            return
        }
        #expect((kind, from, until) == (.pod, Self.time(60), Self.time(301)))
        #expect(reason.contains(gone))
        #expect(events.dropFirst() == [.listed(.pod, objects: [], resourceVersion: "900", at: Self.time(301))])
        #expect(delivered.last == .ask(.watch(from: "900")))
    }

    @Test mutating func `events before an error line are delivered`() throws {
        session = try Self.watching()
        let a = try Self.pod("a", "11")
        #expect(
            session.received(
                lines: [.added(a), .failure(code: 410, reason: "Expired", message: ""), .added(a)],
                at: Self.time(5)
            ) == [.deliver([.changed(a, at: Self.time(5))]), .ask(Self.firstList)]
        )
    }

    @Test mutating func `a second 410 without a line between waits longer each time`() throws {
        session = try Self.watching()
        let gone = WatchSession.Refusal(status: 410, message: "gone")
        #expect(session.refused(gone) == [.ask(Self.firstList)])
        var waits: [WatchSession.Action] = []
        for second in 1..<5 {
            _ = session.received(page: try Self.page("\(second)"), at: Self.time(Int64(second)))
            waits.append(try #require(session.refused(gone).first))
        }
        #expect(waits == [8, 30, 30, 30].map { .backOff(upTo: .seconds($0)) })
        #expect(session.gaps == 5)
    }

    @Test mutating func `an expired token of a page asks for the whole list, without a gap`() throws {
        _ = session.received(page: try Self.page("9", continuing: "next", items: [("a", "3")]), at: Self.time(1))
        #expect(
            session.refused(.init(status: 410, message: "expired"))
                == [.ask(.list(continuing: nil, limited: false))]
        )
        let b = try Self.pod("b", "4")
        #expect(
            session.received(page: try Self.page("12", items: [("b", "4")]), at: Self.time(2)).first
                == .deliver([.listed(.pod, objects: [b], resourceVersion: "12", at: Self.time(2))])
        )
    }

    @Test mutating func `401 renews the credential at once, then backs off`() throws {
        let refusal = WatchSession.Refusal(status: 401, message: "Unauthorized")
        #expect(session.refused(refusal) == [.renewCredential, .ask(Self.firstList)])
        #expect(
            session.refused(refusal)
                == [.renewCredential, .backOff(upTo: .milliseconds(500)), .ask(Self.firstList)]
        )
        #expect(session.state == .retrying("HTTP 401: Unauthorized"))
        _ = session.received(page: try Self.page("9"), at: Self.time(1))
        #expect(session.refused(refusal) == [.renewCredential, .ask(.watch(from: "9"))])
    }

    @Test(arguments: [403, 404])
    func `a kind that may not be seen is left out and tried again rarely`(status: Int) throws {
        var session = WatchSession(kind: .node)
        #expect(
            session.refused(.init(status: status, message: "no"))
                == [.pause(atLeast: .seconds(300)), .ask(Self.firstList)]
        )
        #expect(session.state == .leftOut("HTTP \(status): no"))
        #expect(session.gaps == 0)
    }

    @Test mutating func `rights lost during a watch leave a gap until they come back`() throws {
        session = try Self.watching()
        _ = session.refused(.init(status: 403, message: "no"))
        let events = session.received(page: try Self.page("50"), at: Self.time(400)).first
        #expect(
            events
                == .deliver([
                    .gap(.pod, from: Self.time(0), until: Self.time(400), reason: "HTTP 403: no"),
                    .listed(.pod, objects: [], resourceVersion: "50", at: Self.time(400)),
                ])
        )
    }

    @Test mutating func `Retry-After is honoured within reason`() throws {
        session = try Self.watching()
        #expect(
            session.refused(.init(status: 429, message: "slow down", retryAfter: .seconds(7)))
                == [.pause(atLeast: .seconds(7)), .ask(.watch(from: "10"))]
        )
        #expect(
            session.refused(.init(status: 503, message: "later", retryAfter: .seconds(86400)))
                == [.pause(atLeast: .seconds(300)), .ask(.watch(from: "10"))]
        )
        #expect(session.refused(.init(status: 429, message: "slow down")).first == .backOff(upTo: .seconds(2)))
    }

    @Test mutating func `a watch that the server keeps refusing doubts its version and lists again`() throws {
        session = try Self.watching()
        for _ in 0..<4 {
            #expect(session.refused(.init(status: 500, message: "?")).last == .ask(.watch(from: "10")))
        }
        #expect(session.refused(.init(status: 500, message: "?")).last == .ask(Self.firstList))
        #expect(session.gaps == 1)
    }

    @Test mutating func `an overloaded server is not asked for lists instead`() throws {
        session = try Self.watching()
        for _ in 0..<20 {
            #expect(session.refused(.init(status: 429, message: "?")).last == .ask(.watch(from: "10")))
            #expect(session.failed("connection refused").last == .ask(.watch(from: "10")))
        }
        #expect(session.gaps == 0)
    }

    @Test mutating func `three watches without a line, not even a bookmark, list again`() throws {
        session = try Self.watching()
        #expect(
            session.ended(.complete, at: Self.time(300))
                == [.backOff(upTo: .milliseconds(500)), .ask(.watch(from: "10"))]
        )
        session.opened()
        #expect(session.ended(.broken("silent"), at: Self.time(600)).last == .ask(.watch(from: "10")))
        session.opened()
        #expect(session.ended(.complete, at: Self.time(900)).last == .ask(Self.firstList))
        #expect(session.gaps == 1)
    }

    @Test mutating func `what cannot be read is counted and passed over`() throws {
        session = try Self.watching()
        let a = try Self.pod("a", "11")
        #expect(
            session.received(lines: [.undecodable("?"), .added(a)], at: Self.time(5))
                == [.deliver([.changed(a, at: Self.time(5))])]
        )
        #expect(session.undecodable == 1)
        #expect(session.received(page: try Self.page(""), at: Self.time(6)).last == .ask(Self.firstList))
        #expect(session.state == .retrying("the list has no resourceVersion"))
    }
}
