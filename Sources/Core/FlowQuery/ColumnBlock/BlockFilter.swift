import ClusterHistory
import FlowAttribution
import NetworkAddressing

/// A Bloom filter of the addresses and names in a block: "certainly not in it", or "perhaps".
package struct BlockFilter: Sendable, Hashable {
    /// What the filter knows a block's contents by.
    enum Key: Hashable {
        case address(IPAddress)
        case namespace(String)
        case pod(String)
        case workload(String)
        case service(String)
        case node(String)

        /// The same number for the same key, always and everywhere: it decides about stored bits.
        var digest: UInt64 {
            switch self {
            case .address(let address):
                var digest = BlockDigest(seed: UInt64(address.family.rawValue))
                digest.combine(address.high)
                digest.combine(address.low)
                return digest.value
            case .namespace(let name): return Key.digest(name, seed: 101)
            case .pod(let name): return Key.digest(name, seed: 102)
            case .workload(let name): return Key.digest(name, seed: 103)
            case .service(let name): return Key.digest(name, seed: 104)
            case .node(let name): return Key.digest(name, seed: 105)
            }
        }

        private static func digest(_ name: String, seed: UInt64) -> UInt64 {
            let bytes = Array(name.utf8)
            return BlockDigest.of(bytes, 0..<bytes.count, seed: seed)
        }
    }

    /// The most bytes of a filter; a block with more keys than fit has more false alarms, never misses.
    package static let bytesMax = 32768
    private static let bitsPerKey = 10
    private static let probes: UInt64 = 7

    /// The bits, to be stored beside the block.
    package private(set) var bytes: [UInt8]

    /// A filter that was stored; one without bytes lets everything pass.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// The filter of the given flows: about ten bits for each different key, one false alarm in a hundred.
    package init(of flows: [AttributedFlow]) {
        var keys: Set<Key> = []
        var identities: Set<ObjectIdentifier> = []
        for flow in flows {
            for end in [flow.source, flow.destination] {
                keys.insert(.address(end.endpoint.address))
                if let original = end.original { keys.insert(.address(original.address)) }
                if let service = end.service { keys.insert(.service(service.name)) }
                guard let identity = end.identity, identities.insert(ObjectIdentifier(identity)).inserted else {
                    continue
                }
                BlockFilter.insert(identity, into: &keys)
            }
        }
        let count = min(BlockFilter.bytesMax, max(8, keys.count * BlockFilter.bitsPerKey / 8))
        bytes = [UInt8](repeating: 0, count: count)
        for key in keys {
            for bit in places(of: key) { bytes[bit / 8] |= 1 << UInt8(bit % 8) }
        }
    }

    private static func insert(_ identity: Identity, into keys: inout Set<Key>) {
        keys.insert(.namespace(identity.namespace))
        if identity.kind == .pod { keys.insert(.pod(identity.name)) }
        if let workload = identity.workload { keys.insert(.workload(workload.name)) }
        if identity.kind == .service { keys.insert(.service(identity.name)) }
        for service in identity.services { keys.insert(.service(service)) }
        if !identity.node.isEmpty { keys.insert(.node(identity.node)) }
    }

    /// Whether the block may hold the key.
    func mayContain(_ key: Key) -> Bool {
        bytes.isEmpty || places(of: key).allSatisfy { bytes[$0 / 8] & 1 << UInt8($0 % 8) != 0 }
    }

    /// Kirsch and Mitzenmacher: two halves of one digest make as many probes as are wanted.
    private func places(of key: Key) -> [Int] {
        let digest = key.digest
        let (first, second) = (digest & 0xffff_ffff, digest >> 32 | 1)
        let bits = UInt64(bytes.count) * 8
        return (0..<BlockFilter.probes).map { Int((first &+ $0 &* second) % bits) }
    }
}

extension Filter {
    /// Whether a block with this filter of its contents can hold a flow that passes; "no" is certain.
    package func mayPass(_ block: BlockFilter) -> Bool { expression.mayPass(block) }
}

extension FilterExpression {
    fileprivate func mayPass(_ block: BlockFilter) -> Bool {
        switch self {
        case .and(let parts): parts.allSatisfy { $0.mayPass(block) }
        case .or(let parts): parts.contains { $0.mayPass(block) }
        case .condition(let condition): condition.mayPass(block)
        case .contains, .not: true
        }
    }
}

extension FilterCondition {
    fileprivate func mayPass(_ block: BlockFilter) -> Bool {
        guard comparison == .equal else { return true }
        return values.contains { value in
            guard let keys = keys(for: value) else { return true }
            return keys.contains(where: block.mayContain)
        }
    }

    /// The keys of which one is in every block that can match; `nil` where that cannot be said.
    private func keys(for value: FilterValue) -> [BlockFilter.Key]? {
        switch (field, value) {
        case (.end(.address, _), .addresses(let range)), (.flow(.originalAddress), .addresses(let range)):
            return range.lowerBound == range.upperBound ? [.address(range.lowerBound)] : nil
        case (.end(let field, _), .text(let pattern)):
            guard let text = pattern.exactText, !pattern.isQualified else { return nil }
            return BlockFilter.Key.keys(of: field, text)
        default: return nil
        }
    }
}

extension BlockFilter.Key {
    /// The keys that a name in a field can have been filed under; `nil` for fields that are not filed.
    fileprivate static func keys(of field: EndField, _ text: String) -> [BlockFilter.Key]? {
        switch field {
        case .namespace: [.namespace(text)]
        case .pod: [.pod(text)]
        case .workload: [.workload(text)]
        case .service: [.service(text)]
        case .node: [.node(text)]
        case .name: [.pod(text), .workload(text), .service(text), .node(text)]
        default: nil
        }
    }
}
