import FlowModel

/// The flows in the order of their creation, numbered from 1, in chunks that never move.
///
/// Dropped flows leave gaps until `compact`.
struct FlowStore: ~Copyable {
    private static let chunkShift: UInt32 = 12
    private static let chunkSize = 1 << 12

    private struct Chunk {
        var hot: UnsafeMutablePointer<HotFlow>
        var cold: UnsafeMutablePointer<ColdFlow>
    }

    private var chunks: UnsafeMutablePointer<Chunk>
    private var chunkCapacity = 16
    private var chunkCount = 0
    /// One more than the highest number given out.
    private(set) var end: UInt32 = 1
    /// The flows that are there.
    private(set) var live = 0

    init() {
        chunks = .allocate(capacity: chunkCapacity)
    }

    deinit {
        for index in 0..<chunkCount {
            chunks[index].hot.deallocate()
            chunks[index].cold.deallocate()
        }
        chunks.deallocate()
    }

    /// The numbers that no flow has any more.
    var gaps: Int { Int(end) - 1 - live }

    // SAFETY: every caller has `index` from `append` or the index of flows, so that it is below `end`, and
    // `end` never exceeds what the chunks hold.
    @inline(__always)
    func hot(_ index: UInt32) -> UnsafeMutablePointer<HotFlow> {
        chunks[Int(index >> FlowStore.chunkShift)].hot + (Int(index) & (FlowStore.chunkSize - 1))
    }

    @inline(__always)
    func cold(_ index: UInt32) -> UnsafeMutablePointer<ColdFlow> {
        chunks[Int(index >> FlowStore.chunkShift)].cold + (Int(index) & (FlowStore.chunkSize - 1))
    }

    mutating func append(_ hotFlow: HotFlow, _ coldFlow: ColdFlow) -> UInt32 {
        let index = end
        if Int(index >> FlowStore.chunkShift) == chunkCount { addChunk() }
        hot(index).initialize(to: hotFlow)
        cold(index).initialize(to: coldFlow)
        end += 1
        live += 1
        return index
    }

    mutating func drop(_ index: UInt32) {
        hot(index).pointee.key.tail = HotFlow.deadBit
        live -= 1
    }

    /// Closes the gaps, keeping the order; every flow may get another number.
    mutating func compact() {
        var target: UInt32 = 1
        for index in 1..<end where !hot(index).pointee.isDead {
            if index != target {
                hot(target).pointee = hot(index).pointee
                cold(target).pointee = cold(index).pointee
            }
            target += 1
        }
        end = target
        let needed = Int((end - 1) >> FlowStore.chunkShift) + 1
        while chunkCount > needed {
            chunkCount -= 1
            chunks[chunkCount].hot.deallocate()
            chunks[chunkCount].cold.deallocate()
        }
    }

    private mutating func addChunk() {
        if chunkCount == chunkCapacity {
            let larger = UnsafeMutablePointer<Chunk>.allocate(capacity: chunkCapacity * 2)
            larger.moveInitialize(from: chunks, count: chunkCount)
            chunks.deallocate()
            chunks = larger
            chunkCapacity *= 2
        }
        // One flow to a cache line.
        let hot = UnsafeMutableRawPointer.allocate(
            byteCount: FlowStore.chunkSize * MemoryLayout<HotFlow>.stride,
            alignment: 64
        )
        let chunk = Chunk(
            hot: hot.bindMemory(to: HotFlow.self, capacity: FlowStore.chunkSize),
            cold: .allocate(capacity: FlowStore.chunkSize)
        )
        (chunks + chunkCount).initialize(to: chunk)
        chunkCount += 1
    }
}
