import CIntrinsics
import CLinux
import FlowModel
import Glibc

/// The packets of one interface, in memory that the kernel fills: an AF_PACKET socket with a TPACKET_V3 ring.
///
/// It belongs to the network namespace of the thread that opened it, and may be read from any one thread.
@frozen
package struct CaptureRing: ~Copyable {
    /// How much memory a ring takes.
    package struct Size: Hashable, Sendable {
        /// The number of blocks; the kernel hands them over one by one.
        package var blockCount: Int
        /// The bytes of a block: a power of two, at least a page.
        package var blockBytes: Int

        /// A size of so many blocks.
        package init(blockCount: Int = 64, blockBytes: Int = 256 << 10) {
            self.blockCount = blockCount
            self.blockBytes = blockBytes
        }

        /// The largest size of at most so many bytes, from 256 KiB to 64 MiB.
        package init(fitting bytes: Int) {
            // A wake-up costs as much as hundreds of packets, so blocks are large; a ring of few waits for whole ones
            // and is soon full, so they are not larger than a sixteenth.
            var blockBytes = 64 << 10
            while blockBytes < 1 << 20, blockBytes * 32 <= bytes { blockBytes *= 2 }
            self.init(blockCount: min(64, max(4, bytes / blockBytes)), blockBytes: blockBytes)
        }
    }

    /// How long a packet may wait in a block that is not full, in milliseconds.
    package static let retireMilliseconds: Int32 = 50

    /// How far ahead of a packet memory is fetched, in bytes: a few packets.
    @usableFromInline static let prefetchDistance = 1024

    @usableFromInline let descriptor: OwnedDescriptor
    @usableFromInline let memory: RingMemory
    @usableFromInline let blockBytes: Int
    @usableFromInline let blockCount: Int
    @usableFromInline let skipsOutgoing: Bool
    @usableFromInline let hasOffloadHeader: Bool
    @usableFromInline var block = 0
    @usableFromInline var holdsBlock = false
    @usableFromInline var blocksBeforePause: Int
    @usableFromInline var packetsLeft: UInt32 = 0
    @usableFromInline var position: UnsafeMutableRawPointer
    private var total: CaptureStatistics

    /// Opens a ring on an interface of the calling thread's namespace; the filter must be for its link type.
    ///
    /// On the loopback interface each packet is seen once, when it is received.
    package init(
        _ interface: NetworkInterface,
        size: Size = Size(),
        filter: CaptureFilter
    ) throws(CaptureError) {
        try self.init(interface, size: size, filter: filter, sharing: nil)
    }

    /// With `shares`, the rings of an interface that are opened with the same ones divide its packets by flow.
    init(
        _ interface: NetworkInterface,
        size: Size,
        filter: CaptureFilter,
        sharing shares: RingShares?
    ) throws(CaptureError) {
        let socket = try OwnedDescriptor.packetSocket(interface)
        try socket.set(PACKET_VERSION, Int32(TPACKET_V3.rawValue), "PACKET_VERSION", on: interface)
        // Must come before the ring. Cooked sockets do not have it.
        let hasOffloadHeader = socket.trySet(PACKET_VNET_HDR, Int32(1))
        if interface.isLoopback { _ = socket.trySet(PACKET_IGNORE_OUTGOING, Int32(1)) }
        try socket.attach(filter, on: interface)
        let frameBytes = 2048
        var request = tpacket_req3()
        request.tp_block_size = UInt32(clamping: size.blockBytes)
        request.tp_block_nr = UInt32(clamping: size.blockCount)
        request.tp_frame_size = UInt32(frameBytes)
        request.tp_frame_nr = UInt32(clamping: size.blockBytes / frameBytes * size.blockCount)
        request.tp_retire_blk_tov = UInt32(CaptureRing.retireMilliseconds)
        try socket.set(PACKET_RX_RING, request, "PACKET_RX_RING", on: interface)
        let memory = try RingMemory(
            socket,
            count: size.blockBytes * size.blockCount,
            interface: interface
        )
        try socket.bind(to: interface)
        try shares?.join(socket, interface)
        position = memory.address
        self.memory = memory
        descriptor = socket
        self.hasOffloadHeader = hasOffloadHeader
        blockBytes = size.blockBytes
        blockCount = size.blockCount
        blocksBeforePause = size.blockCount
        skipsOutgoing = interface.isLoopback
        total = CaptureStatistics(openedAt: .now)
    }

    /// The file descriptor to wait on with `poll`.
    package var pollDescriptor: Int32 { descriptor.number }

    /// Gives the block at hand back to the kernel and takes the next one that it has filled.
    ///
    /// False when there is none, and once per round of the ring so that other rings get a turn. The bytes of every
    /// packet that `next()` has given are valid until this is called again.
    package mutating func nextBlock() -> Bool {
        if holdsBlock {
            holdsBlock = false
            packetsLeft = 0
            clinux_store_release(status(of: block), UInt32(TP_STATUS_KERNEL))
            block = block + 1 == blockCount ? 0 : block + 1
        }
        guard blocksBeforePause > 0, clinux_load_acquire(status(of: block)) & UInt32(TP_STATUS_USER) != 0 else {
            blocksBeforePause = blockCount
            return false
        }
        blocksBeforePause -= 1
        holdsBlock = true
        let base = memory.address + block * blockBytes
        let description = base.load(as: tpacket_block_desc.self).hdr.bh1
        packetsLeft = description.num_pkts
        position = base + Int(description.offset_to_first_pkt)
        return true
    }

    /// The next packet of the block that `nextBlock()` has taken; `nil` at its end.
    @inlinable @inline(__always)
    package mutating func next() -> RingPacket? {
        while packetsLeft > 0 {
            packetsLeft &-= 1
            let frame = position
            let header = frame.load(as: tpacket3_hdr.self)
            position = frame + Int(header.tp_next_offset)
            // The kernel has written the block on another processor. Beyond its end lies the next one, or nothing.
            var line = frame + CaptureRing.prefetchDistance
            while line < position + CaptureRing.prefetchDistance {
                cintrinsics_prefetch_for_reading(line)
                line += 64
            }
            // sockaddr_ll lies behind the header, both of which are multiples of TPACKET_ALIGNMENT.
            let link = (frame + 48).load(as: sockaddr_ll.self)
            let isOutgoing = Int32(link.sll_pkttype) == PACKET_OUTGOING
            if isOutgoing, skipsOutgoing { continue }
            let data = frame + Int(header.tp_mac)
            var segmentSize: UInt16 = 0
            if hasOffloadHeader {
                let offload = (data - MemoryLayout<virtio_net_hdr>.size)
                    .loadUnaligned(as: virtio_net_hdr.self)
                if Int32(offload.gso_type) != VIRTIO_NET_HDR_GSO_NONE { segmentSize = offload.gso_size }
            }
            return RingPacket(
                bytes: UnsafeRawBufferPointer(start: data, count: Int(header.tp_snaplen)),
                originalLength: Int(header.tp_len),
                time: Timestamp(nanoseconds: Int64(header.tp_sec) &* 1_000_000_000 &+ Int64(header.tp_nsec)),
                segmentSize: segmentSize,
                isOutgoing: isOutgoing
            )
        }
        return nil
    }

    private func status(of block: Int) -> UnsafeMutablePointer<UInt32> {
        // Behind `version` and `offset_to_priv` of tpacket_block_desc.
        (memory.address + block * blockBytes + 8).assumingMemoryBound(to: UInt32.self)
    }

    /// What the kernel has counted since the ring was opened, as of `now`.
    package mutating func statistics(at now: Timestamp) -> CaptureStatistics {
        var counts = tpacket_stats_v3()
        var length = socklen_t(MemoryLayout<tpacket_stats_v3>.size)
        // Reading sets the kernel's counts to zero.
        if getsockopt(descriptor.number, SOL_PACKET, PACKET_STATISTICS, &counts, &length) != 0 {
            counts = tpacket_stats_v3()
        }
        // The kernel counts the dropped among the packets, too.
        total.packets &+= UInt64(counts.tp_packets &- counts.tp_drops)
        total.dropped &+= UInt64(counts.tp_drops)
        total.freezes &+= UInt64(counts.tp_freeze_q_cnt)
        total.droppedLately = UInt64(counts.tp_drops)
        total.from = total.to
        total.to = now
        return total
    }

    /// Lets no more packets into the ring; the block that is being filled is handed over when its time is up.
    package func takeNoMore() {
        // Were this to fail, there would be more packets, and none is lost by that.
        _ = descriptor.tryAttach(.nothing)
    }

    /// Takes the socket's pending error, such as ENETDOWN, without which `poll` would return at once for ever.
    package func clearError() {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor.number, SOL_SOCKET, SO_ERROR, &error, &length)
    }
}
