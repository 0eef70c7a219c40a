/// An array in pages, so that changing one element after a copy was taken copies three short lists, not all.
struct PagedStore<Element: Sendable>: Sendable {
    // A copied page retains every part of every element in it, so pages are small.
    private static var pageSize: Int { 16 }
    private static var chapterSize: Int { 64 * 16 }

    private var chapters: [[[Element]]] = []
    private(set) var count = 0

    mutating func append(_ element: Element) {
        if count % PagedStore.chapterSize == 0 { chapters.append([]) }
        let chapter = chapters.count - 1
        if count % PagedStore.pageSize == 0 { chapters[chapter].append([]) }
        chapters[chapter][chapters[chapter].count - 1].append(element)
        count += 1
    }

    /// What `body` makes of an element, which is read where it lies: nothing on the way to it is retained.
    @inline(__always)
    func read<Result>(_ index: Int, _ body: (borrowing Element) -> Result) -> Result {
        chapters.withUnsafeBufferPointer { chapters in
            chapters[index >> 10].withUnsafeBufferPointer { pages in
                pages[index >> 4 & 63].withUnsafeBufferPointer { body($0[index & 15]) }
            }
        }
    }

    subscript(index: Int) -> Element {
        // Yields in place: a copy of a record would retain all of its parts.
        _read { yield chapters[index >> 10][index >> 4 & 63][index & 15] }
        _modify { yield &chapters[index >> 10][index >> 4 & 63][index & 15] }
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
