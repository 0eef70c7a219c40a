/// One end of a flow: an address and a port.
///
/// For ICMP and ICMPv6 the source's port is the type; the destination's is the counterpart type or the code,
/// as the Community ID specification maps them.
@frozen
package struct Endpoint: Hashable, Sendable, BitwiseCopyable {
    /// The address.
    package let address: IPAddress
    /// The port in host order; 0 for protocols without ports.
    package let port: UInt16

    /// An endpoint of an address and a port.
    @inlinable
    package init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension Endpoint: Comparable {
    /// By address, then by port.
    @inlinable
    package static func < (lhs: Endpoint, rhs: Endpoint) -> Bool {
        lhs.address == rhs.address ? lhs.port < rhs.port : lhs.address < rhs.address
    }
}

extension Endpoint: CustomStringConvertible {
    /// `10.0.0.1:80` or `[::1]:80`.
    package var description: String {
        address.family == .v4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}
