/// Why a capture file could not be read, or not to its end.
package struct CaptureFileError: Error, Hashable, Sendable {
    /// What is wrong.
    package enum Kind: Hashable, Sendable {
        /// The first bytes are of no capture format that is read here.
        case notACapture(CaptureFileContent)
        /// The format's version is not one that is defined.
        case unsupportedVersion(major: UInt16, minor: UInt16)
        /// Reserved bits of the link type are set; the value is the whole field.
        case unsupportedLinkType(UInt32)
        /// The file ends within its own header.
        case truncatedHeader
        /// The file ends within a packet record or block.
        case truncatedRecord
        /// A record or block declares a length that no packet has or that does not fit into it.
        case impossibleLength
        /// A block repeats its length at its end, and the two differ.
        case lengthsDiffer
        /// A section's byte-order magic is neither of the two defined.
        case unknownByteOrder
        /// A packet names an interface that the section has not described.
        case unknownInterface
        /// The file describes more interfaces than any machine has.
        case tooManyInterfaces
    }

    /// What is wrong.
    package let kind: Kind
    /// Where in the file the record, block or header in question starts.
    package let offset: Int
    /// The bytes, or the count, that the file calls for there.
    package let needed: Int
    /// The bytes, or the count, that there are or may be.
    package let had: Int

    /// An error at a position of the file.
    package init(_ kind: Kind, offset: Int, needed: Int, had: Int) {
        self.kind = kind
        self.offset = offset
        self.needed = needed
        self.had = had
    }
}

extension CaptureFileError: CustomStringConvertible {
    /// A sentence without the file's name that says what is wrong, where, and what to do if anything helps.
    package var description: String {
        switch kind {
        case .notACapture(let content): content.message
        case .unsupportedVersion(let major, let minor):
            "version \(major).\(minor) of the capture format, declared at byte \(offset), is not supported"
        case .unsupportedLinkType(let value):
            "link type 0x\(String(value, radix: 16)), declared at byte \(offset), has reserved bits set"
        case .truncatedHeader: "the file ends in its header at byte \(offset): \(needed) bytes needed, \(had) there"
        case .truncatedRecord:
            "the file was cut short in the record at byte \(offset): \(needed) bytes needed, \(had) there"
        case .impossibleLength:
            "the record at byte \(offset) declares an impossible length of \(needed) bytes, limit \(had)"
        case .lengthsDiffer:
            "the block at byte \(offset) starts with the length \(needed) and ends with the length \(had)"
        case .unknownByteOrder: "the section at byte \(offset) has no known byte-order magic"
        case .unknownInterface:
            "the packet at byte \(offset) is of interface \(needed), but the section describes \(had)"
        case .tooManyInterfaces: "the block at byte \(offset) describes interface \(needed), limit \(had)"
        }
    }
}

/// What a file that is not a capture looks like.
package enum CaptureFileContent: Hashable, Sendable {
    /// No bytes at all.
    case empty
    /// Packed by a compressor, which may well hold a capture.
    case compressed(by: Compressor)
    /// A Sun snoop capture (RFC 1761).
    case snoop
    /// A Microsoft Network Monitor capture.
    case networkMonitor
    /// Printable text, such as JSON or the output of tcpdump.
    case text
    /// Anything else.
    case unknown

    /// A compressor that leaves its mark in the first bytes.
    package enum Compressor: String, Hashable, Sendable {
        case gzip, zstd, xz, bzip2, lz4

        /// The command that undoes it.
        package var unpackCommand: String {
            switch self {
            case .gzip: "gunzip"
            case .zstd: "unzstd"
            case .xz: "unxz"
            case .bzip2: "bunzip2"
            case .lz4: "unlz4"
            }
        }
    }

    /// Looks at the first bytes of a file.
    package init(of bytes: UnsafeRawBufferPointer) {
        let marks: [([UInt8], CaptureFileContent)] = [
            ([0x1f, 0x8b], .compressed(by: .gzip)),
            ([0x28, 0xb5, 0x2f, 0xfd], .compressed(by: .zstd)),
            ([0xfd, 0x37, 0x7a, 0x58, 0x5a], .compressed(by: .xz)),
            ([0x42, 0x5a, 0x68], .compressed(by: .bzip2)),
            ([0x04, 0x22, 0x4d, 0x18], .compressed(by: .lz4)),
            (Array("snoop\0\0\0".utf8), .snoop),
            (Array("GMBU".utf8), .networkMonitor),
            (Array("RTSS".utf8), .networkMonitor),
        ]
        let head = bytes.prefix(256)
        if head.isEmpty {
            self = .empty
        } else if let (_, content) = marks.first(where: { mark, _ in head.starts(with: mark) }) {
            self = content
        } else if head.allSatisfy({ (32...126).contains($0) || (9...13).contains($0) || $0 >= 128 }) {
            self = .text
        } else {
            self = .unknown
        }
    }

    var message: String {
        switch self {
        case .empty: "the file is empty"
        case .compressed(let compressor):
            "the file is \(compressor.rawValue)-compressed: unpack it first with `\(compressor.unpackCommand)`"
        case .snoop: "the file is a snoop capture: convert it first with `editcap -F pcap IN OUT`"
        case .networkMonitor:
            "the file is a Network Monitor capture: convert it first with `editcap -F pcap IN OUT`"
        case .text: "the file is text, not a capture (pcap or pcapng)"
        case .unknown: "the file is not a capture (pcap or pcapng)"
        }
    }
}
