import FlowModel

/// The flows in the order of their creation, numbered from 1, in memory that never moves.
///
/// Dropped flows leave gaps until `compact`.
struct FlowStore: ~Copyable {
    private let hotFlows: ReservedArray<HotFlow>
    private let coldFlows: ReservedArray<ColdFlow>
    /// One more than the highest number given out.
    private(set) var end: UInt32 = 1
    /// The flows that are there.
    private(set) var live = 0

    /// A store for so many flows and gaps together.
    init(capacity: Int) {
        hotFlows = ReservedArray(capacity: capacity + 1)
        coldFlows = ReservedArray(capacity: capacity + 1)
    }

    /// The numbers that no flow has any more.
    var gaps: Int { Int(end) - 1 - live }

    /// The bytes of memory that it holds.
    var byteCount: Int { Int(end) * (MemoryLayout<HotFlow>.stride + MemoryLayout<ColdFlow>.stride) }

    @inline(__always)
    func hot(_ flow: UInt32) -> UnsafeMutablePointer<HotFlow> { hotFlows[flow] }

    @inline(__always)
    func cold(_ flow: UInt32) -> UnsafeMutablePointer<ColdFlow> { coldFlows[flow] }

    mutating func append(_ hotFlow: HotFlow, _ coldFlow: ColdFlow) -> UInt32 {
        let flow = end
        hot(flow).initialize(to: hotFlow)
        cold(flow).initialize(to: coldFlow)
        end += 1
        live += 1
        return flow
    }

    mutating func drop(_ flow: UInt32) {
        hot(flow).pointee.key.tail = HotFlow.deadBit
        live -= 1
    }

    /// Closes the gaps, keeping the order; `moved` is told the old and new number of flows with an overflow.
    mutating func compact(_ moved: (UInt32, UInt32) -> Void) {
        var target: UInt32 = 1
        for flow in 1..<end where !hot(flow).pointee.isDead {
            if cold(flow).pointee.seen.has(.overflow) { moved(flow, target) }
            if flow != target {
                hot(target).pointee = hot(flow).pointee
                cold(target).pointee = cold(flow).pointee
            }
            target += 1
        }
        end = target
        hotFlows.discard(after: Int(end))
        coldFlows.discard(after: Int(end))
    }
}
