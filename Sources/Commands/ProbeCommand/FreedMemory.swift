import CLinux

/// What the C allocator does with memory that was freed.
enum FreedMemory {
    /// Has it go back to the kernel: batches are large and short-lived, and a pod pays for what a probe holds.
    ///
    /// - Parameter threads: How many threads meter; more heaps than that would each keep some.
    static func returnToKernel(threads: Int) {
        let large: Int32 = 64 << 10
        _ = mallopt(M_MMAP_THRESHOLD, large)
        _ = mallopt(M_TRIM_THRESHOLD, large)
        _ = mallopt(M_TOP_PAD, large / 4)
        _ = mallopt(M_ARENA_MAX, Int32(clamping: threads))
    }

    /// Gives pages between memory that is in use back, too; a tenth of a millisecond for some megabytes.
    static func trim() { _ = malloc_trim(0) }
}
