import Foundation
import Glibc
import NetworkAddressing
import PacketParsing
import ProcessPrivileges
import Testing

@testable import PacketCapture

/// What the kernel lets through, against tcpdump on the same packets.
@Suite(.needsNetworkNamespaces, .serialized)
struct CaptureFilterTests {
    /// More than a conditional jump of BPF can skip, the last of which matter.
    private static let collectors =
        (1..<12).flatMap { number in
            [
                Endpoint(IPAddress(v4: 0xcb00_7100 + number), port: 4739),
                Endpoint(IPAddress(v6: 0x2001_0db8_ffff_0000, UInt64(number)), port: 4739),
            ]
        } + [
            Endpoint(IPAddress(v4: 0xc633_6403), port: 4739),
            Endpoint(IPAddress(v6: 0x2001_0db8_0000_0000, 3), port: 4739),
            Endpoint(IPAddress(v4: 0x7f00_0001), port: 7080),
        ]

    /// One way or the other, of a whole packet.
    private static let notCollectors = Self.collectors.map { end in
        """
        not (tcp and ((dst host \(end.address) and dst port \(end.port)) \
        or (src host \(end.address) and src port \(end.port))))
        """
    }.joined(separator: " and ")

    private func configuration(
        _ pair: NamespacePair,
        _ end: String,
        filter: String? = nil
    ) -> LiveCapture.Configuration {
        var configuration = LiveCapture.Configuration()
        configuration.namespacePath = pair.path(end == "near" ? pair.near : pair.far)
        configuration.includes = { $0.name == end }
        configuration.filter = filter
        return configuration
    }

    /// How many packets pass tcpdump's filter for each expression at each end while the frames are sent.
    private func tcpdump(_ expressions: [String], in pair: NamespacePair) throws -> [String: [Int]] {
        let arguments = [pair.far] + expressions
        let script = CraftedFrames.script + CraftedFrames.compareScript
        let json = String(decoding: try JSONEncoder().encode(arguments), as: UTF8.self)
        let output = try pair.run("python3", "-c", script, json, in: pair.near)
        return try JSONDecoder().decode([String: [Int]].self, from: Data(output.utf8))
    }

    @Test(.needs("tcpdump"))
    func `an expression lets through what tcpdump shows, with VLAN tags and IPv6`() throws {
        let pair = try NamespacePair()
        let expressions = [
            "ip6", "not tcp", "arp", "vlan", "vlan 5", "vlan and udp", "vlan 5 and ip6 and tcp port 443",
            "udp and not vlan", "src port 4739", "ip6 host 2001:db8::3", "net 198.51.100.0/24 and greater 100",
            "tcp[tcpflags] & tcp-syn != 0", "ip[6:2] & 0x1fff != 0", "ether multicast",
        ]
        var captures: [(LiveCapture, RecordingConsumer, String, Int)] = []
        for expression in expressions {
            for (index, end) in ["near", "far"].enumerated() {
                let consumer = RecordingConsumer()
                var configuration = configuration(pair, end, filter: expression)
                configuration.ringBytes = 0
                captures.append(
                    (try LiveCapture.start(configuration, consumer: consumer), consumer, expression, index)
                )
            }
        }
        let expected = try tcpdump(expressions, in: pair)
        for (capture, consumer, expression, index) in captures {
            capture.stop()
            #expect(
                consumer.told.packets.count == expected[expression]?[index],
                "\(expression) at \(["near", "far"][index])"
            )
        }
        #expect(expected["vlan 5"]?.allSatisfy { $0 > 0 } == true)
        #expect(expected["ip6 host 2001:db8::3"]?.allSatisfy { $0 > 0 } == true)
    }

    @Test(.needs("tcpdump"))
    func `the traffic of excluded endpoints is left out, with and without an expression`() throws {
        let pair = try NamespacePair()
        let expression = "ip or ip6"
        let expected = try {
            var captures: [(LiveCapture, RecordingConsumer, String, Int)] = []
            for (index, end) in ["near", "far"].enumerated() {
                for filter in [nil, expression] {
                    let consumer = RecordingConsumer()
                    var configuration = configuration(pair, end, filter: filter)
                    configuration.excluded = Self.collectors
                    let capture = try LiveCapture.start(configuration, consumer: consumer)
                    let oracle = [filter.map { "(\($0))" }, Self.notCollectors].compactMap { $0 }
                    captures.append((capture, consumer, oracle.joined(separator: " and "), index))
                }
            }
            let all = "ip or ip6 or not (ip or ip6)"
            let expected = try tcpdump(Array(Set(captures.map(\.2))) + [all], in: pair)
            for (capture, consumer, oracle, index) in captures {
                capture.stop()
                #expect(
                    consumer.told.packets.count == expected[oracle]?[index],
                    "\(oracle) at \(["near", "far"][index])"
                )
            }
            return (expected[Self.notCollectors], expected[all])
        }()
        // To and from, with options, over both kinds of IP, and once on loopback's address.
        #expect(try #require(expected.1)[1] - #require(expected.0)[1] == CraftedFrames.excludedCount)
    }

    @Test func `a packet too short for its ports is not excluded`() throws {
        let pair = try NamespacePair()
        let consumer = RecordingConsumer()
        var configuration = configuration(pair, "far")
        configuration.excluded = Self.collectors
        let capture = try LiveCapture.start(configuration, consumer: consumer)
        try pair.run("python3", "-c", CraftedFrames.script + "send(*short())", in: pair.near)
        capture.stop()
        #expect(consumer.told.packets.map(\.originalLength).sorted() == [14, 34, 36, 54, 54, 57])
    }

    @Test func `packets without a link header are filtered too`() throws {
        let pair = try NamespacePair()
        try pair.addTun()
        var captures: [(LiveCapture, RecordingConsumer)] = []
        for filter in ["udp port 4247", nil] {
            let consumer = RecordingConsumer()
            var configuration = configuration(pair, "near", filter: filter)
            configuration.includes = { $0.name == "tun9" }
            configuration.excluded = [Endpoint(IPAddress(v4: 0xc000_0202), port: 4739)]
            captures.append((try LiveCapture.start(configuration, consumer: consumer), consumer))
        }
        try pair.writeToTun(
            """
            import socket, struct
            def packet(protocol, port):
                body = struct.pack('!HHIIBBHHH', port, 999, 0, 0, 0x50, 2, 0, 0, 0)
                return struct.pack('!BBHHHBBH4B4B', 0x45, 0, 40, 0, 0, 64, protocol, 0,
                                   192, 0, 2, 2, 192, 0, 2, 1) + body
            for i in range(20):
                for one in [(17, 4247), (17, 4739), (6, 4739), (6, 4247)]: tun.write(packet(*one))
            """
        )
        for (capture, _) in captures { capture.stop() }
        let seen = captures.map { _, consumer in
            consumer.told.packets.filter { $0.bytes.count == 40 && $0.bytes[15] == 2 && $0.bytes[22...23] == [3, 231] }
        }
        #expect(seen[0].count == 20)
        #expect(seen[0].allSatisfy { $0.bytes[9] == 17 })
        #expect(seen[1].count == 60)
        #expect(seen[1].allSatisfy { $0.bytes[9] == 17 || $0.bytes[20...21] != [0x12, 0x83] })
    }

    @Test func `as many bytes are kept as asked for, with and without an expression`() throws {
        let pair = try NamespacePair()
        var captures: [(LiveCapture, RecordingConsumer)] = []
        for filter in [nil, "udp"] {
            let consumer = RecordingConsumer()
            var configuration = configuration(pair, "near", filter: filter)
            configuration.snapLength = 60
            captures.append((try LiveCapture.start(configuration, consumer: consumer), consumer))
        }
        try pair.sendUDP(10, bytes: 500, to: NamespacePair.silentAddress, port: 4250)
        for (capture, consumer) in captures {
            capture.stop()
            #expect(consumer.told.packets.count == 10)
            #expect(consumer.told.packets.allSatisfy { $0.bytes.count == 60 && $0.originalLength == 542 })
        }
    }

    @Test func `an expression that cannot be used is refused before capture starts, in libpcap's words`() throws {
        let pair = try NamespacePair()
        let consumer = RecordingConsumer()
        let error = #expect(throws: CaptureError.self) {
            try LiveCapture.start(configuration(pair, "near", filter: "tcp prot 80"), consumer: consumer)
        }
        #expect(error?.subject == "tcp prot 80")
        #expect(error?.description.contains("the filter 'tcp prot 80' cannot be used: ") == true)
        #expect(error?.description.contains("syntax error") == true)
        #expect(consumer.told.opened == [])
        #expect(throws: CaptureError.self) { try CaptureFilter(matching: "ip\0 or", snapLength: 100) }
        #expect(throws: CaptureError.self) {
            try CaptureFilter(matching: "vlan 5", snapLength: 100, linkType: .raw)
        }
    }

    @Test func `where libpcap is missing the error names its package`() async {
        await #expect(processExitsWith: .success) {
            guard chroot("/proc/self/fdinfo") == 0 else { exit(2) }
            do throws(CaptureError) {
                _ = try CaptureFilter(matching: "tcp", snapLength: 100)
                exit(3)
            } catch {
                guard case .noFilterLibrary = error.code, error.description.contains("libpcap0.8") else { exit(4) }
            }
        }
    }

    @Test func `a filter is compiled and attached after every right but one was given up`() async {
        await #expect(processExitsWith: .success) {
            _ = Privileges.drop(keeping: [.netRaw])
            guard let loopback = try NetworkInterface.list().first(where: { $0.isLoopback }) else { exit(2) }
            let blind = try CaptureFilter(matching: "vlan 5", snapLength: 100)
            let filter = try CaptureFilter(matching: "vlan 5", snapLength: 100, interface: loopback.name)
            // The one for an interface also looks where the kernel puts a tag.
            guard filter.instructions.count > blind.instructions.count else { exit(3) }
            _ = try CaptureRing(loopback, filter: filter)
        }
    }
}
