import ClusterModel

/// What a file or folder tells of a cluster.
package struct ClusterFile: Sendable {
    /// What sort of file it was.
    package enum Format: String, Sendable {
        /// Every byte of lists and watches with its time: a history.
        case recording
        /// Objects as they are: one state.
        case manifests
    }

    /// What sort of file it was.
    package var format: Format
    /// What it tells, in order of time; manifests tell one listing per kind that occurs.
    package var events: [ClusterEvent]
    /// What was passed over because it could not be read, one line each with file and line; not all of many.
    package var problems: [String]
    /// How many objects of kinds that are of no use here were passed over, by kind.
    package var skipped: [String: Int]
    /// `recording cluster.jsonl` or `manifests of k8s`: how status and messages name it.
    package var description: String

    /// The largest file that is read.
    static let sizeMax = 1 << 30

    /// Reads a recording, a file of manifests, or a folder of such files; `-` is standard input.
    ///
    /// What a file is, is told by its content. In a folder, files that are no manifests become problems; a single
    /// file that is none is an error. Blocks while it reads.
    /// - Throws: `ClusterFileError` where nothing can be read, with file, line and what was expected.
    package static func load(_ path: String) throws(ClusterFileError) -> ClusterFile {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, limit: sizeMax)
        } catch .isFolder {
            return try ManifestFolder.load(path)
        } catch .missing {
            throw ClusterFileError(path, "does not exist", isOtherSort: true)
        } catch {
            throw ClusterFileError(path, "cannot be read: \(error.text)")
        }
        switch try ClusterFileContent(bytes, path: path) {
        case .recording: return try recording(bytes, path: path)
        case .manifests(let found): return try manifests(found, path: path)
        }
    }

    private static func recording(_ bytes: [UInt8], path: String) throws(ClusterFileError) -> ClusterFile {
        let reader = RecordingReader(bytes)
        guard !reader.events.isEmpty else {
            let first = reader.problems.first
            throw ClusterFileError(
                path,
                line: first?.line,
                first?.reason ?? "is a recording without any list or watch of pods, services or nodes"
            )
        }
        var problems = reader.problems.map { "\(path), \($0)" }
        if reader.problemCount > problems.count {
            problems.append("\(path): \(reader.problemCount - problems.count) more lines could not be used")
        }
        return ClusterFile(
            format: .recording,
            events: reader.events,
            problems: problems,
            skipped: [:],
            description: "recording \(name(of: path))"
        )
    }

    private static func manifests(_ found: ManifestDocuments, path: String) throws(ClusterFileError) -> ClusterFile {
        var objects = ManifestObjects()
        objects.add(found, path: path)
        guard objects.count > 0 else {
            throw ClusterFileError(path, objects.nothingUseful, isOtherSort: true)
        }
        return ClusterFile(objects, description: "manifests of \(name(of: path))")
    }

    init(_ objects: ManifestObjects, description: String) {
        self.init(
            format: .manifests,
            events: objects.events,
            problems: objects.problems,
            skipped: objects.skipped,
            description: description
        )
    }

    private init(
        format: Format,
        events: [ClusterEvent],
        problems: [String],
        skipped: [String: Int],
        description: String
    ) {
        self.format = format
        self.events = events
        self.problems = problems
        self.skipped = skipped
        self.description = description
    }

    /// The last part of a path.
    static func name(of path: String) -> String {
        path == "-" ? "standard input" : path.split(separator: "/").last.map(String.init) ?? path
    }
}
