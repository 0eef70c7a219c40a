import Glibc
import NetworkAddressing
import Testing

/// What the C library makes of the text, as the oracle for ours.
private func libraryText(_ text: String) -> String? {
    var v4 = in_addr()
    var v6 = in6_addr()
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    if inet_pton(AF_INET, text, &v4) == 1 {
        inet_ntop(AF_INET, &v4, &buffer, socklen_t(buffer.count))
    } else if inet_pton(AF_INET6, text, &v6) == 1 {
        inet_ntop(AF_INET6, &v6, &buffer, socklen_t(buffer.count))
    } else {
        return nil
    }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

@Test(arguments: [
    "0.0.0.0", "255.255.255.255", "10.1.2.3", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1..2.3", "",
    "::", "::1", "1::", "2001:db8::1", "2001:0DB8:0:0:0:0:0:1", "2001:db8:0:0:1:0:0:1", "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::ffff:1.2.3.4", "1::2::3", ":1::2", "1:2:3:4:5:6:7::", "12345::",
    "fe80::1%eth0", "1:2:3:4:5:6:1.2.3.4", "::1.2.3", "g::", ":", ":::", "1:", "::2:3:4:5:6:7:8",
])
func `reads and prints addresses as the C library does`(text: String) {
    #expect(IPAddress(text)?.description == libraryText(text))
}

@Test func `random addresses survive text, and sort as their bytes do`() {
    var generator = SystemRandomNumberGenerator()
    var addresses: [IPAddress] = []
    for _ in 0..<2_000 {
        // Zeros are likely, so that every way to shorten is met.
        let sparse = generator.next() & generator.next() & generator.next()
        addresses.append(IPAddress(v6: sparse, generator.next() & 0xffff_0000_0000_ffff))
        addresses.append(IPAddress(v4: UInt32.random(in: 0 ... .max)))
    }
    for address in addresses {
        #expect(IPAddress(address.description) == address)
        #expect(libraryText(address.description) == address.description)
    }
    let sorted = addresses.sorted()
    for (left, right) in zip(sorted, sorted.dropFirst()) { #expect(!(right < left)) }
}

@Test(arguments: [
    ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "9.9.9.9", true),
    ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("fd00::/8", "fdff::1", true),
    ("fd00::/8", "fe00::", false), ("::/0", "1.2.3.4", false), ("2001:db8::/65", "2001:db8:0:0:7fff::", true),
    ("2001:db8::/65", "2001:db8:0:0:8000::", false),
])
func `a prefix holds the addresses of its block`(prefix: String, address: String, isIn: Bool) throws {
    let address = try #require(IPAddress(address))
    #expect(try #require(IPPrefix(prefix)).contains(address) == isIn)
}

@Test(arguments: ["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "x/8", "/8", "10.0.0.0/8/8"])
func `what is no prefix is refused`(text: String) {
    #expect(IPPrefix(text) == nil)
}

@Test func `protocol names and numbers go both ways`() {
    for number in 0...255 {
        let transport = TransportProtocol(rawValue: UInt8(number))
        #expect(TransportProtocol(transport.name) == transport)
    }
    #expect(TransportProtocol("TCP") == .tcp)
    #expect(TransportProtocol("icmpv6") == .icmpv6)
    #expect(TransportProtocol("256") == nil)
}
