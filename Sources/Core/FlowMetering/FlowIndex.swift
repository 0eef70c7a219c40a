/// From hashes to the numbers of flows: open addressing, at most half full.
struct FlowIndex: ~Copyable {
    /// Sixteen bytes; number 0 is an empty slot.
    struct Slot: BitwiseCopyable {
        var hash: UInt64
        var flow: UInt32
        var unused: UInt32 = 0
    }

    private(set) var slots: UnsafeMutablePointer<Slot>
    private(set) var mask: Int
    private var count = 0

    init() {
        mask = 1023
        slots = FlowIndex.allocate(1024)
    }

    deinit { slots.deallocate() }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Slot> {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
        slots.initialize(repeating: Slot(hash: 0, flow: 0), count: capacity)
        return slots
    }

    // SAFETY: every position is masked, and there are `mask + 1` slots; a walk ends because half are empty.
    @inline(__always)
    func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & mask }

    /// The first flow with this hash, which is nearly always the right one; 0 where there is none.
    @inline(__always)
    func candidate(_ hash: UInt64) -> UInt32 {
        var position = home(hash)
        while slots[position].flow != 0, slots[position].hash != hash { position = (position &+ 1) & mask }
        return slots[position].flow
    }

    /// Adds a flow that is not there.
    mutating func insert(_ hash: UInt64, _ flow: UInt32) {
        if (count + 1) * 2 > mask + 1 { resize((mask + 1) * 2) }
        place(Slot(hash: hash, flow: flow))
        count += 1
    }

    /// Lets the slot of a flow stand for another flow with the same hash.
    mutating func replace(_ hash: UInt64, _ flow: UInt32, by successor: UInt32) {
        if let position = position(hash, flow) { slots[position].flow = successor }
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
        while capacity < flows * 2 { capacity *= 2 }
        slots.deallocate()
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
        old.deallocate()
    }
}
