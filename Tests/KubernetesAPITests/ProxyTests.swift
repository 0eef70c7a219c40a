import Testing

@testable import KubernetesAPI

struct ProxyTests {
    @Test(arguments: [
        ("http://proxy:3128", KubeConfig.Proxy(kind: .http, host: "proxy", port: 3128)),
        ("proxy", KubeConfig.Proxy(kind: .http, host: "proxy", port: 80)),
        (
            "http://a:b@[fd00::1]:8080",
            KubeConfig.Proxy(kind: .http, host: "fd00::1", port: 8080, user: "a", password: "b")
        ),
        ("socks5://10.0.0.1", KubeConfig.Proxy(kind: .socks, host: "10.0.0.1", port: 1080)),
    ])
    func `a proxy's URL says how to reach it`(text: String, proxy: KubeConfig.Proxy) throws {
        #expect(try KubeConfig.Proxy.parse(text).get() == proxy)
    }

    @Test(arguments: [
        ("10.1.2.3", 443, "10.0.0.0/8", true), ("10.1.2.3", 443, "10.1.2.3", true),
        ("11.1.2.3", 443, "10.0.0.0/8", false),
        ("api.corp.example", 443, ".corp.example", true), ("api.corp.example", 443, "corp.example", true),
        ("api.corp.example", 443, "*.corp.example", true), ("api.evilcorp.example", 443, "corp.example", false),
        ("api.corp.example", 6443, "api.corp.example:443", false),
        ("api.corp.example", 443, "x, api.corp.example:443", true),
        ("anything", 443, "*", true), ("localhost", 443, "", true), ("127.0.0.1", 443, "", true),
        ("[::1]", 443, "", true),
        ("fd00::7", 443, "fd00::/8", true), ("api", 443, ",,", false),
    ])
    func `NO_PROXY names hosts, domains, addresses and blocks`(host: String, port: Int, list: String, isExcepted: Bool)
    {
        #expect(KubeConfig.Proxy.isExcepted(host, port: port, from: list) == isExcepted)
    }

    @Test func `the environment's proxy is for its scheme, and what is wrong with it is said without it`() throws {
        let environment = ["HTTPS_PROXY": "http://p:1", "http_proxy": "http://q:2", "NO_PROXY": "b"]
        #expect(try KubeConfig.Proxy.named(by: environment, for: "https://a")?.host == "p")
        #expect(try KubeConfig.Proxy.named(by: environment, for: "http://a:8080")?.host == "q")
        #expect(try KubeConfig.Proxy.named(by: environment, for: "https://b") == nil)
        #expect(try KubeConfig.Proxy.named(by: [:], for: "https://a") == nil)
        let error = #expect(throws: KubeConfigError.self) {
            try KubeConfig.Proxy.named(by: ["HTTPS_PROXY": "ftp://me:secret@p"], for: "https://a")
        }
        #expect(error?.reason == .badProxy && error?.message.contains("secret") == false)
    }
}
