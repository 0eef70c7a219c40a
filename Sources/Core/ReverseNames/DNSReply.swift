/// Writes the answer to a query: its header, its question, and records.
struct DNSReply {
    /// The start of authority of a zone, which says how long a "no" may be kept (RFC 2308).
    struct Authority {
        let zone: DNSLabels
        let server: DNSLabels
        let mailbox: DNSLabels
        let serial: UInt32
    }

    /// How long an answer may be kept, in seconds.
    static let lifetime: UInt32 = 5
    /// The largest answer by UDP that we promise to read ourselves, and that crosses most paths whole.
    static let datagramBytesMax = 1232
    private static let plainDatagramBytes = 512
    private static let optionBytes = 11

    private var bytes: [UInt8] = []
    private var isFull = false
    private let limit: Int
    private let query: DNSQuery

    /// An answer with a code alone, as twelve bytes.
    static func code(_ code: UInt16, to header: DNSQuery.Header) -> [UInt8] {
        var flags: UInt16 = 0x8000 | header.opcode << 11 | code & 15
        if header.wantsRecursion { flags |= 0x0100 }
        var bytes: [UInt8] = []
        let isExtended = code > 15
        for number in [header.id, flags, 0, 0, 0, isExtended ? 1 : 0] { bytes.append(word: number) }
        if isExtended { appendOption(code, to: &bytes) }
        return bytes
    }

    /// An answer to a query, as large as the way it goes allows.
    init(to query: DNSQuery, overTCP: Bool) {
        self.query = query
        let room = query.edns.map { max(Int($0.payloadBytes), DNSReply.plainDatagramBytes) }
        let datagram = min(room ?? DNSReply.plainDatagramBytes, DNSReply.datagramBytesMax)
        limit = (overTCP ? Int(UInt16.max) : datagram) - (query.edns == nil ? 0 : DNSReply.optionBytes)
    }

    /// The whole message.
    ///
    /// - Parameters:
    ///   - code: The RCODE.
    ///   - targets: The names of PTR records.
    ///   - authority: The authority that says no, or that was asked for.
    ///   - isAsked: Whether the authority is the answer itself.
    consuming func finish(
        code: UInt16,
        targets: [DNSLabels] = [],
        authority: Authority? = nil,
        isAsked: Bool = false
    ) -> [UInt8] {
        var answers: UInt16 = 0
        var authorities: UInt16 = 0
        bytes = [UInt8](repeating: 0, count: DNSQuery.headerBytes) + query.question
        for target in targets {
            record(DNSCode.typePTR, target.wire)
            guard !isFull else { break }
            answers += 1
        }
        if let authority {
            let data = authority.server.wire + authority.mailbox.wire + DNSReply.timers(authority.serial)
            record(DNSCode.typeSOA, data, owner: isAsked ? nil : authority.zone)
            if !isFull {
                if isAsked { answers += 1 } else { authorities += 1 }
            }
        }
        if isFull {
            // Whoever wants all of them asks again by TCP: half of them would look like the whole.
            bytes = Array(bytes.prefix(DNSQuery.headerBytes + query.question.count))
            answers = 0
            authorities = 0
        }
        if query.edns != nil { DNSReply.appendOption(code, to: &bytes) }
        var flags: UInt16 = 0x8000 | code & 15
        if code == DNSCode.noError || code == DNSCode.nameError { flags |= 0x0400 }
        if isFull { flags |= 0x0200 }
        if query.header.wantsRecursion { flags |= 0x0100 }
        var head: [UInt8] = []
        for number in [query.header.id, flags, 1, answers, authorities, query.edns == nil ? 0 : 1] {
            head.append(word: number)
        }
        bytes.replaceSubrange(..<DNSQuery.headerBytes, with: head)
        return bytes
    }

    /// Adds a record whose owner is the question's name, unless another is given.
    private mutating func record(_ type: UInt16, _ data: [UInt8], owner: DNSLabels? = nil) {
        var record: [UInt8] = owner?.wire ?? [0xc0, UInt8(DNSQuery.headerBytes)]
        record.append(word: type)
        record.append(word: DNSCode.classInternet)
        record.append(long: DNSReply.lifetime)
        record.append(word: UInt16(truncatingIfNeeded: data.count))
        record += data
        isFull = isFull || bytes.count + record.count > limit
        if !isFull { bytes += record }
    }

    private static func timers(_ serial: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        // Serial, refresh, retry, expire, and how long a "no" may be kept.
        for number: UInt32 in [serial, 7200, 1800, 86400, lifetime] { bytes.append(long: number) }
        return bytes
    }

    /// The EDNS record of an answer, with the upper bits of its code.
    private static func appendOption(_ code: UInt16, to bytes: inout [UInt8]) {
        bytes.append(0)
        bytes.append(word: DNSCode.typeOPT)
        bytes.append(word: UInt16(datagramBytesMax))
        bytes.append(long: UInt32(code >> 4) << 24)
        bytes.append(word: 0)
    }
}

extension [UInt8] {
    /// Appends a number in network order.
    fileprivate mutating func append(word number: UInt16) {
        append(UInt8(truncatingIfNeeded: number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }

    /// Appends a number in network order.
    fileprivate mutating func append(long number: UInt32) {
        append(word: UInt16(truncatingIfNeeded: number >> 16))
        append(word: UInt16(truncatingIfNeeded: number))
    }
}

/// A name as labels that fit the wire, from the first to the last before the root.
package struct DNSLabels: Sendable, Hashable {
    /// The labels in lower case.
    let labels: [[UInt8]]

    /// A name from labels; `nil` where one is empty or too long, the name is too long, or one has other characters than
    /// names of Kubernetes have.
    init?(_ labels: [[UInt8]]) {
        var length = 1
        for label in labels {
            guard (1...63).contains(label.count) else { return nil }
            length += label.count + 1
            let isName = label.allSatisfy {
                $0 &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
            guard isName else { return nil }
        }
        guard length <= 255 else { return nil }
        self.labels = labels
    }

    /// A name from text with dots, without or with the last one; `nil` where it is none.
    package init?(_ text: some StringProtocol) {
        let name = text.hasSuffix(".") ? text.dropLast() : text[...]
        guard !name.isEmpty else { return nil }
        let parts = name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        self.init(parts.map { Array($0.utf8) })
    }

    /// The name below another; `nil` where that is too long.
    func below(_ parent: DNSLabels) -> DNSLabels? { DNSLabels(labels + parent.labels) }

    /// The bytes of the name, uncompressed.
    var wire: [UInt8] {
        var bytes: [UInt8] = []
        for label in labels {
            bytes.append(UInt8(truncatingIfNeeded: label.count))
            bytes += label
        }
        bytes.append(0)
        return bytes
    }
}

extension DNSLabels: CustomStringConvertible {
    /// The name with dots, the last one left out.
    package var description: String { labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".") }
}
