/// An array in pages, so that changing one element after a copy was taken copies one page, not all.
struct PagedStore<Element: Sendable>: Sendable {
    private static var pageSize: Int { 64 }

    private var pages: [[Element]] = []
    private(set) var count = 0

    mutating func append(_ element: Element) {
        if count % PagedStore.pageSize == 0 { pages.append([]) }
        pages[pages.count - 1].append(element)
        count += 1
    }

    subscript(index: Int) -> Element {
        // Yields in place: a copy of a record would retain all of its parts.
        _read { yield pages[index / PagedStore.pageSize][index % PagedStore.pageSize] }
        _modify { yield &pages[index / PagedStore.pageSize][index % PagedStore.pageSize] }
    }
}

/// A dictionary in shards, so that changing one value after a copy was taken copies one shard, not all.
struct ShardedMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var shards: [[Key: Value]] = Array(repeating: [:], count: 256)

    private func shard(of key: Key) -> Int { key.hashValue & 255 }

    subscript(key: Key) -> Value? {
        _read { yield shards[shard(of: key)][key] }
        _modify { yield &shards[shard(of: key)][key] }
    }

    subscript(key: Key, default fallback: @autoclosure () -> Value) -> Value {
        get { shards[shard(of: key)][key] ?? fallback() }
        _modify { yield &shards[shard(of: key)][key, default: fallback()] }
    }

    /// All keys, in no order; only for work whose result does not depend on it.
    var keys: [Key] { shards.flatMap(\.keys) }
}
