import ClusterChanges
import ClusterHistory
import ClusterModel
import FlowAttribution
import FlowModel
import KubernetesAPI
import PacketCapture
import PacketParsing
import RecordFormats
import Terminal

/// Everything a replay reads, opened and checked before the first line is written.
struct ReplayInputs {
    /// A capture and the name of its observation point.
    struct Capture {
        let path: String
        let name: String
        let reader: CaptureFileReader
        /// Holds the bytes that `reader` borrows.
        let file: MappedFile?
    }

    var captures: [Capture] = []
    var history: ClusterHistory
    /// Of a recording, no change is given up.
    var changes = ChangeLog(capacity: 1 << 24)
    var clusterSource = "none"
    var translations = TranslationTable()
    var translationSource = "none"

    init(_ configuration: ClusterHistory.Configuration = .init()) {
        history = ClusterHistory(configuration: configuration)
    }

    /// Opens a capture; its observation point is named by the file without its ending.
    mutating func addCapture(path: String) throws {
        let file: MappedFile
        do {
            file = try MappedFile(path: path)
        } catch {
            throw CommandFailure("\(error)")
        }
        try addCapture(path: path, bytes: file.bytes, file: file)
    }

    /// Takes a capture from memory that lives as long as the process.
    mutating func addCapture(path: String, bytes: UnsafeRawBufferPointer, file: MappedFile? = nil) throws {
        let base = path.split(separator: "/").last.map(String.init) ?? path
        let stem = base.lastIndex(of: ".").map { String(base[..<$0]) } ?? base
        do {
            let reader = try CaptureFileReader(bytes)
            // A pcap file has one link type for all; in a pcapng file each interface brings its own.
            if let linkType = reader.interfaces.first?.linkType, !linkType.isSupported {
                throw CommandFailure(ReplayInputs.unsupported(linkType, path))
            }
            captures.append(Capture(path: path, name: stem.isEmpty ? base : stem, reader: reader, file: file))
        } catch let error as CaptureFileError {
            throw CommandFailure("\(path): \(error)")
        }
    }

    /// Says that nothing can be made of packets of this kind, and what to do.
    static func unsupported(_ linkType: LinkType, _ path: String) -> String {
        "\(path): link type \(linkType.rawValue) is not read; those that are stand in docs/reference/captures.md: "
            + "capture on an interface of another kind, or convert the file"
    }

    /// Reads a recording of API traffic, or a file or folder of manifests.
    mutating func addCluster(path: String) throws {
        let file: ClusterFile
        do {
            file = try ClusterFile.load(path)
        } catch {
            throw CommandFailure("\(error)")
        }
        for problem in file.problems { StandardError.write("podsight: \(problem)\n") }
        addCluster(file.events, source: file.description)
    }

    /// Takes a recording of API traffic from memory.
    mutating func addRecording(_ bytes: UnsafeRawBufferPointer, source: String) {
        addCluster(RecordingReader(Array(bytes)).events, source: source)
    }

    /// Takes what a cluster file holds.
    mutating func addCluster(_ events: [ClusterEvent], source: String) {
        for event in events {
            history.apply(event)
            changes.apply(event)
        }
        clusterSource = clusterSource == "none" ? source : "\(clusterSource), \(source)"
    }

    /// The pod at whose interface a capture was taken, if one has its name.
    ///
    /// A second capture of the same pod may carry the time of its beginning, as in `redis-0-1795225062`.
    func podName(of capture: Capture) -> String? {
        if history.knowsPod(named: capture.name) { return capture.name }
        guard let dash = capture.name.lastIndex(of: "-") else { return nil }
        let suffix = capture.name[capture.name.index(after: dash)...]
        let stem = String(capture.name[..<dash])
        guard suffix.count >= 9, suffix.allSatisfy(\.isNumber), history.knowsPod(named: stem) else { return nil }
        return stem
    }

    /// Reads a log of `conntrack -E -o timestamp,extended,id`.
    mutating func addConntrack(path: String) throws {
        let file: MappedFile
        do {
            file = try MappedFile(path: path)
        } catch {
            throw CommandFailure("\(error)")
        }
        try addConntrack(path: path, bytes: file.bytes)
    }

    /// Takes a conntrack log from memory.
    mutating func addConntrack(path: String, bytes: UnsafeRawBufferPointer) throws {
        var log = ConntrackLog()
        var folded = TranslationLog()
        var failure: ConntrackSyntaxError?
        var translations = translations
        let take: (Result<ConntrackEvent, ConntrackSyntaxError>) -> Void = { result in
            switch result {
            case .success(let event): folded.fold(event) { translations.insert($0) }
            case .failure(let error): failure = failure ?? error
            }
        }
        bytes.withMemoryRebound(to: UInt8.self) { log.read($0, take) }
        log.finish(take)
        // `conntrack -E` that was interrupted may leave half a line at the end; all else must be whole.
        let isCutShort = failure?.line == log.lines && bytes.last != UInt8(ascii: "\n") && log.lines > 1
        if let failure, !isCutShort { throw CommandFailure("\(path): \(failure)") }
        if isCutShort { StandardError.write("podsight: \(path): the last line was cut short and is left out\n") }
        guard log.events > 0 else { throw CommandFailure("\(path): no conntrack events in it") }
        for reason in [TranslationLog.Skipped.untimed, .evicted] {
            guard let count = folded.skipped[reason] else { continue }
            StandardError.write("podsight: \(path): \(count) events left out: \(reason.rawValue)\n")
        }
        self.translations = translations
        translationSource = translationSource == "none" ? path : "\(translationSource), \(path)"
    }
}
