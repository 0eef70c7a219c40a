import FlowMetering
import FlowModel
import Foundation
import NetworkAddressing
import PacketCapture
import PacketParsing
import Testing

/// Metered packets and bytes of bulk transfers, with offload and without, against the kernel's own counters.
@Suite(.needsNetworkNamespaces, .serialized)
struct OffloadTests {
    private static let payload = 4 << 20

    /// What the kernel counted in the sender's namespace while it sent.
    private struct Sent: Decodable {
        /// `Tcp: OutSegs`: segments, also of super-packets.
        let segments: UInt64
        /// `Tcp: RetransSegs`.
        let retransmitted: UInt64
        /// What the interface sent, with Ethernet headers: super-packets count once.
        let interfacePackets: UInt64
        let interfaceBytes: UInt64
    }

    /// Sends the payload from `near` to `far` while both ends are captured; the metered flow at each end.
    private func transfer(
        _ pair: NamespacePair,
        to address: String,
        port: Int
    ) throws -> (sent: Sent, near: (Observation, largest: Int), far: (Observation, largest: Int)) {
        let consumers = [RecordingConsumer(), RecordingConsumer()]
        let captures = try zip(consumers, [(pair.near, "near"), (pair.far, "far")]).map { consumer, end in
            var configuration = LiveCapture.Configuration()
            configuration.namespacePath = pair.path(end.0)
            configuration.includes = { $0.name == end.1 }
            configuration.ringBytes = 32 << 20
            return try LiveCapture.start(configuration, consumer: consumer)
        }
        let script = """
            import json, socket, subprocess, sys
            family = socket.AF_INET6 if ':' in '\(address)' else socket.AF_INET
            def counted():
                with open('/proc/net/snmp') as file:
                    names, values = [line.split() for line in file if line.startswith('Tcp:')]
                tcp = dict(zip(names, values))
                link = json.loads(subprocess.run(['ip', '-j', '-s', 'link', 'show', 'near'], capture_output=True,
                                                 check=True).stdout)[0]['stats64']['tx']
                return [int(tcp['OutSegs']), int(tcp['RetransSegs']), link['packets'], link['bytes']]
            far = subprocess.Popen(['ip', 'netns', 'exec', '\(pair.far)', sys.executable, '-c', '''
            import socket
            s = socket.create_server(('\(address)', \(port)), family=%d)
            print('ready', flush=True)
            c, _ = s.accept()
            while c.recv(1 << 20): pass
            ''' % family], stdout=subprocess.PIPE)
            far.stdout.readline()
            before = counted()
            c = socket.create_connection(('\(address)', \(port)))
            c.sendall(bytes(\(Self.payload)))
            c.shutdown(socket.SHUT_WR)
            c.recv(1)
            far.wait()
            after = counted()
            names = ['segments', 'retransmitted', 'interfacePackets', 'interfaceBytes']
            print(json.dumps(dict(zip(names, (b - a for a, b in zip(before, after))))))
            """
        let output = try pair.run("python3", "-c", script, in: pair.near)
        for capture in captures { capture.stop() }
        let sent = try JSONDecoder().decode(Sent.self, from: Data(output.utf8))
        return (sent, try meter(consumers[0], port: port), try meter(consumers[1], port: port))
    }

    private func meter(_ consumer: RecordingConsumer, port: Int) throws -> (Observation, largest: Int) {
        var meter = FlowMeter(configuration: MeteringConfiguration(interval: nil, idleTimeout: nil))
        var reports: [Observation] = []
        for packet in consumer.told.packets {
            packet.bytes.withUnsafeBytes { bytes in
                meter.add(
                    bytes,
                    wireLength: packet.originalLength,
                    timestamp: packet.time,
                    linkType: .ethernet,
                    gsoSize: packet.segmentSize,
                    into: &reports
                )
            }
        }
        meter.finish(into: &reports)
        #expect(consumer.told.statistics.values.allSatisfy { $0.dropped == 0 })
        let flow = try #require(reports.first { $0.destination.port == port })
        return (flow, consumer.told.packets.map(\.originalLength).max() ?? 0)
    }

    /// The payload in segments with TCP's time stamps; a SYN has eight bytes of options more.
    private func bytes(_ segments: UInt64, ipHeader: UInt64) -> UInt64 {
        UInt64(Self.payload) + segments * (ipHeader + 32) + 8
    }

    @Test func `super-packets count as the segments that the kernel counts, at both ends`() throws {
        let pair = try NamespacePair()
        let (sent, near, far) = try transfer(pair, to: NamespacePair.farAddress, port: 4251)
        #expect(near.largest > 10_000)
        #expect(near.0.forward.packets == sent.segments + sent.retransmitted)
        #expect(near.0.forward == far.0.forward)
        #expect(near.0.backward == far.0.backward)
        guard sent.retransmitted == 0 else { return }
        #expect(near.0.forward.bytes == bytes(sent.segments, ipHeader: 20))
    }

    @Test(.needs("ethtool"))
    func `without offload every packet is what the interface counts`() throws {
        let pair = try NamespacePair()
        for (namespace, interface) in [(pair.near, "near"), (pair.far, "far")] {
            try pair.run("ethtool", "-K", interface, "tso", "off", "gso", "off", "gro", "off", in: namespace)
        }
        let (sent, near, far) = try transfer(pair, to: NamespacePair.farAddress, port: 4252)
        #expect(near.largest == 1514)
        #expect(near.0.forward.packets == sent.interfacePackets)
        #expect(near.0.forward.bytes == sent.interfaceBytes - 14 * sent.interfacePackets)
        #expect(near.0.forward == far.0.forward)
        #expect(near.0.forward.packets == sent.segments + sent.retransmitted)
    }

    @Test func `BIG TCP packets without a payload length count as their segments`() throws {
        let pair = try NamespacePair()
        for (namespace, interface, address) in [(pair.near, "near", "2001:db8::1"), (pair.far, "far", "2001:db8::2")] {
            try pair.run("sysctl", "-qw", "net.ipv6.conf.\(interface).disable_ipv6=0", in: namespace)
            try NamespacePair.ip("-n", namespace, "addr", "add", "\(address)/64", "dev", interface, "nodad")
            try NamespacePair.ip(
                "-n",
                namespace,
                "link",
                "set",
                "dev",
                interface,
                "gso_max_size",
                "200000",
                "gro_max_size",
                "200000"
            )
        }
        let (sent, near, far) = try transfer(pair, to: "2001:db8::2", port: 4253)
        #expect(near.largest > 65_549)
        // The namespace's other traffic, of neighbours, is no TCP.
        #expect(near.0.forward.packets == sent.segments + sent.retransmitted)
        #expect(near.0.forward == far.0.forward)
        guard sent.retransmitted == 0 else { return }
        // The jumbo option of a super-packet is eight bytes that its segments do not have.
        let least = bytes(sent.segments, ipHeader: 40)
        #expect(least...least + 8 * sent.segments ~= near.0.forward.bytes)
    }

    @Test func `a packet seen on two interfaces is two observations`() throws {
        let pair = try NamespacePair()
        for arguments in [
            ["link", "add", "name", "bridge9", "address", "02:00:00:00:00:01", "type", "bridge"],
            ["link", "set", "near", "master", "bridge9"], ["link", "set", "bridge9", "up"],
            ["addr", "flush", "dev", "near"], ["addr", "add", "\(NamespacePair.nearAddress)/24", "dev", "bridge9"],
        ] {
            try pair.run("ip", arguments: arguments, in: pair.near)
        }
        let consumer = RecordingConsumer()
        var configuration = LiveCapture.Configuration()
        configuration.namespacePath = pair.path(pair.near)
        let capture = try LiveCapture.start(configuration, consumer: consumer)
        try pair.sendUDP(200, bytes: 100, to: NamespacePair.nearAddress, port: 4254, from: pair.far)
        capture.stop()
        let packets = consumer.told.packets.filter { $0.udpPort == 4254 }
        for interface in ["near", "bridge9"] {
            #expect(packets.filter { $0.interface == interface && !$0.isOutgoing }.count == 200)
        }
        #expect(packets.count == 400)
    }
}
