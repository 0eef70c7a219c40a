/// A DNS message (RFC 1035, 4): its header and its first question, read from bytes that may be cut at their end.
///
/// A trivial value that holds positions in the bytes that it was read from; who asks for a name or for addresses
/// brings these bytes again. A message without a question, such as an mDNS response (RFC 6762, 6), is known by its
/// first record instead.
@usableFromInline
@frozen
package struct DNSMessage: Hashable, Sendable, BitwiseCopyable {
    /// The number that a response repeats from its query.
    @usableFromInline package let id: UInt16
    /// The second word of the header as it stands there.
    @usableFromInline package let flags: UInt16
    /// How many questions the header announces.
    @usableFromInline package let questionCount: UInt16
    /// How many answers the header announces.
    @usableFromInline package let answerCount: UInt16
    /// The type of the first question, such as 1 for A; of the first record where there is no question.
    @usableFromInline package let type: UInt16
    /// The class of the first question or record, without the top bit that mDNS uses for itself; 1 for the Internet.
    @usableFromInline package let recordClass: UInt16
    /// A hash of the name in lower case, the same for a query, its repetition and its response.
    @usableFromInline package let nameHash: UInt32
    /// Where the message starts in the bytes that it was read from.
    let start: UInt32
    /// Where what was captured of the message ends in these bytes.
    @usableFromInline package let end: UInt32
    /// Where what follows the first question starts; where the answers start if there is no question.
    let rest: UInt32

    /// Whether this is a response.
    @inlinable package var isResponse: Bool { flags & 0x8000 != 0 }
    /// The kind of query, 0 for a standard one.
    @inlinable package var opcode: UInt8 { UInt8(truncatingIfNeeded: flags >> 11) & 15 }
    /// The response's code as the header has it, 0 for NOERROR.
    @inlinable package var responseCode: UInt8 { UInt8(truncatingIfNeeded: flags) & 15 }
    /// Whether the sender left something out for want of room (TC).
    @inlinable package var isTruncated: Bool { flags & 0x0200 != 0 }

    /// Reads the payload of a UDP datagram; `nil` if it is no DNS message, or cut before the end of its question.
    package init?(_ bytes: RawSpan) {
        self.init(bytes, start: 0, end: bytes.byteCount)
    }

    /// Reads the first message of a TCP segment that starts with its two bytes of length (RFC 1035, 4.2.2).
    ///
    /// `payloadBytes` is the segment's length as declared, of which `bytes` may be a part. `nil` also if the message
    /// goes on in the next segment; another one may follow at `end` where all was captured.
    package init?(segment bytes: RawSpan, payloadBytes: Int) {
        guard bytes.byteCount >= 2 else { return nil }
        let end = 2 + Int(bytes.number16(0))
        guard end <= payloadBytes else { return nil }
        self.init(bytes, start: 2, end: min(end, bytes.byteCount))
    }

    private init?(_ bytes: RawSpan, start: Int, end: Int) {
        guard end <= Int(UInt32.max), let header = DNSHeader(bytes, start, end) else { return nil }
        id = header.id
        flags = header.flags
        questionCount = header.questionCount
        answerCount = header.answerCount
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        let first = start + DNSHeader.byteCount
        if header.questionCount == 0, header.recordCount == 0 {
            // A refusal that says nothing but its code.
            guard header.flags & 0x8000 != 0, end == first else { return nil }
            type = 0
            recordClass = 0
            nameHash = 0
            rest = self.end
            return
        }
        var offset = first
        guard let hash = DNSName.hash(bytes, &offset, end), end - offset >= 4 else { return nil }
        let type = bytes.number16(offset)
        let recordClass = bytes.number16(offset + 2)
        let isOption = header.questionCount == 0 && type == DNSType.option
        guard isOption || DNSMessage.isClass(recordClass & 0x7fff) else { return nil }
        self.type = type
        self.recordClass = recordClass & 0x7fff
        nameHash = hash
        rest = UInt32(truncatingIfNeeded: header.questionCount == 0 ? first : offset + 4)
    }

    /// Whether the message has a question; where it has none, its name and type are those of its first record.
    @inlinable package var hasQuestion: Bool { questionCount != 0 }

    /// IN, CS, CH, HS, NONE or ANY.
    private static func isClass(_ number: UInt16) -> Bool {
        (1...4).contains(number) || number == 254 || number == 255
    }
}

/// The numbers of the record types that are looked at here.
enum DNSType {
    static let address: UInt16 = 1
    static let addressV6: UInt16 = 28
    /// The pseudo-record of EDNS (RFC 6891, 6.1), whose class is a size.
    static let option: UInt16 = 41
}

/// The twelve bytes that a message starts with, if they make sense.
struct DNSHeader {
    static let byteCount = 12

    let id: UInt16
    let flags: UInt16
    let questionCount: UInt16
    let answerCount: UInt16
    /// Answers, authorities and additional records.
    let recordCount: Int

    init?(_ bytes: RawSpan, _ start: Int, _ end: Int) {
        guard end - start >= DNSHeader.byteCount else { return nil }
        id = bytes.number16(start)
        flags = bytes.number16(start + 2)
        questionCount = bytes.number16(start + 4)
        answerCount = bytes.number16(start + 6)
        recordCount = Int(answerCount) + Int(bytes.number16(start + 8)) + Int(bytes.number16(start + 10))
        // QUERY, IQUERY, STATUS, NOTIFY and UPDATE; Z is zero.
        let isOpcode = (UInt16(0b11_0111) >> (flags >> 11 & 15)) & 1 != 0
        // A question has five bytes at least, a record eleven, a message 65,535 at the most.
        let least = DNSHeader.byteCount + Int(questionCount) * 5 + recordCount * 11
        guard isOpcode, flags & 0x0040 == 0, least <= 65_535 else { return nil }
    }
}
