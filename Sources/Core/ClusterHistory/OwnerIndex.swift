import ClusterModel
import FlowModel
import NetworkAddressing

/// What can be owned: an address, a port of every node, or a block, as three numbers.
struct OwnedKey: Hashable, Sendable {
    let high: UInt64
    let low: UInt64
    /// Tells the kinds and families apart; never zero.
    let tag: UInt32

    init(_ address: IPAddress) {
        high = address.high
        low = address.low
        // By name: raw values and comparisons are calls into another module.
        switch address.family {
        case .v4: tag = 4
        case .v6: tag = 6
        }
    }

    init(_ port: NodePort) {
        high = UInt64(port.transport.rawValue)
        low = UInt64(port.number)
        tag = 1
    }

    init(_ block: IPPrefix) {
        high = block.address.high
        low = block.address.low
        tag = UInt32(block.address.family.rawValue) | UInt32(block.length + 1) << 8
    }

    init(high: UInt64, low: UInt64, tag: UInt32) {
        self.high = high
        self.low = low
        self.tag = tag
    }

    /// The address; `nil` for what is none.
    var address: IPAddress? {
        guard tag < 256, let family = IPAddress.Family(rawValue: UInt8(tag)) else { return nil }
        return IPAddress(high: high, low: low, family: family)
    }
}

/// The owners of everything that can be owned, in flat tables that are found by a hash and searched by time.
///
/// A change after a copy was taken copies the shard it touches and the two short lists that lead to it.
struct OwnerIndex: Sendable {
    /// What every question needs of a row.
    struct Span: BitwiseCopyable, Sendable {
        var from: Timestamp
        var until: Timestamp
        var index: UInt32
        var kind: AddressOwner.Kind
        /// Whether this row alone answers for its time: none before it reaches into it.
        var isAlone: Bool
        var isCertainFrom: Bool
        var isCertainUntil: Bool
    }

    fileprivate struct Slot: BitwiseCopyable, Sendable {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var tag: UInt32 = 0
        var offset: UInt32 = 0
        var count: UInt32 = 0
        var capacity: UInt32 = 0
    }

    fileprivate struct Shard: Sendable {
        var slots: [Slot] = []
        /// One less than the number of slots; kept here so that the list's own header is not read.
        var mask = 0
        /// The hash of each slot's key.
        var hashes: [UInt64] = []
        var spans: [Span] = []
        var bounds: [OwnerBounds] = []
        var used = 0
        /// How many rows no slot leads to any more.
        var abandoned = 0
    }

    private var groups: [[Shard]] = Array(repeating: Array(repeating: Shard(), count: 64), count: 64)
    // Keeps who can choose addresses from choosing colliding ones.
    private let seed = UInt64(bitPattern: Int64(Hasher().finalize()))

    @inline(__always)
    private func hash(_ key: OwnedKey) -> UInt64 {
        FlowKey.fold(
            key.high ^ UInt64(key.tag) << 32 ^ (seed ^ 0xa076_1d64_78bd_642f),
            key.low ^ 0xe703_7ed1_a0b4_28db
        )
    }

    /// Calls `body` with the rows of a key by the time they began; with none for a key that is not known.
    @inline(__always)
    func withRows<Result>(
        of key: OwnedKey,
        _ body: (UnsafeBufferPointer<Span>, UnsafeBufferPointer<OwnerBounds>) -> Result
    ) -> Result {
        withSpans(of: key) { spans, shard, offset in
            shard.bounds.withUnsafeBufferPointer { bounds in
                let range = offset..<offset + spans.count
                return body(spans, bounds.extracting(range))
            }
        }
    }

    /// Calls `body` with what is most often asked of the rows of a key, and where to find the rest.
    @inline(__always)
    private func withSpans<Result>(
        of key: OwnedKey,
        _ body: (UnsafeBufferPointer<Span>, borrowing Shard, Int) -> Result
    ) -> Result {
        let hash = hash(key)
        return groups[Int(hash >> 58)].withUnsafeBufferPointer { group in
            let place = Int(hash >> 52 & 63)
            return group[place].slots.withUnsafeBufferPointer { slots in
                guard let slot = OwnerIndex.find(key, hash, slots, mask: group[place].mask) else {
                    return body(UnsafeBufferPointer(start: nil, count: 0), group[place], 0)
                }
                let offset = Int(slots[slot].offset)
                let count = Int(slots[slot].count)
                guard count > 0 else {
                    return body(UnsafeBufferPointer(start: nil, count: 0), group[place], 0)
                }
                return group[place].spans.withUnsafeBufferPointer { spans in
                    let rows = UnsafeBufferPointer(start: spans.baseAddress.map { $0 + offset }, count: count)
                    return body(rows, group[place], offset)
                }
            }
        }
    }

    /// The slot of a key; `nil` where it has none.
    @inline(__always)
    private static func find(
        _ key: OwnedKey,
        _ hash: UInt64,
        _ slots: UnsafeBufferPointer<Slot>,
        mask: Int
    ) -> Int? {
        guard mask > 0 else { return nil }
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index].tag != 0 {
            if slots[index].low == key.low, slots[index].high == key.high, slots[index].tag == key.tag { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Who had a key at a time.
    enum Finding {
        case none
        case one(Span)
        /// Perhaps several, which has to be looked into.
        case several
    }

    /// Who had a key at a time, found without allocating.
    @inline(__always)
    func sole(_ key: OwnedKey, at time: Timestamp) -> Finding {
        withSpans(of: key) { spans, _, _ in
            let index = OwnerIndex.count(spans, startingUntil: time)
            guard index > 0 else { return .none }
            let span = spans[index - 1]
            guard span.isAlone else { return .several }
            return time.nanoseconds < span.until.nanoseconds ? .one(span) : .none
        }
    }

    /// The number of the pod that surely had a key for all of a time, where that is told without comparing all rows:
    /// it alone answers for its time, and the next is not possible yet.
    @inline(__always)
    func settledPod(_ key: OwnedKey, from first: Timestamp, until last: Timestamp) -> Int? {
        withSpans(of: key) { spans, shard, offset in
            let count = OwnerIndex.count(spans, startingUntil: first)
            guard count > 0 else { return nil }
            let span = spans[count - 1]
            guard span.isAlone, span.kind == .pod, last.nanoseconds < span.until.nanoseconds else { return nil }
            return shard.bounds.withUnsafeBufferPointer { bounds in
                let (sure, alone) = (bounds[offset + count - 1].sureFrom, bounds[offset + count - 1].aloneUntil)
                return sure.nanoseconds <= first.nanoseconds && last.nanoseconds < alone.nanoseconds
                    ? Int(span.index) : nil
            }
        }
    }

    /// The rows with `from <= time < until`, by the time they began.
    func rows(of key: OwnedKey, at time: Timestamp) -> [OwnerRow] {
        withRows(of: key) { spans, bounds in
            var index = OwnerIndex.count(spans, startingUntil: time)
            var found: [OwnerRow] = []
            while index > 0 {
                index -= 1
                if spans[index].until > time { found.append(OwnerRow(spans[index], bounds[index])) }
                if spans[index].isAlone { break }
            }
            if found.count > 1 { found.reverse() }
            return found
        }
    }

    /// How many rows begin at or before a time.
    @inline(__always)
    static func count(_ spans: UnsafeBufferPointer<Span>, startingUntil time: Timestamp) -> Int {
        // As numbers: the comparison of times would be a call for each step.
        let nanoseconds = time.nanoseconds
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low &+ high) / 2
            if spans[middle].from.nanoseconds <= nanoseconds { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// All owners of a key.
    func table(of key: OwnedKey) -> OwnerTable {
        withRows(of: key) { spans, bounds in OwnerTable(rows: zip(spans, bounds).map { OwnerRow($0, $1) }) }
    }

    /// Changes the owners of a key, which need not be known before.
    mutating func update<Result>(_ key: OwnedKey, _ body: (inout OwnerTable) -> Result) -> Result {
        var table = table(of: key)
        let result = body(&table)
        let hash = hash(key)
        groups[Int(hash >> 58)][Int(hash >> 52 & 63)].store(table, key, hash)
        return result
    }

    /// Everything that ever had an owner, in no order.
    var keys: [OwnedKey] { groups.flatMap { $0.flatMap(\.keys) } }
}

extension OwnerIndex.Shard {
    var keys: [OwnedKey] {
        slots.filter { $0.tag != 0 }.map { OwnedKey(high: $0.high, low: $0.low, tag: $0.tag) }
    }

    /// Puts the rows of a key in the place of those it had.
    mutating func store(_ table: OwnerTable, _ key: OwnedKey, _ hash: UInt64) {
        if (used + 1) * 4 > slots.count * 3 { grow() }
        let slot = place(of: key, hash)
        let count = table.rows.count
        if count > slots[slot].capacity {
            abandoned += Int(slots[slot].capacity)
            let capacity = count < 2 ? 1 : 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
            slots[slot].offset = UInt32(spans.count)
            slots[slot].capacity = UInt32(capacity)
            guard let last = table.rows.last else { return }
            spans.append(contentsOf: repeatElement(OwnerIndex.Span(last, isAlone: true), count: capacity))
            bounds.append(contentsOf: repeatElement(last.bounds, count: capacity))
        }
        slots[slot].count = UInt32(count)
        var reach = Timestamp.distantPast
        var learnt = Timestamp.distantPast
        for (row, position) in zip(table.rows, Int(slots[slot].offset)...) {
            spans[position] = OwnerIndex.Span(row, isAlone: reach <= row.from)
            bounds[position] = row.bounds
            // Learnt after all that began before it, it is newer than they.
            bounds[position].aloneUntil = learnt < row.bounds.learntAt ? .distantFuture : .distantPast
            reach = max(reach, row.until)
            learnt = max(learnt, row.bounds.learntAt)
        }
        var next = Timestamp.distantFuture
        for (row, position) in zip(table.rows, Int(slots[slot].offset)...).reversed() {
            bounds[position].aloneUntil = min(bounds[position].aloneUntil, next)
            next = min(next, row.bounds.possibleFrom)
        }
        if abandoned > 64, abandoned * 3 > spans.count { compact() }
    }

    /// The slot of a key, taken for it if it had none.
    private mutating func place(of key: OwnedKey, _ hash: UInt64) -> Int {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index].tag != 0 {
            if slots[index].low == key.low, slots[index].high == key.high, slots[index].tag == key.tag { return index }
            index = (index + 1) & mask
        }
        slots[index] = OwnerIndex.Slot(high: key.high, low: key.low, tag: key.tag)
        hashes[index] = hash
        used += 1
        return index
    }

    private mutating func grow() {
        let former = zip(slots, hashes)
        let size = max(8, slots.count * 2)
        slots = Array(repeating: OwnerIndex.Slot(), count: size)
        mask = size - 1
        hashes = Array(repeating: 0, count: size)
        for (slot, hash) in former where slot.tag != 0 {
            var index = Int(truncatingIfNeeded: hash) & (size - 1)
            while slots[index].tag != 0 { index = (index + 1) & (size - 1) }
            slots[index] = slot
            hashes[index] = hash
        }
    }

    /// Drops the rows that no slot leads to.
    private mutating func compact() {
        let formerSpans = spans
        let formerBounds = bounds
        spans = []
        bounds = []
        for index in slots.indices where slots[index].capacity > 0 {
            let range = Int(slots[index].offset)..<Int(slots[index].offset) + Int(slots[index].capacity)
            slots[index].offset = UInt32(spans.count)
            spans.append(contentsOf: formerSpans[range])
            bounds.append(contentsOf: formerBounds[range])
        }
        abandoned = 0
    }
}
