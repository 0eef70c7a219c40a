import PacketParsing
import Testing

/// No bytes make a stream trap or hang, and lies about lengths lose it without harm.
struct HTTPRobustnessTests {
    private static let next = "GET /next HTTP/1.1\r\n\r\n"

    @Test(arguments: [
        "-1", "+1", "", "1 1", "1, 1", "0x10", "18446744073709551616", "99999999999999999999999999", "1a", "a",
    ])
    func `a Content-Length that is no number loses the stream`(value: String) {
        let told = ReadHTTP.told("POST /a HTTP/1.1\r\nContent-Length: \(value)\r\n\r\n" + Self.next, Self.next)
        #expect(told == ["POST /a", "GET /next"])
    }

    @Test func `two Content-Lengths lose the stream`() {
        let head = "POST /a HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"
        #expect(ReadHTTP.told(head + Self.next, Self.next) == ["POST /a", "GET /next"])
    }

    @Test func `the largest lengths are passed over without overflow`() {
        let long = "chunked" + String(repeating: "\0", count: 300)
        for value in [
            "gzip", "chunked, gzip", "xchunke", "xchunked", "chunked;q=1", "chunkedx", "chunk ed", "chunked,", long,
            "chunked\r\nTransfer-Encoding: gzip",
        ] {
            let head = "POST /a HTTP/1.1\r\nTransfer-Encoding: \(value)\r\n\r\n"
            #expect(ReadHTTP.told(head + Self.next, Self.next) == ["POST /a", "GET /next"])
            let response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: \(value)\r\n\r\n"
            #expect(ReadHTTP.told(response + response, response) == ["200"])
        }
    }

    @Test func `64 KiB of one letter are no message, nor is their end found as a target`() {
        let letters = Array(repeating: UInt8(0x61), count: 65_536)
        var read = ReadHTTP()
        read.feed(letters)
        #expect(read.told == ["not HTTP"])
        read = ReadHTTP()
        read.feed(Array("GET /".utf8) + letters)
        read.feed(letters)
        read.feed(" HTTP/1.1\r\nX: " + String(decoding: letters, as: UTF8.self))
        read.feed("\r\n\r\n" + Self.next)
        #expect(read.told.count == 2)
        #expect(read.told.last == "GET /next")
    }

    @Test func `every truncation of a segment is survived, and says nothing that the whole does not`() {
        let text = """
            POST /a?x HTTP/1.1\r\nHost: h.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\nx: y\r\n\r\n\
            GET http://h/b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPUT /c HTTP/1.1\r\nHost: i\r\n\r\n
            """
        let methods = ["POST", "GET", "PUT"]
        for count in 0...text.utf8.count {
            var read = ReadHTTP()
            read.feed(text, captured: count)
            read.feed(Self.next)
            let told = read.told.map { String($0.prefix { $0 != " " }) }
            if count >= 12 { #expect(told == methods.prefix(told.count - 1) + ["GET"]) }
            read = ReadHTTP()
            read.feed(Array(text.utf8.prefix(count)))
            #expect(read.told.count <= 3)
        }
    }

    @Test func `conversations of changed bytes and random cuts are survived`() {
        var random = CaptureRandom(state: 9112)
        let words = [
            "GET /a?b HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n",
            "\r\n",
            "Host: x\r\n", "5\r\nabcde\r\n", "0\r\n\r\n", "abcdefg", "CONNECT a:1 HTTP/1.1\r\n\r\n",
            "HTTP/1.1 101 X\r\n\r\n",
            "POST http://a@b/c HTTP/1.0\r\n", "\n", "Content-Length: -7\r\n", "ffffffffffffffff\r\n",
        ]
        let methods: [HTTPMethod] = [.get, .head, .connect, .other]
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes += words.randomElement(using: &random).map { Array($0.utf8) } ?? []
            }
            if Bool.random(using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            var read = ReadHTTP()
            while !bytes.isEmpty {
                let count = Int.random(in: 1...bytes.count, using: &random)
                let captured = Bool.random(using: &random) ? count : Int.random(in: 0...count, using: &random)
                let method = methods.randomElement(using: &random) ?? .other
                read.feed(Array(bytes.prefix(count)), captured: captured, answering: method)
                if Int.random(in: 0..<9, using: &random) == 0 { read.stream.lose() }
                bytes.removeFirst(count)
            }
        }
    }
}
