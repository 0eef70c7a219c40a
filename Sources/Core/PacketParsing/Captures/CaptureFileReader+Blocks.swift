/// The block types of pcapng that are read (draft-ietf-opsawg-pcapng, section 11.1); all others are skipped.
enum SectionBlock {
    /// Reads the same in both byte orders.
    static let sectionHeader: UInt32 = 0x0a0d_0d0a
    static let interfaceDescription: UInt32 = 1
    static let obsoletePacket: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let enhancedPacket: UInt32 = 6

    static let byteOrderMagic: UInt32 = 0x1a2b_3c4d
    /// The header and trailer around each body.
    static let frameLength = 12
    /// Room for the longest packet and its options.
    static let longest = 256 << 20
    static let mostInterfaces = 65_536
}

extension CaptureFileReader {
    mutating func nextPacketBlock() -> CapturedPacket? {
        do throws(CaptureFileError) {
            while remaining > 0 {
                guard remaining >= SectionBlock.frameLength else {
                    throw error(.truncatedRecord, needed: SectionBlock.frameLength, had: remaining)
                }
                let type = load32(position)
                if type == SectionBlock.sectionHeader {
                    try readSectionHeader()
                    continue
                }
                let length = try blockLength()
                defer { position += length }
                switch type {
                case SectionBlock.enhancedPacket: return try enhancedPacket(length: length)
                case SectionBlock.simplePacket: return try simplePacket(length: length)
                case SectionBlock.obsoletePacket: return try obsoletePacket(length: length)
                case SectionBlock.interfaceDescription: try readInterface(length: length)
                default: break
                }
            }
        } catch {
            failure = error
        }
        return nil
    }

    /// Starts a section at the current position, and leaves it behind that block.
    mutating func readSectionHeader() throws(CaptureFileError) {
        let fixedLength = 28
        guard remaining >= fixedLength else {
            throw error(position == 0 ? .truncatedHeader : .truncatedRecord, needed: fixedLength, had: remaining)
        }
        switch bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt32.self) {
        case SectionBlock.byteOrderMagic: isSwapped = false
        case SectionBlock.byteOrderMagic.byteSwapped: isSwapped = true
        default: throw error(.unknownByteOrder, needed: 0, had: 0)
        }
        let (major, minor) = (load16(position + 12), load16(position + 14))
        // 1.2 was written by some and means the same as 1.0.
        guard major == 1, minor == 0 || minor == 2 else {
            throw error(.unsupportedVersion(major: major, minor: minor), needed: 1, had: Int(major))
        }
        let length = try blockLength()
        guard length >= fixedLength else { throw error(.impossibleLength, needed: length, had: fixedLength) }
        sectionBase = interfaces.count
        position += length
    }

    /// The total length of the block at the current position, found to lie within the file and repeated at its end.
    private func blockLength() throws(CaptureFileError) -> Int {
        let declared = Int(load32(position + 4))
        guard declared >= SectionBlock.frameLength, declared <= SectionBlock.longest else {
            throw error(.impossibleLength, needed: declared, had: SectionBlock.longest)
        }
        // Blocks are padded to four bytes, which some writers leave out of the length.
        let length = (declared + 3) & ~3
        guard remaining >= length else {
            throw error(position == 0 ? .truncatedHeader : .truncatedRecord, needed: length, had: remaining)
        }
        let repeated = Int(load32(position + length - 4))
        guard repeated == declared else { throw error(.lengthsDiffer, needed: declared, had: repeated) }
        return length
    }

    private mutating func enhancedPacket(length: Int) throws(CaptureFileError) -> CapturedPacket {
        try requireBody(20, of: length)
        return try packet(
            interface: Int(load32(position + 8)),
            ticks: UInt64(load32(position + 12)) << 32 | UInt64(load32(position + 16)),
            captured: Int(load32(position + 20)),
            original: Int(load32(position + 24)),
            start: 28,
            length: length
        )
    }

    private mutating func obsoletePacket(length: Int) throws(CaptureFileError) -> CapturedPacket {
        try requireBody(20, of: length)
        return try packet(
            interface: Int(load16(position + 8)),
            ticks: UInt64(load32(position + 12)) << 32 | UInt64(load32(position + 16)),
            captured: Int(load32(position + 20)),
            original: Int(load32(position + 24)),
            start: 28,
            length: length
        )
    }

    private mutating func simplePacket(length: Int) throws(CaptureFileError) -> CapturedPacket {
        try requireBody(4, of: length)
        guard sectionBase < interfaces.count else { throw error(.unknownInterface, needed: 0, had: 0) }
        let original = Int(load32(position + 8))
        let snapLength = Int(interfaces[sectionBase].snapLength)
        untimedPackets &+= 1
        return try packet(
            interface: 0,
            ticks: nil,
            captured: snapLength == 0 ? original : min(original, snapLength),
            original: original,
            start: 12,
            length: length
        )
    }

    private mutating func packet(
        interface: Int,
        ticks: UInt64?,
        captured: Int,
        original: Int,
        start: Int,
        length: Int
    ) throws(CaptureFileError) -> CapturedPacket {
        let known = interfaces.count - sectionBase
        guard interface < known else { throw error(.unknownInterface, needed: interface, had: known) }
        let index = sectionBase + interface
        let linkType = interfaces[index].linkType
        let limit = min(length - start - 4, Self.longestPacket(linkType: linkType))
        guard captured <= limit else { throw error(.impossibleLength, needed: captured, had: limit) }
        if let ticks { lastNanoseconds = interfaces[index].clock.nanoseconds(ticks: ticks) }
        return CapturedPacket(
            bytes: slice(position + start, count: captured),
            originalLength: original,
            nanoseconds: lastNanoseconds,
            offset: position + start,
            interface: index,
            linkType: linkType
        )
    }

    private mutating func readInterface(length: Int) throws(CaptureFileError) {
        try requireBody(8, of: length)
        guard interfaces.count < SectionBlock.mostInterfaces else {
            throw error(.tooManyInterfaces, needed: interfaces.count + 1, had: SectionBlock.mostInterfaces)
        }
        var name: String?
        var resolution: UInt8 = 6
        var offsetSeconds: Int64 = 0
        var cursor = position + 16
        let end = position + length - 4
        while end - cursor >= 4 {
            let (code, count) = (load16(cursor), Int(load16(cursor + 2)))
            if code == 0 { break }
            let padded = (count + 3) & ~3
            guard padded <= end - cursor - 4 else {
                throw error(.impossibleLength, needed: count, had: end - cursor - 4)
            }
            switch (code, count) {
            case (2, 1...): name = Self.text(slice(cursor + 4, count: count))
            case (9, 1...): resolution = bytes[cursor + 4]
            case (14, 8...): offsetSeconds = Int64(bitPattern: load64(cursor + 4))
            default: break
            }
            cursor += 4 + padded
        }
        interfaces.append(
            CaptureInterface(
                linkType: LinkType(rawValue: load16(position + 8)),
                snapLength: load32(position + 12),
                name: name,
                clock: CaptureClock(resolution: resolution, offsetSeconds: offsetSeconds)
            )
        )
    }

    /// The text of an option up to a zero byte, at most 256 bytes of it; `nil` if there is none.
    private static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        let text = bytes.prefix(256).prefix { $0 != 0 }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    private func requireBody(_ body: Int, of length: Int) throws(CaptureFileError) {
        guard length >= body + SectionBlock.frameLength else {
            throw error(.impossibleLength, needed: length, had: body + SectionBlock.frameLength)
        }
    }

    private func error(_ kind: CaptureFileError.Kind, needed: Int, had: Int) -> CaptureFileError {
        CaptureFileError(kind, offset: position, needed: needed, had: had)
    }
}
