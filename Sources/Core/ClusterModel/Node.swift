import JSONText
import NetworkAddressing

/// A node: its addresses, zone and the blocks its pods get addresses from.
package struct Node: Sendable, Hashable {
    /// What it says of itself.
    package var metadata: ObjectMetadata
    /// Internal and external addresses, without duplicates; host names are left out.
    package var addresses: [IPAddress] = []
    /// `spec.podCIDRs`, or `spec.podCIDR`.
    package var podBlocks: [IPPrefix] = []
    /// The topology zone; empty where it has none.
    package var zone: String {
        metadata.labels["topology.kubernetes.io/zone"]
            ?? metadata.labels["failure-domain.beta.kubernetes.io/zone"] ?? ""
    }

    /// A node of which only the metadata is known.
    package init(metadata: ObjectMetadata) { self.metadata = metadata }
}

extension Node {
    init(metadata: ObjectMetadata, json: JSONValue) {
        self.init(metadata: metadata)
        let kinds: Set<String?> = ["InternalIP", "ExternalIP"]
        let listed = (json["status"]?["addresses"]?.items ?? []).filter { kinds.contains($0["type"]?.text) }
        addresses = [IPAddress](texts: listed.compactMap { $0["address"]?.text })
        let spec = json["spec"]
        let blocks = (spec?["podCIDRs"]?.items ?? []) + [spec?["podCIDR"]].compactMap(\.self)
        for block in blocks.compactMap({ $0.text.flatMap { IPPrefix($0) } }) where !podBlocks.contains(block) {
            podBlocks.append(block)
        }
    }
}
