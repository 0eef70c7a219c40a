import JSONText

/// What one line of a WATCH response says.
package enum WatchEvent: Sendable, Hashable {
    case added(ClusterObject)
    case modified(ClusterObject)
    case deleted(ClusterObject)
    /// All changes up to a version have been sent; `endsInitial` after the last of the initial events.
    case bookmark(resourceVersion: String, endsInitial: Bool)
    /// The server gives up: 410 when the version asked for is too old.
    case failure(code: Int, reason: String, message: String)
    /// A line that is no event of this kind, and why.
    case undecodable(String)
}

/// Splits a WATCH response into its lines, however its chunks are cut, and reads each.
package struct WatchLineDecoder: Sendable {
    /// The longest line that is read; the API server's objects are at most about 1.5 MB.
    package static let maximumLine = 16 << 20

    private let kind: ObjectKind
    private var partial: [UInt8] = []
    private var isSkipping = false

    /// A decoder for a watch of one kind.
    package init(kind: ObjectKind) { self.kind = kind }

    /// How many bytes of an unfinished line wait for more.
    package var pendingBytes: Int { partial.count }

    /// Takes the next bytes and returns the events that they complete.
    package mutating func feed(_ chunk: some Collection<UInt8>) -> [WatchEvent] {
        var events: [WatchEvent] = []
        var rest = chunk[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end])
            if isSkipping {
                events.append(.undecodable("a line longer than \(WatchLineDecoder.maximumLine) bytes"))
            } else if !partial.allSatisfy({ $0 == 0x20 || $0 == 0x0d }) {
                events.append(WatchEvent(kind: kind, line: partial[...]))
            }
            partial.removeAll(keepingCapacity: partial.capacity < 1 << 16)
            isSkipping = false
            rest = rest[rest.index(after: end)...]
        }
        take(rest)
        return events
    }

    private mutating func take(_ bytes: some Collection<UInt8>) {
        guard !isSkipping else { return }
        if partial.count + bytes.count > WatchLineDecoder.maximumLine {
            partial = []
            isSkipping = true
        } else {
            partial.append(contentsOf: bytes)
        }
    }
}

extension WatchEvent {
    /// Reads one line of a WATCH response.
    package init(kind: ObjectKind, line: ArraySlice<UInt8>) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(line, skipping: ListPage.skippedKeys.subtracting(["annotations"]))
        } catch {
            self = .undecodable("\(error)")
            return
        }
        guard let type = json["type"]?.text, let object = json["object"] else {
            self = .undecodable("a line without type or object")
            return
        }
        if type == "ERROR" {
            self = .failure(
                code: object["code"]?.int.flatMap(Int.init(exactly:)) ?? 0,
                reason: object["reason"]?.text ?? "",
                message: object["message"]?.text ?? ""
            )
            return
        }
        if type == "BOOKMARK" {
            let metadata = object["metadata"]
            let mark = metadata?["annotations"]?["k8s.io/initial-events-end"]?.text
            self = .bookmark(
                resourceVersion: metadata?["resourceVersion"]?.text ?? "",
                endsInitial: mark == "true"
            )
            return
        }
        do throws(UndecodableObject) {
            let object = try ClusterObject.decode(kind: kind, json: object)
            switch type {
            case "ADDED": self = .added(object)
            case "MODIFIED": self = .modified(object)
            case "DELETED": self = .deleted(object)
            default: self = .undecodable("an event of type \(type.prefix(40))")
            }
        } catch {
            self = .undecodable("\(error)")
        }
    }
}
