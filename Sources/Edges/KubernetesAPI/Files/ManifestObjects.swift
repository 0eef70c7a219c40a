import ClusterModel
import FlowModel

/// The objects of many manifests as one state of a cluster.
struct ManifestObjects {
    /// By kind and identity, in the order of their first file.
    private var objects: [ObjectKind: [ClusterObject]] = [:]
    private var places: [ObjectKind: [String: Int]] = [:]
    private(set) var skipped: [String: Int] = [:]
    private(set) var problems: [String] = []
    private(set) var count = 0

    private static let problemsMax = 100

    /// Takes the objects of one file; one that was there before is replaced, as by `kubectl apply`.
    mutating func add(_ documents: ManifestDocuments, path: String) {
        for problem in documents.problems { addProblem(problem) }
        let reader = ManifestReader(documents.values)
        for problem in reader.problems { addProblem("\(path): \(problem)") }
        skipped.merge(reader.skipped) { $0 + $1 }
        for case .listed(let kind, let listed, _, _) in reader.events {
            for object in listed { add(object, kind) }
        }
    }

    /// Keeps a problem, unless there are too many to be read.
    mutating func addProblem(_ problem: String) {
        if problems.count < Self.problemsMax { problems.append(problem) }
    }

    private mutating func add(_ object: ClusterObject, _ kind: ObjectKind) {
        if let place = places[kind]?[object.id] {
            objects[kind]?[place] = object
        } else {
            places[kind, default: [:]][object.id] = objects[kind]?.count ?? 0
            objects[kind, default: []].append(object)
            count += 1
        }
    }

    /// One listing per kind that occurs.
    var events: [ClusterEvent] {
        ObjectKind.allCases.compactMap { kind in
            objects[kind].map { .listed(kind, objects: $0, resourceVersion: "", at: .distantPast) }
        }
    }

    /// Why there is no object, as the end of a sentence.
    var nothingUseful: String {
        if !skipped.isEmpty {
            let kinds = skipped.keys.sorted().prefix(5).joined(separator: ", ")
            return "has no objects that say who talks to whom, such as pods or services; it has \(kinds)"
        }
        return problems.first.map { "has no readable object (\($0))" } ?? "lists no objects"
    }
}
