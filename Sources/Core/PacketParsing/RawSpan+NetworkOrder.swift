// What reads packets compares every offset with the length once, for a whole header. Doing so again at every load costs
// a third of the time of decoding, so release builds do not; debug builds, which run the tests, and the fuzzers do.
extension RawSpan {
    /// The byte at an offset; the offset must be within the span.
    @inlinable
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { within(offset) }

    /// The 16-bit number in network order at an offset; all of it must be within the span.
    @inlinable
    @inline(__always)
    func number16(_ offset: Int) -> UInt16 { UInt16(bigEndian: within(offset)) }

    /// The 32-bit number in network order at an offset; all of it must be within the span.
    @inlinable
    @inline(__always)
    func number32(_ offset: Int) -> UInt32 { UInt32(bigEndian: within(offset)) }

    /// The 64-bit number in network order at an offset; all of it must be within the span.
    @inlinable
    @inline(__always)
    func number64(_ offset: Int) -> UInt64 { UInt64(bigEndian: within(offset)) }

    // SAFETY: every caller has made sure that the bytes are there.
    @inlinable
    @inline(__always)
    func within<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Value {
        assert(offset >= 0 && offset <= byteCount - MemoryLayout<Value>.size, "a load beyond the packet")
        return unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Value.self)
    }
}
