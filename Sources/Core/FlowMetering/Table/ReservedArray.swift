import CIntrinsics

/// Room for a fixed number of values that takes memory only as far as it is written, and never moves.
///
/// All values start as zero bytes.
struct ReservedArray<Element: BitwiseCopyable>: ~Copyable {
    let base: UnsafeMutablePointer<Element>
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        base = cintrinsics_reserve(capacity * MemoryLayout<Element>.stride)
            .bindMemory(to: Element.self, capacity: capacity)
    }

    deinit { cintrinsics_release(base, capacity * MemoryLayout<Element>.stride) }

    // SAFETY: callers have their numbers from what they put here, all of which are below `capacity`.
    @inline(__always)
    subscript(_ number: UInt32) -> UnsafeMutablePointer<Element> {
        assert(Int(number) < capacity, "a number that nothing here has")
        return base + Int(number)
    }

    /// Lets go of the memory behind the first so many values.
    func discard(after count: Int) {
        let stride = MemoryLayout<Element>.stride
        cintrinsics_discard(base, count * stride, capacity * stride)
    }
}

/// Values of one kind, numbered from 1, that come and go; of bounded number.
struct Pool<Element: BitwiseCopyable>: ~Copyable {
    private let values: ReservedArray<Element>
    /// The number that was freed last; in its place stands the one freed before, 0 at the end.
    private var free: UInt32 = 0
    /// One more than the highest number given out.
    private var end: UInt32 = 1
    /// The values that are there.
    private(set) var count = 0

    init(capacity: Int) { values = ReservedArray(capacity: min(capacity, Int(UInt32.max) - 1) + 1) }

    /// The bytes of memory that it holds.
    var byteCount: Int { Int(end) * MemoryLayout<Element>.stride }

    @inline(__always)
    subscript(_ number: UInt32) -> UnsafeMutablePointer<Element> { values[number] }

    /// The number of a new value; 0 where there is no room.
    mutating func add(_ value: Element) -> UInt32 {
        var number = free
        if number != 0 {
            free = UnsafeRawPointer(values[number]).load(as: UInt32.self)
        } else {
            guard Int(end) < values.capacity else { return 0 }
            number = end
            end += 1
        }
        values[number].initialize(to: value)
        count += 1
        return number
    }

    // SAFETY: every value is of four bytes at least and aligned to them.
    mutating func remove(_ number: UInt32) {
        assert(number > 0 && number < end && count > 0, "a value that is not there")
        UnsafeMutableRawPointer(values[number]).storeBytes(of: free, as: UInt32.self)
        free = number
        count -= 1
        guard count == 0 else { return }
        free = 0
        // What has grown is given back; a small pool that empties and fills again keeps its memory.
        if end > 4096 { values.discard(after: 1) }
        end = 1
    }
}
