import FlowModel
import JSONText

/// Turns cluster events into a recording of API traffic: what `RecordingReader` reads gives the same events.
///
/// Objects have nothing but what is read of them, so that environment variables, annotations and the like never get
/// into a recording. Each kind has a watch that is open from its first list to its next gap.
package struct RecordingWriter: ~Copyable {
    /// Objects in one page of a list.
    private static let pageSize = 500

    private var lines = JSONWriter()
    private var body = JSONWriter()
    private var watches: [ObjectKind: Int] = [:]
    private var lastID = 0

    /// A writer of a recording that has nothing yet.
    package init() {}

    /// The lines written since the last call.
    package mutating func takeLines() -> [UInt8] {
        defer { lines.removeAll() }
        return lines.bytes
    }

    /// Writes an event.
    package mutating func write(_ event: ClusterEvent) {
        switch event {
        case .listed(let kind, let objects, let version, let time): list(kind, objects, version, at: time)
        case .changed(let object, let time): change("MODIFIED", object, at: time)
        case .deleted(let object, let time): change("DELETED", object, at: time)
        case .gap(let kind, let from, let until, let reason): endWatch(kind, from, until, reason)
        }
    }

    /// Ends every watch, as a recorder does that hangs up.
    package mutating func finish(at time: Timestamp) {
        for (kind, id) in watches.sorted(by: { $0.value < $1.value }) {
            line(id, watchPath(kind), at: time) { $0.raw(#""end":"cut""#) }
        }
        watches = [:]
    }

    private mutating func list(_ kind: ObjectKind, _ objects: [ClusterObject], _ version: String, at time: Timestamp) {
        let pages = max(1, (objects.count + Self.pageSize - 1) / Self.pageSize)
        for page in 0..<pages {
            body.removeAll()
            body.beginObject()
            body.key("kind")
            body.string(kind.rawValue + "List")
            body.key("metadata")
            body.beginObject()
            body.key("resourceVersion")
            body.string(version)
            if page + 1 < pages {
                body.key("continue")
                body.string("\(page + 1)")
            }
            body.endObject()
            body.key("items")
            body.beginArray()
            for object in objects[(page * Self.pageSize)..<min(objects.count, (page + 1) * Self.pageSize)] {
                object.write(to: &body)
            }
            body.endArray()
            body.endObject()
            let url = "\(kind.apiPath)?limit=\(Self.pageSize)" + (page == 0 ? "" : "&continue=\(page)")
            let id = request(url, at: time)
            chunk(id, url, at: time)
            line(id, url, at: time) { $0.raw(#""end":true"#) }
        }
        guard watches[kind] == nil else { return }
        let id = request(watchPath(kind), at: time)
        line(id, watchPath(kind), at: time) { $0.raw(#""status":200"#) }
        watches[kind] = id
    }

    private mutating func change(_ type: StaticString, _ object: ClusterObject, at time: Timestamp) {
        let kind = object.kind
        // Its list was not recorded: the object is still known from now on.
        let id = watches[kind] ?? request(watchPath(kind), at: time)
        watches[kind] = id
        event(type, on: id, kind, at: time) { object.write(to: &$0) }
    }

    private mutating func endWatch(_ kind: ObjectKind, _ from: Timestamp, _ until: Timestamp, _ reason: String) {
        guard let id = watches.removeValue(forKey: kind) else { return }
        // Until then nothing was missed, even where nothing happened.
        event("BOOKMARK", on: id, kind, at: from) { writer in writer.raw(#"{"metadata":{}}"#) }
        event("ERROR", on: id, kind, at: until) { writer in
            writer.beginObject()
            writer.raw(#""kind":"Status","code":410"#)
            writer.key("reason")
            writer.string(reason)
            writer.endObject()
        }
        line(id, watchPath(kind), at: until) { $0.raw(#""end":"eof""#) }
    }

    private func watchPath(_ kind: ObjectKind) -> String { "\(kind.apiPath)?watch=true" }

    private mutating func request(_ url: String, at time: Timestamp) -> Int {
        lastID += 1
        line(lastID, url, at: time) { $0.raw(#""method":"GET","request":{"headers":{}}"#) }
        return lastID
    }

    private mutating func event(
        _ type: StaticString,
        on id: Int,
        _ kind: ObjectKind,
        at time: Timestamp,
        _ object: (inout JSONWriter) -> Void
    ) {
        body.removeAll()
        body.beginObject()
        body.key("type")
        body.symbol(type)
        body.key("object")
        object(&body)
        body.endObject()
        body.newline()
        chunk(id, watchPath(kind), at: time)
    }

    /// Writes `body` as a part of a response.
    private mutating func chunk(_ id: Int, _ url: String, at time: Timestamp) {
        begin(id, url, at: time)
        lines.raw(#""status":200"#)
        lines.key("chunk")
        let text = body.bytes
        text.withUnsafeBufferPointer { lines.string(utf8: $0) }
        lines.endObject()
        lines.newline()
    }

    private mutating func line(_ id: Int, _ url: String, at time: Timestamp, _ rest: (inout JSONWriter) -> Void) {
        begin(id, url, at: time)
        rest(&lines)
        lines.endObject()
        lines.newline()
    }

    private mutating func begin(_ id: Int, _ url: String, at time: Timestamp) {
        lines.beginObject()
        lines.key("t")
        lines.double(Double(time.nanoseconds) / 1e9)
        lines.key("id")
        lines.int(id)
        lines.key("url")
        lines.string(url)
    }
}
