/// An address block in CIDR form.
package struct IPPrefix: Hashable, Sendable {
    /// The first address of the block; host bits are zero.
    package let address: IPAddress
    /// The number of leading bits that are fixed.
    package let length: Int

    /// The block of the first `length` bits of `address`; `nil` when `length` does not fit the family.
    package init?(_ address: IPAddress, length: Int) {
        guard (0...address.bitWidth).contains(length) else { return nil }
        self.address = address.masked(to: length)
        self.length = length
    }

    /// Parses `10.0.0.0/8` or a bare address, which is a block of one.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(address, length: address.bitWidth)
            return
        }
        guard let length = Int(parts[1]), parts[1].allSatisfy(\.isNumber) else { return nil }
        self.init(address, length: length)
    }

    /// Whether the address is of the same family and in the block.
    package func contains(_ other: IPAddress) -> Bool {
        other.family == address.family && other.masked(to: length) == address
    }
}

extension IPPrefix: CustomStringConvertible {
    /// CIDR text, such as `10.0.0.0/8`.
    package var description: String { "\(address)/\(length)" }
}

extension IPAddress {
    /// The address with all but its first `length` bits set to zero.
    func masked(to length: Int) -> IPAddress {
        if family == .v4 {
            let mask: UInt64 = length == 0 ? 0 : (~0 << UInt64(32 - length)) & 0xffff_ffff
            return IPAddress(high: 0, low: low & mask, family: .v4)
        }
        func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? ~0 : ~0 << UInt64(64 - bits) }
        return IPAddress(high: high & mask(length), low: low & mask(length - 64), family: .v6)
    }
}
