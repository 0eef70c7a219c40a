import FlowExport
import Testing

struct CollectorAddressTests {
    @Test(arguments: [
        ("http://podsight:7080", false, "podsight", 7080, "/"),
        ("https://podsight", true, "podsight", 443, "/"),
        ("HTTP://10.0.0.1/logs?x=1#y", false, "10.0.0.1", 80, "/logs?x=1"),
        ("https://[fd00::1]:8443/a/", true, "fd00::1", 8443, "/a/"),
        ("http://[::1]", false, "::1", 80, "/"),
    ])
    func `URLs are read`(url: String, isSecure: Bool, host: String, port: Int, path: String) throws {
        let address = try #require(CollectorAddress(url))
        #expect(address.isSecure == isSecure && address.host == host && address.port == port && address.path == path)
    }

    @Test(arguments: [
        "", "podsight:7080", "ftp://podsight", "http://", "http://:80", "http://a:0", "http://a:70000", "http://a b",
        "http://user@a", "http://[::1]x", "http://a:8\r\n0",
    ])
    func `what is none is refused`(url: String) { #expect(CollectorAddress(url) == nil) }

    @Test func `a name leads to its addresses`() throws {
        let named = try #require(CollectorAddress("http://localhost:7080")?.endpoints())
        #expect(named.contains { "\($0)" == "127.0.0.1:7080" || "\($0)" == "[::1]:7080" })
        #expect(CollectorAddress("https://[fd00::1]:8443")?.endpoints().map { "\($0)" } == ["[fd00::1]:8443"])
        #expect(CollectorAddress("http://no-such-name.invalid")?.endpoints() == [])
    }

    @Test func `a path goes behind its own`() throws {
        let plain = try #require(CollectorAddress("http://a")?.appending(path: "/api"))
        let nested = try #require(CollectorAddress("http://a:81/x/")?.appending(path: "/api"))
        #expect("\(plain)" == "http://a/api" && "\(nested)" == "http://a:81/x/api")
    }
}
