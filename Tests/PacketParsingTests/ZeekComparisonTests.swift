import PacketParsing
import TestSupport
import Testing

/// DNS and HTTP messages of captures beside what Zeek's own tests say of them.
struct ZeekComparisonTests {
    /// Where the two differ, and why.
    private static let explained: [String: String] = [
        "pcap/arkime/6-4-gre-ppp-udp-4-dns.pcap": "tunnel",
        "pcap/arkime/gre-sample.pcap": "tunnel",
        "pcap/zeek/http__connect-with-smtp.pcap": "a space in the target, which is a host for us and no Host for Zeek",
        "pcap/zeek/http__http-inner-transfer-encoding-ossfuzz.pcap":
            "a broken status line, and bytes that Zeek escapes",
        "pcap/zeek/http__methods.pcap":
            "HTTP/0.9 and lines without a space or with half a version, which is not HTTP/1",
        "pcap/zeek/ipv6-fragmented-dns.pcap": "fragments are not put together",
        "pcap/zeek/mixed-vlan-mpls.pcap": "one request in HTTP/0.9",
        "pcap/zeek/tunnels__ayiya3.pcap": "tunnel",
        "pcap/zeek/tunnels__gre-over-udp-4754.pcap": "tunnel",
        "pcap/zeek/tunnels__gtp__gtp1_gn_normal_incl_fragmentation.pcap": "tunnel",
        "pcap/zeek/wikipedia.pcap": "one connection that began before the capture, which Zeek leaves out",
    ]

    @Test(.needsSharedData)
    func `requests and statuses of HTTP are what Zeek says`() throws {
        let rows = try ZeekBaselines.http()
        var (equal, all) = (0, 0)
        for capture in Set(rows.map(\.connection.capture)) {
            var theirs: [String] = []
            for row in rows where row.connection.capture == capture {
                let port = row.connection.sourcePort
                let path = (row.uri ?? "").prefix { $0 != "?" }
                if let method = row.method { theirs.append("\(port) \(method) \(row.host ?? "") \(path)") }
                if let status = row.status { theirs.append("\(port) \(status)") }
            }
            let ours = try Self.messages(of: capture)
            #expect((ours.sorted() == theirs.sorted()) == (Self.explained[capture] == nil), "\(capture)")
            equal += theirs.count { ours.contains($0) }
            all += theirs.count
        }
        print("HTTP: \(equal) of \(all) requests and responses are Zeek's")
        #expect(equal > 100)
    }

    /// Each message of a capture with the client's port.
    private static func messages(of capture: String) throws -> [String] {
        var directions: [String: CorpusDirection] = [:]
        var messages: [String] = []
        try CorpusPayload.forEach(of: 6, in: String(capture.dropFirst("pcap/".count))) { payload in
            let packet = payload.packet
            let key = "\(packet.source) \(packet.destination)"
            for message in directions[key, default: CorpusDirection()].feed(payload, captured: .max) {
                switch message {
                case .request(let method, let host, let path):
                    messages.append("\(packet.sourcePort) \(method) \(host) \(path)")
                case .response(let status): messages.append("\(packet.destinationPort) \(status)")
                }
            }
        }
        return messages
    }

    @Test(.needsSharedData)
    func `queries and responses of DNS are what Zeek says`() throws {
        var equal = 0
        let rows = try ZeekBaselines.dns()
        for capture in Set(rows.map(\.connection.capture)) {
            let file = String(capture.dropFirst("pcap/".count))
            var ours: Set<String> = []
            try CorpusPayload.forEach(of: 17, in: file) { payload in
                ours.formUnion(Self.words(of: ReadDNS(payload.bytes, DNSMessage(payload.bytes.bytes))))
            }
            try CorpusPayload.forEach(of: 6, in: file) { payload in
                let message = DNSMessage(segment: payload.bytes.bytes, payloadBytes: payload.length)
                ours.formUnion(Self.words(of: ReadDNS(payload.bytes, message)))
            }
            let theirs = rows.filter { $0.connection.capture == capture }.map { row in
                // Zeek names no type where it saw no query.
                let type = row.type.map { " \($0)" } ?? ""
                return "\(row.id ?? 0) \(row.query ?? "")\(type) \(row.code.map { "\($0)" } ?? "-")"
            }
            let isEqual = ours.isSuperset(of: theirs)
            #expect(isEqual == (Self.explained[capture] == nil), "\(capture)")
            equal += theirs.count { ours.contains($0) }
        }
        print("DNS: \(equal) of \(rows.count) exchanges are Zeek's")
        #expect(equal > 10)
    }

    /// Number, name, code, with and without the type.
    private static func words(of read: ReadDNS?) -> [String] {
        guard let read else { return [] }
        let code = read.message.isResponse ? "\(read.message.responseCode)" : "-"
        return [
            "\(read.message.id) \(read.name) \(read.message.type) \(code)", "\(read.message.id) \(read.name) \(code)",
        ]
    }
}
