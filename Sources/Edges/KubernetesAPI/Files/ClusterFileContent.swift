import ClusterModel
import JSONText

/// The documents of one file of manifests, with what in it was no Kubernetes object.
struct ManifestDocuments {
    var values: [JSONValue] = []
    /// One line each, with file and line.
    var problems: [String] = []
}

/// What sort of file it is, told by its bytes.
enum ClusterFileContent {
    case recording
    case manifests(ManifestDocuments)

    /// YAML takes some hundred times its size to read.
    private static let yamlSizeMax = 64 << 20

    init(_ bytes: [UInt8], path: String) throws(ClusterFileError) {
        if let sort = Self.otherSort(bytes) { throw ClusterFileError(path, sort, isOtherSort: true) }
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let text = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
        guard let first = text.first(where: { !Self.isSpace($0) }) else {
            throw ClusterFileError(path, "is empty", isOtherSort: true)
        }
        if first == UInt8(ascii: "{"), Self.isRecording(text) {
            self = .recording
        } else if first == UInt8(ascii: "{"), !path.hasSuffix(".yaml"), !path.hasSuffix(".yml") {
            self = .manifests(try Self.json(text, path: path))
        } else {
            self = .manifests(try Self.yaml(text, path: path))
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    /// What other well-known sort of file it is, as the end of a sentence.
    private static func otherSort(_ bytes: [UInt8]) -> String? {
        let capture = "is a packet capture, which is given without --cluster"
        let sorts: [([UInt8], String)] = [
            ([0xd4, 0xc3, 0xb2, 0xa1], capture), ([0xa1, 0xb2, 0xc3, 0xd4], capture),
            ([0x4d, 0x3c, 0xb2, 0xa1], capture), ([0xa1, 0xb2, 0x3c, 0x4d], capture),
            ([0x0a, 0x0d, 0x0d, 0x0a], capture),
            ([0x1f, 0x8b], "is compressed (gzip): unpack it first"),
            ([0x28, 0xb5, 0x2f, 0xfd], "is compressed (zstd): unpack it first"),
            (Array("PK\u{3}\u{4}".utf8), "is an archive (zip): unpack it first"),
            (Array("SQLite format 3\0".utf8), "is a SQLite database"),
        ]
        for (magic, sort) in sorts where bytes.starts(with: magic) { return sort }
        return bytes.contains(0) || !String.isUTF8(bytes) ? "is not text" : nil
    }

    /// Whether the first line is one of a recording: an object with a time and a URL, or a note.
    private static func isRecording(_ text: ArraySlice<UInt8>) -> Bool {
        let rest = text.drop(while: isSpace)
        guard let line = try? JSONValue.parse(rest.prefix { $0 != 0x0a }) else { return false }
        return line["t"]?.number != nil && (line["url"] != nil || line["note"] != nil)
    }

    private static func json(_ text: ArraySlice<UInt8>, path: String) throws(ClusterFileError) -> ManifestDocuments {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(text, skipping: ListPage.skippedKeys)
        } catch {
            let before = text.prefix(error.offset)
            let isCut = before.count == text.count || text.dropFirst(before.count).allSatisfy(isSpace)
            throw ClusterFileError(
                path,
                line: 1 + before.count { $0 == 0x0a },
                isCut ? "the JSON is cut off: expected \(error.expected)" : "not JSON: expected \(error.expected)"
            )
        }
        return try documents([(1, value)], path: path)
    }

    private static func yaml(_ text: ArraySlice<UInt8>, path: String) throws(ClusterFileError) -> ManifestDocuments {
        guard text.count <= yamlSizeMax else {
            throw ClusterFileError(path, "is more YAML than is read (\(yamlSizeMax >> 20) MiB): give it as JSON")
        }
        let found: [YAMLDocument]
        do throws(YAMLDocument.Failure) {
            found = try YAMLDocument.all(in: String(decoding: text, as: UTF8.self))
        } catch {
            throw ClusterFileError(path, line: error.line, error.problem, isOtherSort: true)
        }
        return try documents(found.map { ($0.line, $0.value) }, path: path)
    }

    /// Keeps what is a Kubernetes object; a file without any is an error.
    private static func documents(
        _ found: [(line: Int, value: JSONValue)],
        path: String
    ) throws(ClusterFileError) -> ManifestDocuments {
        var documents = ManifestDocuments()
        var first: ClusterFileError?
        for (line, value) in found {
            if value["kind"]?.text != nil, value["apiVersion"]?.text != nil {
                documents.values.append(value)
            } else {
                let error = ClusterFileError(path, line: line, "no Kubernetes object (apiVersion and kind)")
                documents.problems.append(error.description)
                first = first ?? error
            }
        }
        if documents.values.isEmpty {
            throw ClusterFileError(path, line: first?.line, first?.problem ?? "is empty", isOtherSort: true)
        }
        return documents
    }
}

extension String {
    /// Whether bytes are well-formed UTF-8.
    fileprivate static func isUTF8(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) != nil }
    }
}
