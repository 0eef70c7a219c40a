import FlowModel
import JSONText

/// Turns the objects of manifests or of `kubectl get -o yaml` into one state that has always held.
package struct ManifestReader: Sendable {
    /// One listing per kind that occurs, at `Timestamp.distantPast`.
    package private(set) var events: [ClusterEvent] = []
    /// How many objects were of kinds that are not needed, by kind.
    package private(set) var skipped: [String: Int] = [:]
    /// Why objects of needed kinds could not be read, each as a sentence.
    package private(set) var problems: [String] = []

    /// Reads documents: single objects, a `List`, or the list of one kind, such as a `PodList`.
    package init(_ documents: some Sequence<JSONValue>) {
        var objects: [ObjectKind: [ClusterObject]] = [:]
        for document in documents where document != .null { take(document, as: nil, into: &objects) }
        for kind in ObjectKind.allCases {
            guard let found = objects[kind] else { continue }
            events.append(.listed(kind, objects: found, resourceVersion: "", at: .distantPast))
        }
    }

    private mutating func take(
        _ json: JSONValue,
        as implied: String?,
        into objects: inout [ObjectKind: [ClusterObject]]
    ) {
        let stated = json["kind"]?.text ?? implied
        if let stated, stated.hasSuffix("List"), implied == nil {
            let kind = stated.dropLast(4)
            for item in json["items"]?.items ?? [] {
                // The items of a List name their kind; those of a PodList need not.
                take(item, as: kind.isEmpty ? "" : String(kind), into: &objects)
            }
            return
        }
        guard let stated, let kind = ObjectKind(rawValue: stated) else {
            skipped[stated ?? "", default: 0] += 1
            return
        }
        do throws(UndecodableObject) {
            let object = try ClusterObject.decode(kind: kind, json: json)
            objects[kind, default: []].append(object)
        } catch {
            problems.append("a \(kind.rawValue): \(error)")
        }
    }
}
