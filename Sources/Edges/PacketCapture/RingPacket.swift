import FlowModel

/// One packet in a capture ring, borrowed from it.
@frozen
package struct RingPacket: BitwiseCopyable {
    /// The captured bytes, at most the snap length; valid until the ring's next call of `nextBlock()`.
    package let bytes: UnsafeRawBufferPointer
    /// The length on the wire from the same first byte; without a VLAN tag, which the kernel takes off.
    package let originalLength: Int
    /// When the kernel saw it.
    package let time: Timestamp
    /// The payload of each segment that this packet will become on a wire (TCP or UDP offload); 0 if it is just one.
    package let segmentSize: UInt16
    /// Whether this machine sent it through the interface; on the host's end of a veth that is towards the pod.
    package let isOutgoing: Bool

    @inlinable
    init(
        bytes: UnsafeRawBufferPointer,
        originalLength: Int,
        time: Timestamp,
        segmentSize: UInt16,
        isOutgoing: Bool
    ) {
        self.bytes = bytes
        self.originalLength = originalLength
        self.time = time
        self.segmentSize = segmentSize
        self.isOutgoing = isOutgoing
    }
}

/// What the kernel counted at one ring since it was opened.
package struct CaptureStatistics: Hashable, Sendable {
    /// Packets put into the ring.
    package internal(set) var packets: UInt64 = 0
    /// Packets that found the ring full and were lost to us, not to their receiver.
    package internal(set) var dropped: UInt64 = 0
    /// How often the ring became full.
    package internal(set) var freezes: UInt64 = 0
    /// Those of `dropped` that were lost between `from` and `to`.
    package internal(set) var droppedLately: UInt64 = 0
    /// When the count before this one was taken, or the ring was opened.
    package internal(set) var from: Timestamp
    /// When this count was taken.
    package internal(set) var to: Timestamp

    /// Counts of zero.
    package init(openedAt time: Timestamp) {
        from = time
        to = time
    }
}
