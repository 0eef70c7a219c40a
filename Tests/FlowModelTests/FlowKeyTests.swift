import FlowModel
import NetworkAddressing
import Testing

struct FlowKeyTests {
    /// Endpoints that differ in every word in which two can differ.
    private static let endpoints: [Endpoint] = [
        Endpoint(IPAddress(v4: 0), port: 0), Endpoint(IPAddress(v4: 1), port: 80),
        Endpoint(IPAddress(v4: 1), port: 81), Endpoint(IPAddress(v4: .max), port: 65535),
    ]
    private static let endpointsV6: [Endpoint] = [
        Endpoint(IPAddress(v6: 0, 1), port: 80), Endpoint(IPAddress(v6: 1, 0), port: 80),
        Endpoint(IPAddress(v6: 1, 0), port: 8), Endpoint(IPAddress(v6: .max, .max), port: 0),
    ]

    @Test(arguments: [TransportProtocol.tcp, .udp, .sctp, TransportProtocol(rawValue: 47)])
    func `is the same from either end and different for every pair`(transport: TransportProtocol) {
        var seen: [FlowKey: Set<Endpoint>] = [:]
        for group in [Self.endpoints, Self.endpointsV6] {
            for one in group {
                for other in group {
                    let key = FlowKey(transport: transport, source: one, destination: other)
                    #expect(key == FlowKey(transport: transport, source: other, destination: one))
                    #expect(key.lower == min(one, other) && key.upper == max(one, other))
                    #expect(key.transport == transport)
                    #expect(seen[key] == nil || seen[key] == [one, other])
                    seen[key] = [one, other]
                }
            }
        }
    }

    @Test
    func `an IPv4 address and the IPv6 address with the same bits are different flows`() {
        let v4 = Endpoint(IPAddress(v4: 1), port: 80)
        let v6 = Endpoint(IPAddress(v6: 0, 1), port: 80)
        let one = FlowKey(transport: .tcp, source: v4, destination: v4)
        let other = FlowKey(transport: .tcp, source: v6, destination: v6)
        #expect(one != other)
        #expect(one.hash(seed: 0) != other.hash(seed: 0))
    }

    @Test
    func `ICMP pairs share a key and one-way messages do not`() {
        let one = IPAddress(v4: 1)
        let two = IPAddress(v4: 2)
        func key(_ from: IPAddress, _ type: UInt16, _ to: IPAddress, _ code: UInt16) -> FlowKey {
            FlowKey(
                transport: .icmp,
                source: Endpoint(from, port: type),
                destination: Endpoint(to, port: code)
            )
        }
        #expect(key(one, 8, two, 0) == key(two, 0, one, 0))
        #expect(key(two, 8, one, 0) == key(one, 0, two, 0))
        #expect(key(one, 8, two, 0) != key(two, 8, one, 0))
        #expect(key(one, 3, two, 1) != key(two, 3, one, 1))
        #expect(key(one, 3, two, 1) != key(one, 3, two, 2))
    }

    @Test
    func `the hash spreads neighbouring keys and depends on the seed`() {
        var hashes: Set<UInt64> = []
        for port in UInt16.min..<10_000 {
            let key = FlowKey(
                transport: .udp,
                source: Endpoint(IPAddress(v4: 0x0a00_0001), port: port),
                destination: Endpoint(IPAddress(v4: 0x0a00_0002), port: 53)
            )
            hashes.insert(key.hash(seed: 0) & 0xf_ffff)
            #expect(key.hash(seed: 0) != key.hash(seed: 1))
        }
        // 10,000 balls in 2²⁰ bins collide about 48 times.
        #expect(hashes.count > 9_900)
    }
}
