extension RawSpan {
    /// The byte at an offset; the offset must be within the span.
    @inlinable
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The 16-bit number in network order at an offset; all of it must be within the span.
    @inlinable
    @inline(__always)
    func number16(_ offset: Int) -> UInt16 {
        UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The 32-bit number in network order at an offset; all of it must be within the span.
    @inlinable
    @inline(__always)
    func number32(_ offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The 64-bit number in network order at an offset; all of it must be within the span.
    @inlinable
    @inline(__always)
    func number64(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
