import CIntrinsics

/// The variants of the pcap format: draft-ietf-opsawg-pcap, and libpcap's sf-pcap.c for what the draft leaves out.
struct CaptureRecordLayout {
    /// What a unit of the second time field is worth.
    let nanosecondsPerFraction: Int64
    /// The bytes in front of each packet.
    let recordHeaderLength: Int
    var lengthOrder = LengthOrder.capturedFirst
    /// What packets start with, and how long they can be.
    var linkType = LinkType.ethernet
    var longest = 0

    enum LengthOrder {
        case capturedFirst
        case originalFirst
        /// Writers of version 2.3 did either; the captured length is then the smaller one.
        case smallerIsCaptured
    }

    /// The layout of a magic number in the file's byte order; `nil` for a number that is none.
    init?(magic: UInt32) {
        switch magic {
        case 0xa1b2_c3d4: (nanosecondsPerFraction, recordHeaderLength) = (1000, 16)
        case 0xa1b2_3c4d: (nanosecondsPerFraction, recordHeaderLength) = (1, 16)
        // Alexey Kuznetzov's libpcap of the 1990s adds interface, protocol and packet type to each record.
        case 0xa1b2_cd34: (nanosecondsPerFraction, recordHeaderLength) = (1000, 24)
        default: return nil
        }
    }
}

extension CaptureFileReader {
    private static let fileHeaderLength = 24

    mutating func readFileHeader(_ magicLayout: CaptureRecordLayout) throws(CaptureFileError) {
        var layout = magicLayout
        guard bytes.count >= Self.fileHeaderLength else {
            throw CaptureFileError(
                .truncatedHeader,
                offset: 0,
                needed: Self.fileHeaderLength,
                had: bytes.count
            )
        }
        let (major, minor) = (load16(4), load16(6))
        switch (major, minor) {
        case (2, 0...2), (543, _): layout.lengthOrder = .originalFirst
        case (2, 3): layout.lengthOrder = .smallerIsCaptured
        case (2, _): break
        default:
            throw CaptureFileError(
                .unsupportedVersion(major: major, minor: minor),
                offset: 4,
                needed: 2,
                had: Int(major)
            )
        }
        // The high bits may hold the length of the frame check sequence; the ten between are reserved.
        let network = load32(20)
        guard network & 0x03ff_0000 == 0 else {
            throw CaptureFileError(.unsupportedLinkType(network), offset: 20, needed: 0, had: Int(network))
        }
        layout.linkType = LinkType(rawValue: UInt16(truncatingIfNeeded: network))
        layout.longest = Self.longestPacket(linkType: layout.linkType)
        format = .records(layout)
        interfaces = [
            CaptureInterface(
                linkType: layout.linkType,
                snapLength: load32(16),
                name: nil,
                clock: layout.nanosecondsPerFraction == 1 ? .nanoseconds : .microseconds
            )
        ]
        position = Self.fileHeaderLength
    }

    /// Reads packets into `batch` from its `count`-th place on until it is full or one is not before `end`, which is
    /// returned and not in the batch, or there are no more.
    mutating func nextRecords(
        _ layout: CaptureRecordLayout,
        into batch: UnsafeMutableBufferPointer<CapturedPacket>,
        _ count: inout Int,
        before end: Int64
    ) -> CapturedPacket? {
        guard layout.lengthOrder == .capturedFirst, !isSwapped, let base = bytes.baseAddress else {
            return nextOneByOne(into: batch, &count, before: end)
        }
        let header = layout.recordHeaderLength
        var position = position
        defer { self.position = position }
        while bytes.count &- position >= header {
            let record = base + position
            let words = record.loadUnaligned(as: SIMD4<UInt32>.self)
            let captured = Int(words[2])
            guard captured <= layout.longest, bytes.count &- position &- header >= captured else { break }
            // About a batch ahead, so that the memory is there in time; a wrong address does no harm.
            cintrinsics_prefetch(record + 8192)
            let packet = CapturedPacket(
                bytes: UnsafeRawBufferPointer(start: record + header, count: captured),
                originalLength: Int(words[3]),
                nanoseconds: Int64(words[0]) &* 1_000_000_000 &+ Int64(words[1]) &* layout.nanosecondsPerFraction,
                offset: position &+ header,
                interface: 0,
                linkType: layout.linkType
            )
            position &+= header &+ captured
            guard count < batch.count, packet.nanoseconds < end else { return packet }
            batch[count] = packet
            count &+= 1
        }
        // The end of the file, or what makes it unreadable: told there.
        self.position = position
        let last = nextRecord(layout)
        position = self.position
        return last
    }

    mutating func nextRecord(_ layout: CaptureRecordLayout) -> CapturedPacket? {
        let remaining = remaining
        guard remaining > 0 else { return nil }
        guard remaining >= layout.recordHeaderLength else {
            return fail(.truncatedRecord, needed: layout.recordHeaderLength, had: remaining)
        }
        let seconds = Int64(load32(position))
        let fraction = Int64(load32(position + 4))
        var captured = Int(load32(position + 8))
        var original = Int(load32(position + 12))
        switch layout.lengthOrder {
        case .capturedFirst: break
        case .originalFirst: swap(&captured, &original)
        case .smallerIsCaptured: if captured > original { swap(&captured, &original) }
        }
        guard captured <= layout.longest else {
            return fail(.impossibleLength, needed: captured, had: layout.longest)
        }
        let length = layout.recordHeaderLength + captured
        guard remaining >= length else { return fail(.truncatedRecord, needed: length, had: remaining) }
        let start = position + layout.recordHeaderLength
        position += length
        // SAFETY: the record was just found to lie within the bytes, of which there are some.
        let base = bytes.baseAddress.unsafelyUnwrapped
        return CapturedPacket(
            bytes: UnsafeRawBufferPointer(start: base + start, count: captured),
            originalLength: original,
            // Two 32-bit numbers, the larger one times 10^9, stay below 2^63.
            nanoseconds: seconds * 1_000_000_000 + fraction * layout.nanosecondsPerFraction,
            offset: start,
            interface: 0,
            linkType: layout.linkType
        )
    }
}
