import CLinux
import FlowModel
import Foundation
import Glibc
import NetworkAddressing
import PacketCapture
import PacketParsing
import Testing

/// Capture of real packets between network namespaces.
@Suite(.needsNetworkNamespaces, .serialized)
struct LiveCaptureTests {
    private func configuration(_ path: String, names: Set<String>? = nil) -> LiveCapture.Configuration {
        var configuration = LiveCapture.Configuration()
        configuration.namespacePath = path
        if let names { configuration.includes = { $0.isUp && names.contains($0.name) } }
        return configuration
    }

    @Test func `each end of a veth sees every packet once`() throws {
        let pair = try NamespacePair()
        let (near, far) = (RecordingConsumer(), RecordingConsumer())
        let before = Date()
        let captures = try [
            LiveCapture.start(configuration(pair.path(pair.near)), consumer: near),
            LiveCapture.start(configuration(pair.path(pair.far)), consumer: far),
        ]
        try pair.sendUDP(3000, bytes: 300, to: NamespacePair.silentAddress, port: 4242)
        for capture in captures { capture.stop() }

        for (consumer, name, isOutgoing) in [(near, "near", true), (far, "far", false)] {
            let told = consumer.told
            #expect(told.opened.sorted() == ["lo", name].sorted())
            #expect(told.closed.sorted() == ["lo", name].sorted())
            #expect(told.packets.count == 3000)
            #expect(told.packets.allSatisfy { $0.udpPort == 4242 && $0.interface == name })
            #expect(told.packets.allSatisfy { $0.originalLength == 342 && $0.bytes.count == 192 })
            #expect(told.packets.allSatisfy { $0.isOutgoing == isOutgoing && $0.segmentSize == 0 })
            #expect(told.statistics[name]?.packets == 3000)
            #expect(told.statistics[name]?.dropped == 0)
            let times = told.packets.map(\.time)
            #expect(times == times.sorted())
            #expect(Double(times[0].nanoseconds) / 1e9 >= before.timeIntervalSince1970 - 0.001)
            #expect(times[2999] <= told.ticks[told.ticks.count - 1])
        }
    }

    @Test func `a packet on loopback is counted once`() throws {
        let pair = try NamespacePair()
        let consumer = RecordingConsumer()
        let capture = try LiveCapture.start(configuration(pair.path(pair.near), names: ["lo"]), consumer: consumer)
        try pair.sendUDP(500, bytes: 20, to: "127.0.0.1", port: 4243)
        capture.stop()
        let packets = consumer.told.packets.filter { $0.udpPort == 4243 }
        #expect(packets.count == 500)
        #expect(packets.allSatisfy { !$0.isOutgoing && $0.originalLength == 62 && $0.bytes.count == 62 })
    }

    @Test func `an offloaded packet tells the size of its segments`() throws {
        let pair = try NamespacePair()
        let consumer = RecordingConsumer()
        let capture = try LiveCapture.start(
            configuration(pair.path(pair.near), names: ["near"]),
            consumer: consumer
        )
        let script = """
            import socket, subprocess, sys
            far = subprocess.Popen(['ip', 'netns', 'exec', '\(pair.far)', sys.executable, '-c', '''
            import socket
            s = socket.create_server(('\(NamespacePair.farAddress)', 4244))
            print('ready', flush=True)
            c, _ = s.accept()
            while c.recv(1 << 16): pass
            '''], stdout=subprocess.PIPE)
            far.stdout.readline()
            c = socket.create_connection(('\(NamespacePair.farAddress)', 4244))
            c.sendall(bytes(4 << 20))
            c.close()
            far.wait()
            """
        try pair.run("python3", "-c", script, in: pair.near)
        capture.stop()
        let large = consumer.told.packets.filter { $0.originalLength > 1514 }
        #expect(!large.isEmpty)
        // 1500 less 20 of IP, 20 of TCP and 12 of its time stamps.
        #expect(large.allSatisfy { $0.segmentSize == 1448 })
        #expect(consumer.told.packets.allSatisfy { $0.originalLength > 1514 || $0.segmentSize <= 1448 })
    }

    @Test func `what does not fit the ring is counted as dropped`() throws {
        let pair = try NamespacePair()
        let consumer = RecordingConsumer(drains: false)
        var configuration = configuration(pair.path(pair.near), names: ["near"])
        configuration.ringBytes = 0
        let capture = try LiveCapture.start(configuration, consumer: consumer)
        try pair.sendUDP(5000, bytes: 200, to: NamespacePair.silentAddress, port: 4245)
        capture.stop()
        let statistics = try #require(consumer.told.statistics["near"])
        #expect(statistics.dropped > 0)
        #expect(statistics.packets > 0)
        #expect(statistics.packets + statistics.dropped == 5000)
        #expect(statistics.freezes > 0)
    }

    @Test func `interfaces that come and go are followed`() throws {
        let pair = try NamespacePair()
        let consumer = RecordingConsumer()
        let capture = try LiveCapture.start(configuration(pair.path(pair.near)), consumer: consumer)
        defer { capture.stop() }
        try NamespacePair.ip(
            "-n",
            pair.near,
            "link",
            "add",
            "name",
            "late",
            "type",
            "veth",
            "peer",
            "name",
            "late-peer"
        )
        try NamespacePair.ip("-n", pair.near, "link", "set", "late", "up")
        // Without an announcement it would be found after ten seconds.
        #expect(consumer.wait(seconds: 5) { $0.opened.contains("late") })
        try NamespacePair.ip("-n", pair.near, "addr", "add", "203.0.113.9/24", "dev", "late")
        #expect(consumer.wait { $0.changed.contains { $0.addresses.map(\.description) == ["203.0.113.9"] } })
        try NamespacePair.ip("-n", pair.near, "link", "delete", "late")
        #expect(consumer.wait { $0.closed == ["late"] })
        // An interface that is down for a while is still captured afterwards.
        try NamespacePair.ip("-n", pair.near, "link", "set", "near", "down")
        try NamespacePair.ip("-n", pair.near, "link", "set", "near", "up")
        try NamespacePair.ip(
            "-n",
            pair.near,
            "neigh",
            "replace",
            NamespacePair.silentAddress,
            "lladdr",
            "02:00:00:00:00:02",
            "dev",
            "near"
        )
        try pair.sendUDP(10, bytes: 20, to: NamespacePair.silentAddress, port: 4246)
        capture.stop()
        #expect(consumer.told.packets.filter { $0.udpPort == 4246 }.count == 10)
        #expect(consumer.told.failures == [])
    }

    @Test func `a renamed interface is another, as is one with another link type`() throws {
        let pair = try NamespacePair()
        try pair.addTun()
        let consumer = RecordingConsumer()
        let capture = try LiveCapture.start(
            configuration(pair.path(pair.near), names: ["near", "other", "tun9"]),
            consumer: consumer
        )
        defer { capture.stop() }
        try NamespacePair.ip("-n", pair.near, "link", "set", "near", "down")
        try NamespacePair.ip("-n", pair.near, "link", "set", "near", "name", "other")
        try NamespacePair.ip("-n", pair.near, "link", "set", "other", "up")
        #expect(consumer.wait { $0.opened.contains("other") && $0.closed.contains("near") })
        // TUNSETLINK with ARPHRD_ETHER, only while it is down.
        let script = """
            import fcntl, struct
            tun = open('/dev/net/tun', 'r+b', buffering=0)
            fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH22x', b'tun9', 0x1001))
            fcntl.ioctl(tun, 0x400454cd, 1)
            """
        try pair.run("ip", "link", "set", "tun9", "down", in: pair.near)
        try pair.run("python3", "-c", script, in: pair.near)
        try pair.run("ip", "link", "set", "tun9", "up", in: pair.near)
        #expect(consumer.wait { $0.linkTypes["tun9"] == .ethernet && $0.closed.contains("tun9") })
        #expect(consumer.told.failures == [])
    }

    @Test func `several rings divide an interface's packets by flow`() throws {
        let pair = try NamespacePair()
        let consumers = [RecordingConsumer(), RecordingConsumer(), RecordingConsumer()]
        let capture = try LiveCapture.start(
            configuration(pair.path(pair.near), names: ["near"]),
            consumers: consumers
        )
        let script = """
            import socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind(('\(NamespacePair.nearAddress)', 4999))
            for i in range(20):
                for port in range(5000, 5030): s.sendto(bytes(50), ('\(NamespacePair.silentAddress)', port))
            """
        try pair.run("python3", "-c", script, in: pair.near)
        capture.stop()
        let ports = consumers.map { $0.told.packets.compactMap(\.udpPort) }
        for port in 5000..<5030 {
            #expect(ports.map { $0.filter { $0 == port }.count }.sorted() == [0, 0, 20])
        }
        #expect(ports.filter { !$0.isEmpty }.count > 1)
        #expect(consumers.map { $0.told.statistics["near"]?.packets ?? 0 }.reduce(0, +) == 600)
        #expect(consumers.allSatisfy { $0.told.opened == ["near"] && $0.told.closed == ["near"] })
    }

    @Test func `drops are counted in their time, also those of an interface that goes`() throws {
        let pair = try NamespacePair()
        let consumer = RecordingConsumer(drains: false)
        var configuration = configuration(pair.path(pair.near), names: ["near"])
        configuration.ringBytes = 0
        let capture = try LiveCapture.start(configuration, consumer: consumer)
        defer { capture.stop() }
        try pair.sendUDP(3000, bytes: 200, to: NamespacePair.silentAddress, port: 4260)
        #expect(consumer.wait { $0.statistics["near"].map { $0.dropped > 0 } == true })
        try pair.sendUDP(2000, bytes: 200, to: NamespacePair.silentAddress, port: 4260)
        try NamespacePair.ip("-n", pair.near, "link", "delete", "near")
        #expect(consumer.wait { $0.closed == ["near"] })
        let counts = consumer.told.counts
        #expect(counts.last.map { $0.packets + $0.dropped } == 5000)
        #expect(counts.map(\.droppedLately).reduce(0, +) == counts.last?.dropped)
        for (earlier, later) in zip(counts, counts.dropFirst()) {
            #expect(earlier.to == later.from)
            #expect(later.from <= later.to)
        }
    }

    @Test func `the last packets before an interface goes are given`() throws {
        let pair = try NamespacePair()
        let consumer = RecordingConsumer()
        let capture = try LiveCapture.start(configuration(pair.path(pair.near), names: ["near"]), consumer: consumer)
        defer { capture.stop() }
        let script = """
            import fcntl, socket, struct
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for i in range(300): s.sendto(bytes(50), ('\(NamespacePair.silentAddress)', 4261))
            # SIOCSIFNAME: under another name it is not captured any more.
            fcntl.ioctl(s, 0x8923, struct.pack('16s16s8x', b'near', b'gone'))
            """
        try pair.run("python3", "-c", script, in: pair.near)
        #expect(consumer.wait { $0.closed == ["near"] })
        #expect(consumer.told.packets.count == 300)
    }

    @Test func `a renamed interface shows each packet once`() throws {
        let pair = try NamespacePair()
        let consumer = RecordingConsumer()
        let capture = try LiveCapture.start(
            configuration(pair.path(pair.near), names: ["near", "other"]),
            consumer: consumer
        )
        // Since Linux 6.2 an interface may be renamed while it is up.
        try NamespacePair.ip("-n", pair.near, "link", "set", "near", "name", "other")
        #expect(consumer.wait { $0.opened == ["near", "other"] })
        try pair.sendUDP(300, bytes: 50, to: NamespacePair.silentAddress, port: 4262)
        #expect(consumer.wait { $0.closed == ["near"] })
        capture.stop()
        #expect(consumer.told.packets.count == 300)
        #expect(consumer.told.packets.allSatisfy { $0.interface == "other" })
    }

    @Test func `interfaces are opened later with nothing but the right to packet sockets`() async {
        await #expect(processExitsWith: .success) {
            let pair = try NamespacePair()
            let namespace = Glibc.open(pair.path(pair.near), O_RDONLY)
            guard clinux_enter_network_namespace(namespace) == 0 else { exit(2) }
            // CAP_NET_RAW; what is run is root's and has its rights again.
            guard clinux_set_capabilities(1 << 13) == 0 else { exit(3) }
            let consumer = RecordingConsumer()
            let capture = try LiveCapture.start(LiveCapture.Configuration(), consumer: consumer)
            try NamespacePair.ip("-n", pair.near, "link", "add", "name", "late", "type", "bridge")
            try NamespacePair.ip("-n", pair.near, "link", "set", "late", "up")
            guard consumer.wait(until: { $0.opened.contains("late") }) else { exit(4) }
            capture.stop()
            guard consumer.told.failures.isEmpty else { exit(5) }
        }
    }

    @Test func `an interface without Ethernet yields IP packets`() throws {
        let pair = try NamespacePair()
        try pair.addTun()
        let consumer = RecordingConsumer()
        let capture = try LiveCapture.start(
            configuration(pair.path(pair.near), names: ["tun9"]),
            consumer: consumer
        )
        try pair.writeToTun(
            """
            for i in range(50):
                s.sendto(bytes(30), ('192.0.2.2', 4247))
            """
        )
        capture.stop()
        let packets = consumer.told.packets.filter { $0.bytes.count == 58 }
        #expect(packets.count == 50)
        #expect(packets.allSatisfy { $0.bytes[0] == 0x45 && $0.bytes[22...23] == [0x10, 0x97] && $0.isOutgoing })
        #expect(consumer.told.linkTypes == ["tun9": .raw])
    }

    @Test func `a capture without an interface is refused and says what there is`() throws {
        let pair = try NamespacePair()
        let error = #expect(throws: CaptureError.self) {
            try LiveCapture.start(configuration(pair.path(pair.near), names: ["eth7"]), consumer: RecordingConsumer())
        }
        #expect(error?.code == .nothingToCapture)
        #expect(error?.description == "no interface to capture on: there are lo, near")
    }

    @Test func `a namespace that is not there is named`() throws {
        let error = #expect(throws: CaptureError.self) {
            try LiveCapture.start(configuration("/var/run/netns/none-such"), consumer: RecordingConsumer())
        }
        #expect(error?.code == .noSuchFile)
        #expect(error?.subject == "/var/run/netns/none-such")
    }
}
