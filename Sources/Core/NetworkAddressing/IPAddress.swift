/// An IPv4 or IPv6 address as a fixed-size value.
///
/// An IPv4 address lies in the low 32 bits of `low`; the family keeps `::1.2.3.4` and `1.2.3.4` apart.
@frozen
package struct IPAddress: Hashable, Sendable, BitwiseCopyable {
    /// Which of the two address families an address is of.
    @frozen
    package enum Family: UInt8, Sendable, BitwiseCopyable {
        case v4 = 4
        case v6 = 6
    }

    /// The first eight bytes in network order as a number; 0 for IPv4.
    package let high: UInt64
    /// The last eight bytes in network order as a number; the whole address for IPv4.
    package let low: UInt64
    /// The address family.
    package let family: Family

    /// An address from its halves in host order.
    @inlinable
    package init(high: UInt64, low: UInt64, family: Family) {
        self.high = high
        self.low = low
        self.family = family
    }

    /// An IPv4 address from its 32 bits in host order.
    @inlinable
    package init(v4 bits: UInt32) {
        self.init(high: 0, low: UInt64(bits), family: .v4)
    }

    /// An IPv6 address from its halves in host order.
    @inlinable
    package init(v6 high: UInt64, _ low: UInt64) {
        self.init(high: high, low: low, family: .v6)
    }

    /// The number of bits of an address of this family: 32 or 128.
    @inlinable
    package var bitWidth: Int { family == .v4 ? 32 : 128 }
}

extension IPAddress: Comparable {
    /// IPv4 sorts before IPv6; within a family by value, which is also the order of the bytes.
    @inlinable
    package static func < (lhs: IPAddress, rhs: IPAddress) -> Bool {
        if lhs.family != rhs.family { return lhs.family == .v4 }
        if lhs.high != rhs.high { return lhs.high < rhs.high }
        return lhs.low < rhs.low
    }
}
