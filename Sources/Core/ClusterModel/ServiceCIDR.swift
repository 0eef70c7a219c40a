import JSONText
import NetworkAddressing

/// Blocks that services get their cluster addresses from.
package struct ServiceCIDR: Sendable, Hashable {
    /// What it says of itself.
    package var metadata: ObjectMetadata
    /// `spec.cidrs`, at most one of each family, without duplicates.
    package var blocks: [IPPrefix] = []

    /// An object of which only the metadata is known.
    package init(metadata: ObjectMetadata) { self.metadata = metadata }
}

extension ServiceCIDR {
    init(metadata: ObjectMetadata, json: JSONValue) {
        self.init(metadata: metadata)
        for text in (json["spec"]?["cidrs"]?.items ?? []).compactMap(\.text) {
            if let block = IPPrefix(text), !blocks.contains(block) { blocks.append(block) }
        }
    }
}
