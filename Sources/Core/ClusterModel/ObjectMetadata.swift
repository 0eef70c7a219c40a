import FlowModel
import JSONText

/// What every object says of itself.
package struct ObjectMetadata: Sendable, Hashable {
    /// The object's name.
    package var name: String
    /// The namespace; empty for what has none.
    package var namespace: String
    /// The UID; empty where a manifest has none.
    package var uid: String
    /// The opaque version; empty where a manifest has none.
    package var resourceVersion: String
    /// When the API server accepted the object, to the second.
    package var created: Timestamp?
    /// When deletion is due: when it was asked for and the grace after that; the object may still run.
    package var deletionAsked: Timestamp?
    /// How many seconds after it was asked for the deletion is due; part of `deletionAsked`.
    package var deletionGrace: Int64 = 0
    /// The labels.
    package var labels: [String: String]
    /// The object that manages this one, where there is one.
    package var controller: OwnerReference?

    /// Metadata with all that is known.
    package init(
        name: String,
        namespace: String = "",
        uid: String = "",
        resourceVersion: String = "",
        created: Timestamp? = nil,
        deletionAsked: Timestamp? = nil,
        labels: [String: String] = [:],
        controller: OwnerReference? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.created = created
        self.deletionAsked = deletionAsked
        self.labels = labels
        self.controller = controller
    }

    /// The version as a number, by which versions of one cluster are ordered; `nil` where it is none.
    package var version: UInt64? { UInt64(resourceVersion) }
}

/// The managing owner of an object.
package struct OwnerReference: Sendable, Hashable {
    /// The owner's kind, such as `ReplicaSet`; not only those of `ObjectKind`.
    package let kind: String
    /// The owner's name; it is in the same namespace.
    package let name: String
    /// The owner's UID.
    package let uid: String

    /// A reference by kind, name and UID.
    package init(kind: String, name: String, uid: String) {
        self.kind = kind
        self.name = name
        self.uid = uid
    }
}

extension ObjectMetadata {
    init(decoding json: JSONValue?) throws(UndecodableObject) {
        guard let json, case .object = json else { throw UndecodableObject("has no metadata") }
        guard let name = json["name"]?.text, !name.isEmpty else { throw UndecodableObject("has no name") }
        let owner = json["ownerReferences"]?.items.first { $0["controller"]?.flag == true }
        self.init(
            name: name,
            namespace: json["namespace"]?.text ?? "",
            uid: json["uid"]?.text ?? "",
            resourceVersion: json["resourceVersion"]?.text ?? "",
            created: json["creationTimestamp"]?.time,
            deletionAsked: json["deletionTimestamp"]?.time,
            labels: json["labels"]?.strings ?? [:],
            controller: owner.flatMap { owner in
                guard let kind = owner["kind"]?.text, let name = owner["name"]?.text else { return nil }
                return OwnerReference(kind: kind, name: name, uid: owner["uid"]?.text ?? "")
            }
        )
        deletionGrace = json["deletionGracePeriodSeconds"]?.int ?? 0
    }
}

extension JSONValue {
    /// An RFC 3339 time.
    var time: Timestamp? { text.flatMap { Timestamp(rfc3339: $0) } }

    /// The members that are strings.
    var strings: [String: String] { fields.compactMapValues(\.text) }
}
