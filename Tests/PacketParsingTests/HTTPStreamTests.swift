import PacketParsing
import Testing

/// One direction of a connection, fed with segments of text; keeps what was told of them in words.
struct ReadHTTP {
    var stream = HTTPStream()
    var told: [String] = []

    /// Feeds a segment of which `captured` bytes were kept.
    mutating func feed(_ bytes: [UInt8], captured: Int? = nil, answering method: HTTPMethod = .other) {
        let kept = Array(bytes.prefix(captured ?? bytes.count))
        kept.withUnsafeBytes { kept in
            var offset = 0
            while true {
                let before = offset
                let event = stream.next(in: kept.bytes, length: bytes.count, from: &offset, answering: method)
                #expect(offset >= before && offset <= bytes.count)
                switch event {
                case .none:
                    #expect(offset == bytes.count)
                    return
                case .notHTTP:
                    if told.last != "not HTTP" { told.append("not HTTP") }
                    return
                case .response(let status): told.append("\(status)")
                case .request(let request): told.append(Self.words(request, kept))
                }
            }
        }
    }

    mutating func feed(_ text: String, captured: Int? = nil, answering method: HTTPMethod = .other) {
        feed(Array(text.utf8), captured: captured, answering: method)
    }

    /// What was told of segments, one direction from its start.
    static func told(_ segments: String..., answering method: HTTPMethod = .other) -> [String] {
        var read = ReadHTTP()
        for segment in segments { read.feed(segment, answering: method) }
        return read.told
    }

    private static func words(_ request: HTTPRequestLine, _ bytes: UnsafeRawBufferPointer) -> String {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        let host = request.host.isEmpty ? "" : " @" + text(request.host)
        return text(request.name) + " " + text(request.path) + (request.isCut ? "…" : "") + host
    }
}

struct HTTPRequestTests {
    @Test func `a stream is small`() { #expect(MemoryLayout<HTTPStream>.size <= 16) }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a.b\r\n\r\n", "GET / @a.b"),
        ("POST /x/y?secret=1 HTTP/1.0\r\nhost:\t a.b:8080 \t\r\n\r\n", "POST /x/y @a.b:8080"),
        ("GET /x#y HTTP/1.1\r\nX-Host: no\r\nHOST: b\r\n\r\n", "GET /x @b"),
        ("GET /a b?c d HTTP/1.1\n\n", "GET /a b"),
        ("PROPFIND / HTTP/1.1\r\n\r\n", "PROPFIND /"),
        ("VERSION-CONTROL / HTTP/1.1\r\n\r\n", "VERSION-CONTROL /"),
        ("RPC_IN_DATA /r HTTP/1.1\r\n\r\n", "RPC_IN_DATA /r"),
        ("OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS *"),
        ("GET http://me:pw@a.b:80/c?d HTTP/1.1\r\nHost: other\r\n\r\n", "GET /c @a.b:80"),
        ("GET HTTPS://a.b HTTP/1.1\r\n\r\n", "GET  @a.b"),
        ("GET http://a.b?c HTTP/1.1\r\n\r\n", "GET  @a.b"),
        ("GET httpd HTTP/1.1\r\n\r\n", "GET httpd"),
        ("CONNECT a.b:443 HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT a.b:443 @a.b:443"),
        ("CONNECT a.b:25 / HTTP/1.0\r\n\r\n", "CONNECT a.b:25 @a.b:25"),
        ("DELETE /1 HTTP/1.1\r\nHost:\r\n\r\n", "DELETE /1"),
    ])
    func `a request has method, path and host`(text: String, expected: String) {
        #expect(ReadHTTP.told(text) == [expected])
    }

    @Test(arguments: [
        ("GET", HTTPMethod.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
        ("CONNECT", .connect), ("OPTIONS", .options), ("TRACE", .trace), ("PATCH", .patch), ("GETS", .other),
        ("DELEGATE", .other), ("PATCI", .other), ("CONNECTS", .other),
    ])
    func `methods are told apart`(name: String, method: HTTPMethod) {
        Array("\(name) / HTTP/1.1\r\n\r\n".utf8).withUnsafeBytes {
            var stream = HTTPStream()
            var offset = 0
            guard case .request(let request) = stream.next(in: $0.bytes, length: $0.count, from: &offset) else {
                Issue.record("no request")
                return
            }
            #expect(request.method == method)
        }
    }

    @Test(arguments: [
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "get / HTTP/1.1\r\n\r\n",
        "OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n", "INVITE sip:a@b SIP/2.0\r\n\r\n", "GET /\r\n and more of it",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "EHLO some.where.example\r\n", "GET  HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n", "ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n\r\n", "SEARCHING / for something else",
    ])
    func `what is not HTTP is told once and for all`(text: String) {
        #expect(ReadHTTP.told(text, "GET / HTTP/1.1\r\n\r\n") == ["not HTTP"])
    }

    @Test func `requests follow each other in one segment, with bodies between them`() {
        let text = """
            POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 17\r\n\r\nGET /x HTTP/1.1\r\n\
            GET /b HTTP/1.1\r\n\r\n\
            \r\n\r\nPUT /c HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n\
            5;name=value\r\nGET /\r\n00A\r\n0123456789\r\n0\r\nContent-Length: 9\r\n\r\n\
            HEAD /d HTTP/1.1\r\ncontent-length:0\r\n\r\nGET /e HTTP/1.1\r\n\r\n
            """
        let expected = ["POST /a @h", "GET /b", "PUT /c", "HEAD /d", "GET /e"]
        #expect(ReadHTTP.told(text) == expected)
    }

    @Test func `segments may be cut anywhere but in a start line`() {
        let parts = [
            "POST /a HTTP/1.1\r\n", "Host: h\r\nContent-Length: 17\r\n\r\nGET /x HTTP/1.1\r\n",
            "PUT /c HTTP/1.1\r\n",
            "Transfer-Encoding: gzip,\tchunked \r\nTrailer: x\r\n\r\n5\r\nGET /\r\n0\r\nx: y\r\n\r\n",
            "GET /e HTTP/1.1\r\n", "\r\n",
        ]
        for part in parts.indices {
            for length in 1..<max(2, parts[part].utf8.count) {
                var read = ReadHTTP()
                for (index, text) in parts.enumerated() {
                    // The start lines are parts of their own.
                    if index == part, index % 2 == 1 {
                        read.feed(Array(text.utf8.prefix(length)))
                        read.feed(Array(text.utf8.dropFirst(length)))
                    } else {
                        read.feed(text)
                    }
                }
                #expect(read.told == ["POST /a", "PUT /c", "GET /e"])
            }
        }
    }

    @Test func `a start line that is cut by its segment goes on in the next`() {
        #expect(
            ReadHTTP.told("GET /a?b=", "c HTTP/1.1\r\nHost: h\r\n\r\nGET /d HTTP/1.1\r\n\r\n") == ["GET /a", "GET /d"]
        )
        #expect(
            ReadHTTP.told("POST /ab", "c HTTP/1.1\r\nContent-Length: 3\r\n\r\nGETGET / HTTP/1.1\r\n\r\n") == [
                "POST /ab…", "GET /",
            ]
        )
        #expect(ReadHTTP.told("GET /a HTTP/1.", "1\r\n\r\nGET /d HTTP/1.1\r\n\r\n") == ["GET /a", "GET /d"])
        #expect(ReadHTTP.told("GET http://a.b:8", "0/c HTTP/1.1\r\n\r\n") == ["GET …"])
        #expect(ReadHTTP.told("GET http://a.b:8/", "c HTTP/1.1\r\n\r\n") == ["GET /… @a.b:8"])
        // Not plausible without its version.
        #expect(ReadHTTP.told("PROPFIND /abcdefghijkl", "c HTTP/1.1\r\n\r\n") == ["not HTTP"])
        #expect(ReadHTTP.told("GET abcdefghijklmno", "c HTTP/1.1\r\n\r\n") == ["not HTTP"])
    }

    @Test func `a few bytes decide nothing`() {
        #expect(ReadHTTP.told("G", "ET / HTTP/1.1\r\n\r\n", "GET /b HTTP/1.1\r\n\r\n") == ["GET /b"])
        #expect(ReadHTTP.told("x", "GET /b HTTP/1.1\r\n\r\n") == ["not HTTP"])
        #expect(ReadHTTP.told("", "GET /b HTTP/1.1\r\n\r\n") == ["GET /b"])
    }

    @Test func `after a head that was captured in part, the next segment that begins with a start line counts`() {
        var read = ReadHTTP()
        let text = "POST /abc HTTP/1.1\r\nHost: example\r\nContent-Length: 900\r\n\r\nGET /x HTTP/1.1\r\n\r\n"
        read.feed(text, captured: 40)
        read.feed("xxxx GET /y HTTP/1.1\r\n\r\n")
        read.feed("GET /z HTTP/1.1\r\n\r\n")
        read.feed("PUT /cut HTTP/1.1\r\nHost: h\r\n", captured: 8)
        read.feed("PUT /cut HTTP/1.1\r\nHost: h\r\n", captured: 3)
        read.feed("GET /end HTTP/1.1\r\n\r\n")
        #expect(read.told == ["POST /abc @example", "GET /z", "PUT /cut…", "GET /end"])
    }

    @Test func `bodies that were not captured are passed over by their length`() {
        var read = ReadHTTP()
        let head = "POST /a HTTP/1.1\r\nContent-Length: 5000\r\n\r\n"
        read.feed(Array(head.utf8) + Array(repeating: 0x61, count: 1000), captured: head.utf8.count + 10)
        read.feed(Array(repeating: 0x61, count: 3000), captured: 0)
        // The rest of the body, and a request behind the captured bytes that is missed.
        read.feed(Array(repeating: 0x61, count: 1000) + Array("GET /missed HTTP/1.1\r\n\r\n".utf8), captured: 100)
        read.feed("GET /b HTTP/1.1\r\nContent-Length: 4\r\n\r\n1234GET /c HTTP/1.1\r\n\r\n")
        #expect(read.told == ["POST /a", "GET /b", "GET /c"])
    }

    @Test func `a gap of unknown length ends what was known`() {
        var read = ReadHTTP()
        read.feed("POST /a HTTP/1.1\r\nContent-Length: 50\r\n\r\n")
        read.stream.lose()
        read.feed("GET /b HTTP/1.1\r\n\r\n")
        read.stream.stop()
        read.stream.lose()
        read.feed("GET /c HTTP/1.1\r\n\r\n")
        #expect(read.told == ["POST /a", "GET /b", "not HTTP"])
    }

    @Test func `after CONNECT only what begins a segment counts`() {
        let told = ReadHTTP.told(
            "CONNECT a.b:443 HTTP/1.1\r\nHost: a.b\r\n\r\n\u{16}\u{3}\u{1}",
            "\u{16}\u{3}\u{1}\u{2}",
            "CONNECT a.b:443 HTTP/1.1\r\nProxy-Authorization: x\r\n\r\n"
        )
        #expect(told == ["CONNECT a.b:443 @a.b:443", "CONNECT a.b:443 @a.b:443"])
    }
}

struct HTTPResponseTests {
    @Test func `responses follow each other by length, chunks and codes without body`() {
        let text = """
            HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/\
            HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204\r\nContent-Length: 7\r\n\r\n\
            HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n\
            HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\nContent-Length: 1\r\n\r\n\
            b\r\nHTTP/1.1 50\r\n0\r\n\r\nHTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\n
            """
        #expect(ReadHTTP.told(text, "HTTP/1.1 500 No\r\n\r\n") == ["200", "100", "204", "304", "200", "404"])
    }

    @Test func `a response to HEAD has no body`() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 30\r\n\r\n"
        #expect(ReadHTTP.told(text, answering: .head) == ["200", "404"])
        #expect(ReadHTTP.told(text, answering: .get) == ["200"])
    }

    @Test func `a switched connection is not understood any more`() {
        let other = "HTTP/1.1 500 No\r\n\r\n"
        let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
        #expect(ReadHTTP.told(upgrade + other, other) == ["101", "not HTTP"])
        let connected = "HTTP/1.1 200 Connected\r\n\r\n"
        #expect(ReadHTTP.told(connected + other, other, answering: .connect) == ["200", "not HTTP"])
        let refused = "HTTP/1.1 407 Who?\r\nContent-Length: 2\r\n\r\nno"
        #expect(ReadHTTP.told(refused + other, other, answering: .connect) == ["407", "500"])
    }

    @Test func `the status decides at once, wherever its line is cut`() {
        #expect(
            ReadHTTP.told("HTTP/1.1 200", " OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 201\r\n\r\n") == ["200", "201"]
        )
        #expect(ReadHTTP.told("HTTP/1.1 20", "0 OK\r\n\r\n", "HTTP/1.1 201\r\n\r\n") == ["201"])
    }

    @Test func `chunks that were not captured lose the stream until a segment begins with a start line`() {
        var read = ReadHTTP()
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        read.feed(Array((head + "20\r\n").utf8) + Array(repeating: 0x61, count: 34) + Array("5\r\n".utf8), captured: 55)
        read.feed("aaaaa\r\n0\r\n\r\n")
        read.feed("HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n1F4\r\n")
        read.feed(Array(repeating: 0x61, count: 502), captured: 10)
        read.feed("0\r\n\r\nHTTP/1.1 202 OK\r\n\r\n")
        #expect(read.told == ["200", "201", "202"])
    }
}
