import ClusterHistory
import JSONText
import NetworkAddressing

/// An identity's part of an ECS document, encoded once and copied into every document that names it.
///
/// A reference, so that handing it out counts one reference and not five.
final class IdentityFragment: Sendable {
    /// Holds the identity, so that its address in memory stays its own.
    let identity: Identity
    /// `"kubernetes":{…` up to where the service goes; empty for what is not Kubernetes.
    let head: [UInt8]
    /// `,"service":{"name":…}` of the identity's own services; empty without any.
    let service: [UInt8]
    /// The labels and the closing brace.
    let tail: [UInt8]
    /// The name as a JSON string, for identities outside Kubernetes; empty for others.
    let name: [UInt8]

    init(_ identity: Identity) {
        self.identity = identity
        var writer = JSONWriter()
        switch identity.kind {
        case .pod:
            head = IdentityFragment.pod(identity)
            service = IdentityFragment.service(identity.services)
            tail = IdentityFragment.labels(identity.labels) + Array("}".utf8)
            name = []
        case .service:
            head = IdentityFragment.object { writer in
                writer.key("namespace")
                writer.string(identity.namespace)
            }
            service = IdentityFragment.service([identity.name])
            tail = IdentityFragment.labels(identity.labels) + Array("}".utf8)
            name = []
        case .node:
            head = IdentityFragment.object { IdentityFragment.node(identity.name, identity.zone, &$0) }
            service = []
            tail = IdentityFragment.labels(identity.labels) + Array("}".utf8)
            name = []
        case .host, .network:
            head = []
            service = []
            tail = []
            writer.string(identity.name)
            name = writer.bytes
        }
    }

    /// An open object of the given members: its brace is closed by the tail.
    private static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        members(&writer)
        return Array(#""kubernetes":"#.utf8) + writer.bytes
    }

    private static func pod(_ identity: Identity) -> [UInt8] {
        object { writer in
            writer.key("namespace")
            writer.string(identity.namespace)
            writer.key("pod")
            writer.beginObject()
            writer.key("name")
            writer.string(identity.name)
            if !identity.uid.isEmpty {
                writer.key("uid")
                writer.string(identity.uid)
            }
            if !identity.addresses.isEmpty {
                writer.key("ip")
                strings(identity.addresses.map(\.description), &writer)
            }
            writer.endObject()
            if !identity.node.isEmpty { node(identity.node, identity.zone, &writer) }
            if let workload = identity.workload {
                writer.key("workload")
                writer.beginObject()
                writer.key("kind")
                writer.string(workload.kind)
                writer.key("name")
                writer.string(workload.name)
                writer.endObject()
            }
        }
    }

    private static func node(_ name: String, _ zone: String, _ writer: inout JSONWriter) {
        writer.key("node")
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.endObject()
        if !zone.isEmpty {
            writer.key("zone")
            writer.string(zone)
        }
    }

    /// One string, or an array where there are several: Elasticsearch takes both for a keyword.
    private static func strings(_ texts: [String], _ writer: inout JSONWriter) {
        if texts.count == 1 { return writer.string(texts[0]) }
        writer.beginArray()
        for text in texts { writer.string(text) }
        writer.endArray()
    }

    /// `,"service":{"name":…}`; empty without any.
    static func service(_ names: [String]) -> [UInt8] {
        guard !names.isEmpty else { return [] }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("name")
        strings(names, &writer)
        writer.endObject()
        return Array(#","service":"#.utf8) + writer.bytes
    }

    /// `,"labels":{…}`; a dot in a key would make an object of it, so it becomes `_`, as Beats do.
    private static func labels(_ labels: [Identity.Label]) -> [UInt8] {
        var writer = JSONWriter()
        // Two keys that differ only by such a dot: the first one counts, for a key twice is no JSON object.
        var seen: Set<String> = []
        writer.beginObject()
        for label in labels where !label.key.isEmpty {
            let key = String(label.key.map { $0 == "." ? "_" : $0 })
            guard seen.insert(key).inserted else { continue }
            writer.key(text: key)
            writer.string(label.value)
        }
        writer.endObject()
        return seen.isEmpty ? [] : Array(#","labels":"#.utf8) + writer.bytes
    }
}

/// The fragments of the identities met lately.
struct IdentityFragments: Sendable {
    private var fragments: [ObjectIdentifier: IdentityFragment] = [:]
    private let limit: Int

    init(limit: Int = 8192) { self.limit = limit }

    /// The fragment of an identity, made now or kept from before.
    mutating func fragment(of identity: Identity) -> IdentityFragment {
        if let known = fragments[ObjectIdentifier(identity)] { return known }
        // Starting over is rare and cheap beside keeping track of use.
        if fragments.count >= limit { fragments.removeAll(keepingCapacity: true) }
        let fragment = IdentityFragment(identity)
        fragments[ObjectIdentifier(identity)] = fragment
        return fragment
    }
}
