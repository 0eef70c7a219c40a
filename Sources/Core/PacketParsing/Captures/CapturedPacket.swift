/// One packet as a capture file holds it, borrowed from the file's bytes.
@frozen
package struct CapturedPacket: BitwiseCopyable {
    /// The captured bytes; valid as long as the bytes that the reader was given.
    package let bytes: UnsafeRawBufferPointer
    /// The length of the packet on the wire, as the file declares it; may be smaller than `bytes.count` in a lying file.
    package let originalLength: Int
    /// Nanoseconds since the Unix epoch, UTC.
    package let nanoseconds: Int64
    /// The position of the first captured byte in the file.
    package let offset: Int
    /// The index into the reader's `interfaces` of where the packet was captured.
    package let interface: Int
    /// What the bytes start with.
    package let linkType: LinkType

    /// A packet of borrowed bytes.
    @inlinable
    package init(
        bytes: UnsafeRawBufferPointer,
        originalLength: Int,
        nanoseconds: Int64,
        offset: Int,
        interface: Int,
        linkType: LinkType
    ) {
        self.bytes = bytes
        self.originalLength = originalLength
        self.nanoseconds = nanoseconds
        self.offset = offset
        self.interface = interface
        self.linkType = linkType
    }
}

/// An interface that a capture file describes; a pcap file has one, a pcapng file any number.
package struct CaptureInterface: Hashable, Sendable {
    /// What its packets start with.
    package let linkType: LinkType
    /// The most bytes that were kept of a packet; 0 means no limit.
    package let snapLength: UInt32
    /// The interface's name on the machine that captured, where the file has it (`if_name`).
    package let name: String?
    /// How its time stamps count.
    let clock: CaptureClock
}
