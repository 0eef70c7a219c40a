import FlowAttribution
import FlowModel

/// Up to 65,536 attributed flows as bytes, column by column.
///
/// Version 2, all numbers as `varint` (seven bits a byte, low first) unless said otherwise:
///
///     magic "PSFB", version byte
///     rows, first time (zigzag), last minus first time
///     number of sections; for each: id byte, length, digest (8 bytes, low first)
///     digest of all the above (8 bytes)
///     the sections one after the other, in the order of `Section`
///
/// Dictionaries come first: texts, addresses, observation points, identities, attributions, tunnels; each begins with
/// its count. Columns have one entry for each row, or for each row of which `details` says so. The Community ID is not
/// stored: it follows from the rest. A reader takes the sections it knows by id and may pass over others. Version 1,
/// which is still read, had neither tunnels nor details, and attributions without a domain.
/// `docs/reference/store-format.md` has every byte.
package struct ColumnBlock: Sendable {
    /// The most rows of one block.
    package static let rowsMax = 65536
    static let magic = Array("PSFB".utf8)
    static let version: UInt8 = 2
    /// The versions that are read.
    static let versions: ClosedRange<UInt8> = 1...version

    /// The block itself.
    package let bytes: [UInt8]
    /// How many reports it holds.
    package let rows: Int
    /// The earliest `end` of its reports.
    package let first: Timestamp
    /// The latest `end` of its reports.
    package let last: Timestamp
    /// Where each section lies.
    let sections: [Section: Range<Int>]
    /// The version that the bytes are of.
    let version: UInt8

    /// The parts of a block by their ids.
    enum Section: UInt8, CaseIterable {
        case texts = 1
        case addresses, points, identities, attributions, tunnels
        /// Start of the report, as the zigzag difference to the row before.
        case start = 16
        /// Start of the report minus start of the flow; end of the report minus its start; both zigzag.
        case age, duration
        /// One byte each.
        case transport, marks, forwardFlags, backwardFlags, shapes
        /// Indexes into the dictionaries, and ports.
        case point, sourceAddress, sourcePort, destinationAddress, destinationPort
        case sourceAttribution, destinationAttribution
        case forwardPackets, forwardBytes, backwardPackets, backwardBytes
        case sequence
        /// Endpoints that `shapes` announces: address index and port.
        case sourceExceptions, destinationExceptions
        /// Which of the following a row has, one byte each; then only of the rows that have it.
        case details
        case superPackets, tunnel, tcp, exchanges, dns, http
    }

    /// Encodes flows; the order of the rows is kept.
    ///
    /// - Precondition: There are at most `rowsMax` of them.
    package init(_ flows: [AttributedFlow]) {
        precondition(flows.count <= ColumnBlock.rowsMax, "a block holds at most \(ColumnBlock.rowsMax) rows")
        var first = Timestamp.distantFuture
        var last = Timestamp.distantPast
        for flow in flows {
            first = min(first, flow.observation.end)
            last = max(last, flow.observation.end)
        }
        if flows.isEmpty { (first, last) = (Timestamp(nanoseconds: 0), Timestamp(nanoseconds: 0)) }
        var encoder = ColumnEncoder()
        for flow in flows { encoder.add(flow) }
        (bytes, sections) = ColumnBlock.assemble(encoder.sections, rows: flows.count, first: first, last: last)
        rows = flows.count
        self.first = first
        self.last = last
        version = ColumnBlock.version
    }

    /// Takes stored bytes after checking them; the rows themselves are checked when they are read.
    ///
    /// - Parameter isDigestChecked: Whether each section must have its digest; only tests switch it off.
    /// - Throws: What is wrong, for any bytes that `init(_:)` did not make.
    package init(bytes: [UInt8]) throws(ColumnBlockError) { try self.init(bytes: bytes, isDigestChecked: true) }

    init(bytes: [UInt8], isDigestChecked: Bool) throws(ColumnBlockError) {
        var reader = ColumnReader(bytes, 0..<bytes.count)
        for expected in ColumnBlock.magic {
            guard try reader.byte() == expected else {
                throw ColumnBlockError(offset: 0, message: "this is not a block of flows")
            }
        }
        version = try reader.byte()
        guard ColumnBlock.versions.contains(version) else {
            let known = "\(ColumnBlock.versions.lowerBound) to \(ColumnBlock.versions.upperBound)"
            throw ColumnBlockError(offset: 4, message: "the block is of version \(version), not of \(known)")
        }
        rows = try reader.index(below: ColumnBlock.rowsMax + 1)
        first = Timestamp(nanoseconds: try reader.zigzag())
        last = Timestamp(nanoseconds: first.nanoseconds &+ Int64(bitPattern: try reader.varint()))
        var entries: [(id: UInt8, length: Int, digest: UInt64)] = []
        for _ in 0..<(try reader.count()) {
            let id = try reader.byte()
            let length = try reader.index(below: bytes.count)
            entries.append((id, length, try reader.fixed()))
        }
        let header = 0..<reader.offset
        guard try reader.fixed() == BlockDigest.of(bytes, header) || !isDigestChecked else {
            throw ColumnBlockError(offset: header.upperBound, message: "the header is damaged")
        }
        var sections: [Section: Range<Int>] = [:]
        for entry in entries {
            let range = try reader.part(entry.length)
            guard !isDigestChecked || BlockDigest.of(bytes, range, seed: UInt64(entry.id)) == entry.digest else {
                throw ColumnBlockError(offset: range.lowerBound, message: "section \(entry.id) is damaged")
            }
            if let section = Section(rawValue: entry.id) { sections[section] = range }
        }
        try reader.expectEnd()
        self.bytes = bytes
        self.sections = sections
    }

    /// Decodes the rows in their order; equal identities and observation points are one object.
    package func flows() throws(ColumnBlockError) -> [AttributedFlow] {
        let dictionaries = try BlockDictionaries(self)
        var decoder = try ColumnDecoder(self, dictionaries)
        var flows: [AttributedFlow] = []
        flows.reserveCapacity(rows)
        for _ in 0..<rows { flows.append(try decoder.next()) }
        try decoder.expectEnd()
        return flows
    }

    /// A reader of one section.
    func reader(_ section: Section) throws(ColumnBlockError) -> ColumnReader {
        guard let range = sections[section] else {
            throw ColumnBlockError(offset: 0, message: "section \(section.rawValue) is missing")
        }
        return ColumnReader(bytes, range)
    }

    private static func assemble(
        _ parts: [(section: Section, bytes: [UInt8])],
        rows: Int,
        first: Timestamp,
        last: Timestamp
    ) -> ([UInt8], [Section: Range<Int>]) {
        var writer = ColumnWriter()
        writer.append(magic)
        writer.byte(version)
        writer.varint(rows)
        writer.zigzag(first.nanoseconds)
        writer.varint(UInt64(bitPattern: last.nanoseconds &- first.nanoseconds))
        writer.varint(parts.count)
        for part in parts {
            writer.byte(part.section.rawValue)
            writer.varint(part.bytes.count)
            writer.fixed(BlockDigest.of(part.bytes, 0..<part.bytes.count, seed: UInt64(part.section.rawValue)))
        }
        writer.fixed(BlockDigest.of(writer.bytes, 0..<writer.bytes.count))
        var sections: [Section: Range<Int>] = [:]
        for part in parts {
            sections[part.section] = writer.bytes.count..<(writer.bytes.count + part.bytes.count)
            writer.append(part.bytes)
        }
        return (writer.bytes, sections)
    }
}
