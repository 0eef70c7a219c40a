import NetworkAddressing
import PacketParsing
import Testing

/// Bytes of DNS messages, put together by hand.
struct DNSBytes {
    var bytes: [UInt8]

    /// A header.
    init(id: UInt16 = 0x1234, flags: UInt16 = 0x0100, _ counts: UInt16...) {
        bytes = []
        for number in [id, flags] + counts + Array(repeating: 0, count: 4 - counts.count) { put(number) }
    }

    mutating func put(_ number: UInt16) { bytes += [UInt8(number >> 8), UInt8(number & 255)] }

    /// A name of labels, as RFC 1035 writes it.
    static func name(_ labels: [UInt8]...) -> [UInt8] {
        labels.flatMap { [UInt8($0.count)] + $0 } + [0]
    }

    /// A name of a text with dots.
    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    mutating func question(_ name: [UInt8], type: UInt16 = 1, recordClass: UInt16 = 1) {
        bytes += name
        put(type)
        put(recordClass)
    }

    mutating func record(_ name: [UInt8] = [0xc0, 12], type: UInt16, recordClass: UInt16 = 1, _ data: [UInt8]) {
        question(name, type: type, recordClass: recordClass)
        bytes += [0, 0, 1, 0]
        put(UInt16(data.count))
        bytes += data
    }
}

/// What was read of a message.
struct ReadDNS: Equatable {
    var message: DNSMessage
    var name: String
    var addresses: [String]

    init?(_ bytes: [UInt8]) {
        let read = bytes.withUnsafeBytes { ReadDNS($0, DNSMessage($0.bytes)) }
        guard let read else { return nil }
        self = read
    }

    init?(segment bytes: [UInt8], payloadBytes: Int? = nil) {
        let read = bytes.withUnsafeBytes {
            ReadDNS($0, DNSMessage(segment: $0.bytes, payloadBytes: payloadBytes ?? bytes.count))
        }
        guard let read else { return nil }
        self = read
    }

    init?(_ bytes: UnsafeRawBufferPointer, _ message: DNSMessage?) {
        guard let message else { return nil }
        self.message = message
        let name = [UInt8](unsafeUninitializedCapacity: DNSMessage.longestName) { buffer, count in
            count = message.writeName(of: bytes.bytes, into: UnsafeMutableRawBufferPointer(buffer))
        }
        self.name = String(decoding: name, as: UTF8.self)
        addresses = []
        var addresses = message.addresses
        while let address = addresses.next(in: bytes.bytes) { self.addresses.append(address.description) }
    }
}

struct DNSMessageTests {
    static func response() -> [UInt8] {
        var bytes = DNSBytes(flags: 0x8180, 1, 4, 0, 1)
        bytes.question(DNSBytes.name("API.Shop.svc.cluster.local"))
        bytes.record(type: 5, DNSBytes.name("web").dropLast() + [0xc0, 16])
        bytes.record([0xc0, 54], type: 1, [10, 0, 0, 7])
        bytes.record([3, 0x77, 0x65, 0x62, 0xc0, 16], type: 28, Array(repeating: 0, count: 15) + [1])
        bytes.record(type: 46, [1, 2, 3])
        bytes.record([0], type: 41, recordClass: 1232, [])
        return bytes.bytes
    }

    @Test func `reads a query`() throws {
        var bytes = DNSBytes(1)
        bytes.question(DNSBytes.name("Example.COM"), type: 28)
        let read = try #require(ReadDNS(bytes.bytes))
        #expect(read.message.id == 0x1234)
        #expect(!read.message.isResponse)
        #expect(read.message.opcode == 0)
        #expect(read.message.responseCode == 0)
        #expect(read.message.hasQuestion)
        #expect(read.message.type == 28)
        #expect(read.message.recordClass == 1)
        #expect(read.name == "example.com")
        #expect(read.addresses.isEmpty)
    }

    @Test func `reads a response with its addresses in their order`() throws {
        let read = try #require(ReadDNS(Self.response()))
        #expect(read.message.isResponse)
        #expect(read.message.answerCount == 4)
        #expect(read.name == "api.shop.svc.cluster.local")
        #expect(read.addresses == ["10.0.0.7", "::1"])
    }

    @Test func `the hash of a name is the same in any case, and another one for another name`() throws {
        func hash(_ name: [UInt8]) throws -> UInt32 {
            var bytes = DNSBytes(1)
            bytes.question(name)
            return try #require(ReadDNS(bytes.bytes)).message.nameHash
        }
        let hashOfName = try hash(DNSBytes.name("api.shop.svc.cluster.local"))
        #expect(try #require(ReadDNS(Self.response())).message.nameHash == hashOfName)
        #expect(try hash(DNSBytes.name("apis.hop.svc.cluster.local")) != hashOfName)
        #expect(try hash(DNSBytes.name([0x61, 0x2e, 0x62])) != hash(DNSBytes.name([0x61], [0x62])))
    }

    @Test(arguments: [
        ([[UInt8]](), "."),
        ([[0x61]], "a"),
        ([[0x61, 0x2e, 0x42]], #"a\.b"#),
        ([[0x5c], [0x20]], #"\\.\032"#),
        ([[0, 9, 0x7f, 0xff, 0xc3, 0xa4]], #"\000\009\127\255\195\164"#),
        ([[0x5f, 0x68], [0x2a], [0x22, 0x40]], #"_h.*."@"#),
    ])
    func `writes names in presentation form`(labels: [[UInt8]], text: String) throws {
        var bytes = DNSBytes(1)
        bytes.question(labels.flatMap { [UInt8($0.count)] + $0 } + [0])
        #expect(try #require(ReadDNS(bytes.bytes)).name == text)
    }

    @Test func `the longest name fits, a longer one is refused`() throws {
        let label = Array(repeating: UInt8(0), count: 63)
        let longest = DNSBytes.name(label, label, label, Array(label.dropLast(2)))
        var bytes = DNSBytes(1)
        bytes.question(longest)
        let read = try #require(ReadDNS(bytes.bytes))
        #expect(longest.count == 255)
        #expect(read.name.utf8.count == (63 * 3 + 61) * 4 + 3)
        #expect(read.name.utf8.count <= DNSMessage.longestName)
        var longer = DNSBytes(1)
        longer.question([1, 0x61] + longest)
        #expect(ReadDNS(longer.bytes) == nil)
    }

    @Test func `a short buffer gets whole characters only`() {
        var bytes = DNSBytes(1)
        bytes.question(DNSBytes.name([0x61, 0], [0x2e]))
        let whole = Array(#"a\000.\."#.utf8)
        let ends = [0: 0, 1: 1, 4: 1, 5: 5, 6: 6, 7: 6, 8: 8, 9: 8]
        bytes.bytes.withUnsafeBytes { bytes in
            for (room, expected) in ends {
                var buffer = Array(repeating: UInt8(0xee), count: room)
                let count = buffer.withUnsafeMutableBytes {
                    DNSMessage(bytes.bytes)?.writeName(of: bytes.bytes, into: $0)
                }
                #expect(count == expected)
                #expect(Array(buffer.prefix(expected)) == Array(whole.prefix(expected)))
            }
        }
    }

    @Test func `a cut response has its question and the addresses that are there`() throws {
        let bytes = Self.response()
        let whole = try #require(ReadDNS(bytes))
        let questionEnd = 12 + 28 + 4
        for length in 0..<bytes.count {
            let read = ReadDNS(Array(bytes[..<length]))
            guard length >= questionEnd else {
                #expect(read == nil)
                continue
            }
            #expect(read?.name == whole.name)
            #expect(read?.message.nameHash == whole.message.nameHash)
            #expect(read?.addresses == Array(whole.addresses.prefix(read?.addresses.count ?? 0)))
        }
    }

    @Test func `an mDNS response is known by its first record`() throws {
        var bytes = DNSBytes(id: 0, flags: 0x8400, 0, 2)
        bytes.record(DNSBytes.name("printer.local"), type: 1, recordClass: 0x8001, [192, 168, 0, 9])
        bytes.record(type: 28, recordClass: 0x8001, Array(repeating: 0xfe, count: 16))
        let read = try #require(ReadDNS(bytes.bytes))
        #expect(!read.message.hasQuestion)
        #expect(read.name == "printer.local")
        #expect(read.message.type == 1)
        #expect(read.message.recordClass == 1)
        #expect(read.addresses == ["192.168.0.9", "fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe"])
    }

    @Test func `an mDNS query has many questions and known answers`() throws {
        var bytes = DNSBytes(id: 0, flags: 0, 3, 1)
        bytes.question(DNSBytes.name("_http._tcp.local"), type: 12, recordClass: 0x8001)
        bytes.question([5, 0x5f, 0x69, 0x70, 0x70, 0x73, 0xc0, 18], type: 12)
        bytes.question([0xc0, 12], type: 255)
        bytes.record([0xc0, 12], type: 1, [10, 1, 2, 3])
        let read = try #require(ReadDNS(bytes.bytes))
        #expect(read.name == "_http._tcp.local")
        #expect(read.addresses == ["10.1.2.3"])
    }

    @Test func `a refusal without a question is a message`() throws {
        let bytes = DNSBytes(flags: 0x8181)
        let read = try #require(ReadDNS(bytes.bytes))
        #expect(read.message.responseCode == 1)
        #expect(!read.message.hasQuestion)
        #expect(read.name.isEmpty)
        #expect(ReadDNS(DNSBytes(flags: 0x0100).bytes) == nil)
        #expect(ReadDNS(bytes.bytes + [0]) == nil)
        var withOption = DNSBytes(flags: 0x8181, 0, 0, 0, 1)
        withOption.record([0], type: 41, recordClass: 4096, [])
        #expect(ReadDNS(withOption.bytes)?.message.responseCode == 1)
    }

    @Test func `a segment has a length before its message`() throws {
        let message = Self.response()
        let segment = [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
        let read = try #require(ReadDNS(segment: segment))
        #expect(read.name == "api.shop.svc.cluster.local")
        #expect(read.addresses == ["10.0.0.7", "::1"])
        // Another message may follow.
        #expect(ReadDNS(segment: segment + segment)?.message.end == UInt32(segment.count))
        // It may be cut by the capture, but not by the segment's end.
        #expect(ReadDNS(segment: Array(segment.prefix(60)), payloadBytes: segment.count) != nil)
        #expect(ReadDNS(segment: segment, payloadBytes: segment.count - 1) == nil)
        for length in 0..<14 { #expect(ReadDNS(segment: Array(segment.prefix(length)), payloadBytes: 500) == nil) }
    }
}

struct DNSMessageRobustnessTests {
    @Test(
        arguments: [
            [0xc0, 12], [0xc0, 14], [0xc0, 0], [0xff, 0xff], [1, 0x61, 0xc0, 12], [0x40, 0x61, 0], [0x80, 0],
        ] as [[UInt8]]
    )
    func `a first name that is compressed or of an unknown kind is refused`(name: [UInt8]) {
        var bytes = DNSBytes(1)
        bytes.question(name)
        #expect(ReadDNS(bytes.bytes) == nil)
    }

    @Test func `opcodes, the Z bit, classes and counts that are not defined are refused`() {
        func isRead(flags: UInt16 = 0x0100, recordClass: UInt16 = 1, questions: UInt16 = 1, records: UInt16 = 0) -> Bool
        {
            var bytes = DNSBytes(flags: flags, questions, records)
            bytes.question(DNSBytes.name("a.b"), recordClass: recordClass)
            return ReadDNS(bytes.bytes) != nil
        }
        #expect(isRead())
        for opcode in UInt16(0)..<16 { #expect(isRead(flags: opcode << 11) == [0, 1, 2, 4, 5].contains(opcode)) }
        #expect(!isRead(flags: 0x0140))
        for number: UInt16 in [0, 5, 77, 253, 256, 0x7fff] { #expect(!isRead(recordClass: number)) }
        for number: UInt16 in [3, 4, 254, 255, 0x8001] { #expect(isRead(recordClass: number)) }
        #expect(!isRead(questions: .max))
        #expect(!isRead(records: .max))
        #expect(isRead(records: 5000))
    }

    @Test func `records that lie about their length end the addresses`() throws {
        var bytes = DNSBytes(flags: 0x8180, 1, 3)
        bytes.question(DNSBytes.name("a"))
        bytes.record(type: 1, [1, 2, 3, 4])
        bytes.record(type: 1, [1, 2, 3])
        bytes.record(type: 28, [1, 2, 3, 4])
        #expect(ReadDNS(bytes.bytes)?.addresses == ["1.2.3.4"])
        bytes.bytes[bytes.bytes.count - 5] = 200
        #expect(ReadDNS(bytes.bytes)?.addresses == ["1.2.3.4"])
    }

    @Test func `many answers are looked at up to a bound`() {
        var bytes = DNSBytes(flags: 0x8180, 1, 3000)
        bytes.question(DNSBytes.name("a"))
        for index in 0..<3000 { bytes.record(type: 1, [10, 0, UInt8(index >> 8), UInt8(index & 255)]) }
        #expect(ReadDNS(bytes.bytes)?.addresses.count == 64)
    }

    @Test func `64 KiB of one letter are no message`() {
        let letters = Array(repeating: UInt8(0x61), count: 65_536)
        #expect(ReadDNS(letters) == nil)
        #expect(ReadDNS(segment: letters) == nil)
    }

    @Test func `random bytes are refused`() {
        var random = CaptureRandom(state: 53)
        var read = 0
        for _ in 0..<100_000 {
            let count = Int.random(in: 0..<64, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if ReadDNS(bytes) != nil { read += 1 }
        }
        #expect(read == 0)
    }

    @Test func `changed bytes are survived`() {
        var random = CaptureRandom(state: 1035)
        let sample = DNSMessageTests.response()
        for _ in 0..<50_000 {
            var bytes = Array(sample.prefix(Int.random(in: 0...sample.count, using: &random)))
            for _ in 0..<3 where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            guard let read = ReadDNS(bytes) else { continue }
            #expect(read.addresses.count <= 64)
            #expect(read.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
        }
    }
}
