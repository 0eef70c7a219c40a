/// The numbers of RFC 1035 and RFC 6895 that a responder needs.
package enum DNSCode {
    /// RCODE: a name was found.
    package static let noError: UInt16 = 0
    /// RCODE: the message could not be read.
    package static let formatError: UInt16 = 1
    /// RCODE: there is no such name.
    package static let nameError: UInt16 = 3
    /// RCODE: an opcode that is not served.
    package static let notImplemented: UInt16 = 4
    /// RCODE: a name, class or type that is not served here.
    package static let refused: UInt16 = 5
    /// Extended RCODE: a version of EDNS that is not known (RFC 6891, 6.1.3).
    package static let badVersion: UInt16 = 16

    static let classInternet: UInt16 = 1
    static let classAny: UInt16 = 255
    static let typeNS: UInt16 = 2
    static let typeSOA: UInt16 = 6
    static let typePTR: UInt16 = 12
    static let typeOPT: UInt16 = 41
    static let typeIXFR: UInt16 = 251
    static let typeAXFR: UInt16 = 252
    static let typeAny: UInt16 = 255
}

/// A query of one question (RFC 1035, 4), read strictly: whatever does not fit has a code and nothing else.
struct DNSQuery {
    /// What became of a message.
    enum Reading {
        /// A query.
        case query(DNSQuery)
        /// A message that is answered with a code alone.
        case refused(DNSQuery.Header, code: UInt16)
        /// Nothing that may be answered: too short for a header, or itself an answer.
        case ignored
    }

    /// What an answer repeats of the header.
    struct Header {
        let id: UInt16
        let flags: UInt16

        var opcode: UInt16 { flags >> 11 & 15 }
        var wantsRecursion: Bool { flags & 0x0100 != 0 }
    }

    /// What an EDNS record says (RFC 6891, 6.1).
    struct Extension {
        let payloadBytes: UInt16
        let version: UInt8
    }

    static let headerBytes = 12
    private static let nameBytesMax = 255

    let header: Header
    /// The labels of the name in lower case.
    let labels: [[UInt8]]
    let type: UInt16
    let recordClass: UInt16
    /// The bytes of the question as they came, to be repeated.
    let question: ArraySlice<UInt8>
    /// What it says of itself beyond RFC 1035; `nil` where it says nothing.
    let edns: Extension?

    /// Reads a message.
    static func read(_ bytes: [UInt8]) -> Reading {
        var reader = Reader(bytes)
        guard let id = reader.number(), let flags = reader.number(), let questions = reader.number(),
            let answers = reader.number(), let authorities = reader.number(), let additional = reader.number(),
            flags & 0x8000 == 0
        else { return .ignored }
        let header = Header(id: id, flags: flags)
        guard header.opcode == 0 else { return .refused(header, code: DNSCode.notImplemented) }
        let malformed = Reading.refused(header, code: DNSCode.formatError)
        guard questions == 1, answers == 0, authorities == 0, let labels = reader.name(),
            let type = reader.number(), let recordClass = reader.number()
        else { return malformed }
        let question = bytes[headerBytes..<reader.index]
        var edns: Extension?
        for _ in 0..<additional {
            guard let record = reader.record() else { return malformed }
            guard record.type == DNSCode.typeOPT else { continue }
            guard edns == nil, record.isRoot else { return malformed }
            edns = record.edns
        }
        guard reader.isAtEnd else { return malformed }
        if let edns, edns.version > 0 { return .refused(header, code: DNSCode.badVersion) }
        return .query(
            DNSQuery(
                header: header,
                labels: labels,
                type: type,
                recordClass: recordClass,
                question: question,
                edns: edns
            )
        )
    }

    /// Reads forward only; a compressed name, which could lead anywhere, is none.
    private struct Reader {
        let bytes: [UInt8]
        private(set) var index = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { index == bytes.count }

        mutating func byte() -> UInt8? {
            guard index < bytes.count else { return nil }
            index += 1
            return bytes[index - 1]
        }

        mutating func number() -> UInt16? {
            guard let high = byte(), let low = byte() else { return nil }
            return UInt16(high) << 8 | UInt16(low)
        }

        mutating func name() -> [[UInt8]]? {
            let start = index
            var labels: [[UInt8]] = []
            while let length = byte() {
                guard length > 0 else { return labels }
                let end = index + Int(length)
                // The root's own byte belongs to the length of the name.
                guard length <= 63, end < bytes.count, end + 1 - start <= nameBytesMax else { return nil }
                labels.append(bytes[index..<end].map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 })
                index = end
            }
            return nil
        }

        mutating func record() -> (type: UInt16, isRoot: Bool, edns: Extension)? {
            // Of EDNS, the class is a size, and the second byte of the time to live a version.
            guard let name = name(), let type = number(), let size = number(), let upper = number(),
                number() != nil, let length = number(), bytes.count - index >= Int(length)
            else { return nil }
            index += Int(length)
            let edns = Extension(payloadBytes: size, version: UInt8(truncatingIfNeeded: upper))
            return (type, name.isEmpty, edns)
        }
    }
}
