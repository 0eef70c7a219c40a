import FlowModel
import JSONText

/// Turns recorded API traffic into cluster events.
///
/// Each line is an object with `t` (seconds since the epoch when it was received), `id` (connection), `url` and
/// one of `request`, `chunk`, `chunk_b64`, `end`; lines of connections interleave. Lists and watches of whole
/// kinds count; those of one namespace, of other kinds or with selectors are counted as other requests.
package struct RecordingReader: Sendable {
    /// A line that could not be used.
    package struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// The line's number, from 1.
        package let line: Int
        /// What was wrong with it.
        package let reason: String

        /// `line 3: JSON: expected a value at byte 0`.
        package var description: String { "line \(line): \(reason)" }
    }

    /// What was learnt, by time.
    package private(set) var events: [ClusterEvent] = []
    /// The first lines that could not be used, at most `maximumProblems`.
    package private(set) var problems: [Problem] = []
    /// How many lines could not be used.
    package private(set) var problemCount = 0
    /// How many lines were notes of the experiment.
    package private(set) var notes = 0
    /// How many requests were of no use here.
    package private(set) var otherRequests = 0
    /// How many problems are kept.
    package static let maximumProblems = 100

    fileprivate enum Target {
        case other
        case list(ObjectKind, continueToken: String)
        case watch(ObjectKind)
    }

    private struct Connection {
        var target: Target
        var decoder: WatchLineDecoder?
        var body: [UInt8] = []
        var status: Int64 = 0
        var isOpen = true
    }

    /// How far one kind has been followed.
    private struct Progress {
        var pages: ListPage?
        var openWatches = 0
        var wasListed = false
        var lost = ""
        var seen = Timestamp.distantPast
    }

    private var connections: [Int64: Connection] = [:]
    private var progress: [ObjectKind: Progress] = [:]
    private var line = 0

    /// Reads a whole recording; lines that cannot be used become problems and the rest is still read.
    package init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            line += 1
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let text = rest[..<end]
            if !text.allSatisfy({ $0 == 0x20 || $0 == 0x0d }) { read(text) }
            rest = rest[end...].dropFirst()
        }
        connections = [:]
        // Lines are in the order of writing, which is not quite that of their times.
        var ordered = Array(events.enumerated())
        ordered.sort { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        events = ordered.map(\.element)
    }

    private mutating func report(_ reason: String) {
        problemCount += 1
        if problems.count < RecordingReader.maximumProblems {
            problems.append(Problem(line: line, reason: reason))
        }
    }

    private mutating func read(_ text: ArraySlice<UInt8>) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(text, skipping: ["headers"])
        } catch {
            return report("\(error)")
        }
        if json["note"] != nil {
            notes += 1
            return
        }
        guard let seconds = json["t"]?.number, let time = Timestamp(unixSeconds: seconds) else {
            return report("no time")
        }
        guard let id = json["id"]?.int, let url = json["url"]?.text else { return report("no id or url") }
        if json["request"] != nil { open(id, url, json["method"]?.text ?? "GET") }
        guard var connection = connections[id], connection.isOpen else { return }
        // Put back below; the copy would otherwise be made for every chunk.
        connections[id] = nil
        if let status = json["status"]?.int { connection.status = status }
        var chunk: [UInt8] = []
        if let plain = json["chunk"]?.text {
            chunk = Array(plain.utf8)
        } else if let encoded = json["chunk_b64"]?.text {
            guard let decoded = Base64.decode(encoded) else {
                connections[id] = connection
                return report("chunk_b64 is not Base64")
            }
            chunk = decoded
        }
        receive(chunk, isEnd: json["end"] != nil, isWhole: json["end"]?.flag == true, &connection, time)
        connections[id] = connection
    }

    private mutating func open(_ id: Int64, _ url: String, _ method: String) {
        let target = method == "GET" ? Target(url: url) : .other
        var connection = Connection(target: target)
        switch target {
        case .other: otherRequests += 1
        case .list(let kind, let token):
            if token.isEmpty { progress[kind, default: Progress()].pages = nil }
        case .watch(let kind): connection.decoder = WatchLineDecoder(kind: kind)
        }
        connections[id] = connection
    }

    private mutating func receive(
        _ chunk: [UInt8],
        isEnd: Bool,
        isWhole: Bool,
        _ connection: inout Connection,
        _ time: Timestamp
    ) {
        if isEnd { connection.isOpen = false }
        switch connection.target {
        case .other: return
        case .list(let kind, let token):
            connection.body += chunk
            guard isEnd else { return }
            if connection.status == 200, isWhole {
                finishList(kind, token, connection.body, time)
            } else {
                finishRefused(kind, connection.status, connection.body)
            }
            connection.body = []
        case .watch(let kind):
            guard connection.status == 200 else {
                if connection.status == 410 { progress[kind, default: Progress()].lost = "watch refused: 410" }
                return
            }
            watch(kind, chunk, isEnd: isEnd, &connection, time)
        }
    }

    private mutating func finishRefused(_ kind: ObjectKind, _ status: Int64, _ body: [UInt8]) {
        var state = progress[kind] ?? Progress()
        let answer = try? JSONValue.parse(body)
        if status == 410, state.pages != nil, let token = answer?["metadata"]?["continue"]?.text, !token.isEmpty {
            // The server forgot the version of the first pages, but offers the rest as it is now.
            state.pages?.continueToken = token
        } else {
            state.pages = nil
        }
        progress[kind] = state
        if status == 200 { report("the list of \(kind.rawValue) is cut") }
    }

    private mutating func finishList(_ kind: ObjectKind, _ token: String, _ body: [UInt8], _ time: Timestamp) {
        var state = progress[kind] ?? Progress()
        defer { progress[kind] = state }
        let page: ListPage
        do throws(BadResponse) {
            page = try ListPage(kind: kind, body: body[...])
        } catch {
            state.pages = nil
            return report("list of \(kind.rawValue): \(error)")
        }
        if page.undecodable > 0 { report("\(page.undecodable) items of a list of \(kind.rawValue) are unreadable") }
        var whole = page
        if !token.isEmpty {
            guard let former = state.pages, former.continueToken == token else {
                state.pages = nil
                return
            }
            whole.objects = former.objects + page.objects
            // What the first page said is the least that all pages know.
            whole.resourceVersion = former.resourceVersion
        }
        guard page.continueToken.isEmpty else {
            state.pages = whole
            return
        }
        state.pages = nil
        if state.wasListed, state.openWatches == 0 || !state.lost.isEmpty {
            let reason = state.lost.isEmpty ? "not watched" : state.lost
            events.append(.gap(kind, from: state.seen, until: time, reason: reason))
        }
        events.append(.listed(kind, objects: whole.objects, resourceVersion: whole.resourceVersion, at: time))
        state.wasListed = true
        state.lost = ""
        state.seen = max(state.seen, time)
    }

    private mutating func watch(
        _ kind: ObjectKind,
        _ chunk: [UInt8],
        isEnd: Bool,
        _ connection: inout Connection,
        _ time: Timestamp
    ) {
        var state = progress[kind] ?? Progress()
        if connection.body.isEmpty {
            // A first byte marks that this watch was counted as open.
            connection.body = [1]
            state.openWatches += 1
        }
        for event in connection.decoder?.feed(chunk) ?? [] {
            switch event {
            case .added(let object), .modified(let object): events.append(.changed(object, at: time))
            case .deleted(let object): events.append(.deleted(object, at: time))
            case .bookmark: break
            case .failure(let code, let reason, _): state.lost = "watch failed: \(code) \(reason)"
            case .undecodable(let reason): report("watch of \(kind.rawValue): \(reason)")
            }
        }
        if state.lost.isEmpty { state.seen = max(state.seen, time) }
        if isEnd {
            state.openWatches = max(0, state.openWatches - 1)
            if let pending = connection.decoder?.pendingBytes, pending > 0 {
                report("watch of \(kind.rawValue) ends inside an event")
            }
        }
        progress[kind] = state
    }
}

extension RecordingReader.Target {
    fileprivate init(url: String) {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let kind = ObjectKind(apiPath: parts.first ?? "") else {
            self = .other
            return
        }
        var isWatch = false
        var token = ""
        for pair in parts.dropFirst().joined().split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = sides.count == 2 ? String(sides[1]) : ""
            switch sides[0] {
            case "watch": isWatch = ["1", "true"].contains(value)
            case "continue": token = RecordingReader.percentDecoded(value)
            case "labelSelector", "fieldSelector":
                self = .other
                return
            default: break
            }
        }
        self = isWatch ? .watch(kind) : .list(kind, continueToken: token)
    }
}

extension RecordingReader {
    fileprivate static func percentDecoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                output.append(value)
                index += 3
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}

extension Timestamp {
    /// A time in seconds with a fraction; `nil` outside the years that nanoseconds can hold.
    init?(unixSeconds: Double) {
        guard unixSeconds.magnitude < 9e9 else { return nil }
        let whole = unixSeconds.rounded(.down)
        self.init(
            seconds: Int64(whole),
            nanoseconds: Int64(((unixSeconds - whole) * 1_000_000_000).rounded())
        )
    }
}

/// RFC 4648 Base64 with padding.
enum Base64 {
    /// The bytes; `nil` for text outside the alphabet.
    static func decode(_ text: String) -> [UInt8]? {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count % 4 == 0 { output += [2, 1, 0].map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) } }
        }
        switch count % 4 {
        case 0: return padding == 0 ? output : nil
        case 2: return output + [UInt8(truncatingIfNeeded: bits >> 4)]
        case 3: return output + [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
        default: return nil
        }
    }
}
