import CIntrinsics

/// From hashes to the numbers of flows: open addressing, at most four fifths full.
struct FlowIndex: ~Copyable {
    /// Sixteen bytes; flow 0 is an empty slot.
    struct Slot: BitwiseCopyable {
        var hash: UInt64
        var flow: UInt32
        /// The number of what analysis knows of the flow, so that it can be fetched along with the flow; 0 for nothing.
        var analysis: UInt32
    }

    private(set) var slots: UnsafeMutablePointer<Slot>
    private(set) var mask: Int
    private var count = 0

    init() {
        mask = 1023
        slots = FlowIndex.allocate(1024)
    }

    deinit { FlowIndex.deallocate(slots, mask + 1) }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Slot> {
        // All zero, which is empty.
        cintrinsics_reserve(capacity * MemoryLayout<Slot>.stride).bindMemory(to: Slot.self, capacity: capacity)
    }

    private static func deallocate(_ slots: UnsafeMutablePointer<Slot>, _ capacity: Int) {
        cintrinsics_release(slots, capacity * MemoryLayout<Slot>.stride)
    }

    /// The bytes of memory that it holds.
    var byteCount: Int { (mask + 1) * MemoryLayout<Slot>.stride }

    // SAFETY: every position is masked, and there are `mask + 1` slots; a walk ends because some are empty.
    @inline(__always)
    func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & mask }

    /// The first slot with this hash, which is nearly always the right one; an empty one where there is none.
    @inline(__always)
    func candidate(_ hash: UInt64) -> Slot {
        var position = home(hash)
        while slots[position].flow != 0, slots[position].hash != hash { position = (position &+ 1) & mask }
        return slots[position]
    }

    /// Adds a flow that is not there.
    mutating func insert(_ hash: UInt64, _ flow: UInt32, analysis: UInt32) {
        if (count + 1) * 5 > (mask + 1) * 4 { resize((mask + 1) * 2) }
        place(Slot(hash: hash, flow: flow, analysis: analysis))
        count += 1
    }

    /// Lets the slot of a flow stand for another flow with the same hash, or for other analysis.
    mutating func replace(_ hash: UInt64, _ flow: UInt32, by successor: UInt32, analysis: UInt32) {
        guard let position = position(hash, flow) else { return }
        slots[position].flow = successor
        slots[position].analysis = analysis
    }

    mutating func remove(_ hash: UInt64, _ flow: UInt32) {
        guard var hole = position(hash, flow) else { return }
        count -= 1
        // Close the hole by moving back what was pushed past it, so that walks need no tombstones.
        var position = (hole + 1) & mask
        while slots[position].flow != 0 {
            let distance = (position - home(slots[position].hash)) & mask
            if distance >= (position - hole) & mask {
                slots[hole] = slots[position]
                hole = position
            }
            position = (position + 1) & mask
        }
        slots[hole].flow = 0
    }

    /// Forgets everything, with room for so many flows.
    mutating func reset(expecting flows: Int) {
        var capacity = 1024
        while capacity * 4 < flows * 5 + 64 { capacity *= 2 }
        FlowIndex.deallocate(slots, mask + 1)
        slots = FlowIndex.allocate(capacity)
        mask = capacity - 1
        count = 0
    }

    private func position(_ hash: UInt64, _ flow: UInt32) -> Int? {
        var position = home(hash)
        while slots[position].flow != 0 {
            if slots[position].flow == flow { return position }
            position = (position + 1) & mask
        }
        return nil
    }

    private mutating func place(_ slot: Slot) {
        var position = home(slot.hash)
        while slots[position].flow != 0 { position = (position + 1) & mask }
        slots[position] = slot
    }

    private mutating func resize(_ capacity: Int) {
        let old = slots
        let oldCapacity = mask + 1
        slots = FlowIndex.allocate(capacity)
        mask = capacity - 1
        for index in 0..<oldCapacity where old[index].flow != 0 { place(old[index]) }
        FlowIndex.deallocate(old, oldCapacity)
    }
}
