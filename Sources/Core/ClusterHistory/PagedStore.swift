/// An array in pages, so that changing one element after a copy was taken copies three short lists, not all.
struct PagedStore<Element: Sendable>: Sendable {
    private static var pageSize: Int { 64 }
    private static var chapterSize: Int { 64 * 64 }

    private var chapters: [[[Element]]] = []
    private(set) var count = 0

    mutating func append(_ element: Element) {
        if count % PagedStore.chapterSize == 0 { chapters.append([]) }
        let chapter = chapters.count - 1
        if count % PagedStore.pageSize == 0 { chapters[chapter].append([]) }
        chapters[chapter][chapters[chapter].count - 1].append(element)
        count += 1
    }

    subscript(index: Int) -> Element {
        // Yields in place: a copy of a record would retain all of its parts.
        _read { yield chapters[index >> 12][index >> 6 & 63][index & 63] }
        _modify { yield &chapters[index >> 12][index >> 6 & 63][index & 63] }
    }
}

/// A dictionary in shards, so that changing one value after a copy was taken copies three short lists, not all.
struct ShardedMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var groups: [[[Key: Value]]] = Array(repeating: Array(repeating: [:], count: 64), count: 64)

    subscript(key: Key) -> Value? {
        _read {
            let hash = key.hashValue
            yield groups[hash >> 6 & 63][hash & 63][key]
        }
        _modify {
            let hash = key.hashValue
            yield &groups[hash >> 6 & 63][hash & 63][key]
        }
    }

    subscript(key: Key, default fallback: @autoclosure () -> Value) -> Value {
        get { self[key] ?? fallback() }
        _modify {
            let hash = key.hashValue
            yield &groups[hash >> 6 & 63][hash & 63][key, default: fallback()]
        }
    }

    /// All keys, in no order; only for work whose result does not depend on it.
    var keys: [Key] { groups.flatMap { $0.flatMap(\.keys) } }
}
