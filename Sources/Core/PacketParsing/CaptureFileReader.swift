/// Reads the packets of a pcap or pcapng file from memory, one after the other, without copying them.
///
/// Any bytes may be given: what cannot be read ends the packets and is told in `failure`.
package struct CaptureFileReader {
    /// The whole file.
    package let bytes: UnsafeRawBufferPointer
    /// The interfaces described so far, over all sections; grows while packets are read.
    package internal(set) var interfaces: [CaptureInterface] = []
    /// Why the packets ended before the file did; `nil` before and after a clean end.
    package internal(set) var failure: CaptureFileError?
    /// How many packets had no time of their own (Simple Packet Blocks) and were given that of the packet before.
    package internal(set) var untimedPackets: UInt64 = 0

    /// Where the next record or block starts.
    var position = 0
    /// Whether the file's byte order is not this machine's.
    var isSwapped = false
    var format: Format
    /// pcapng: the index of the current section's first interface.
    var sectionBase = 0
    /// The time of the last packet that had one.
    var lastNanoseconds: Int64 = 0

    enum Format {
        case records(CaptureRecordLayout)
        case blocks
    }

    /// Reads the header of a file; the bytes must outlive the reader and all of its packets.
    package init(_ bytes: UnsafeRawBufferPointer) throws(CaptureFileError) {
        self.bytes = bytes
        format = .blocks
        guard bytes.count >= 4 else {
            throw CaptureFileError(
                .notACapture(CaptureFileContent(of: bytes)),
                offset: 0,
                needed: 4,
                had: bytes.count
            )
        }
        let magic = bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
        if magic == SectionBlock.sectionHeader {
            try readSectionHeader()
        } else if let layout = CaptureRecordLayout(magic: magic) {
            try readFileHeader(layout)
        } else if let layout = CaptureRecordLayout(magic: magic.byteSwapped) {
            isSwapped = true
            try readFileHeader(layout)
        } else {
            throw CaptureFileError(
                .notACapture(CaptureFileContent(of: bytes)),
                offset: 0,
                needed: 4,
                had: bytes.count
            )
        }
    }

    /// The next packet; `nil` at the end of the file and where it cannot be read further, which `failure` then tells.
    package mutating func next() -> CapturedPacket? {
        guard failure == nil else { return nil }
        return switch format {
        case .records(let layout): nextRecord(layout)
        case .blocks: nextPacketBlock()
        }
    }

    /// Reads packets into `batch` from its `count`-th place on until it is full or one is not before `end`.
    ///
    /// Returns that packet, or the one for which there was no more room; `nil` where there are no more.
    mutating func next(
        into batch: UnsafeMutableBufferPointer<CapturedPacket>,
        _ count: inout Int,
        before end: Int64
    ) -> CapturedPacket? {
        guard failure == nil else { return nil }
        return switch format {
        case .records(let layout): nextRecords(layout, into: batch, &count, before: end)
        case .blocks: nextOneByOne(into: batch, &count, before: end)
        }
    }

    mutating func nextOneByOne(
        into batch: UnsafeMutableBufferPointer<CapturedPacket>,
        _ count: inout Int,
        before end: Int64
    ) -> CapturedPacket? {
        var packet = next()
        while let found = packet, count < batch.count, found.nanoseconds < end {
            batch[count] = found
            count += 1
            packet = next()
        }
        return packet
    }

    /// Ends the packets.
    mutating func fail(_ kind: CaptureFileError.Kind, needed: Int, had: Int) -> CapturedPacket? {
        failure = CaptureFileError(kind, offset: position, needed: needed, had: had)
        return nil
    }

    /// The bytes from the current position to the end of the file.
    var remaining: Int { bytes.count - position }

    // The callers of these three have made sure that the bytes are there.

    func load16(_ offset: Int) -> UInt16 {
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
        return isSwapped ? value.byteSwapped : value
    }

    func load32(_ offset: Int) -> UInt32 {
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return isSwapped ? value.byteSwapped : value
    }

    func load64(_ offset: Int) -> UInt64 {
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return isSwapped ? value.byteSwapped : value
    }

    func slice(_ offset: Int, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// The most bytes that a packet of a link type can have; the limits are libpcap's and Wireshark's.
    static func longestPacket(linkType: LinkType) -> Int {
        switch linkType.rawValue {
        case 231, 249: 128 << 20  // D-Bus messages and USBPcap transfers
        case 279: 8 << 20  // Elektrobit high speed capture
        default: 262_144
        }
    }
}
