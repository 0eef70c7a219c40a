import FlowModel
import NetworkAddressing

/// A name that stands for an address: in `in-addr.arpa`, in `ip6.arpa`, or with a time in `at.<zone>`.
enum ReverseName {
    /// What a name is.
    enum Meaning {
        /// An address, at a time or now.
        case address(IPAddress, at: Timestamp?, in: DNSLabels)
        /// A name above those of addresses.
        case above(zone: DNSLabels, isZone: Bool)
        /// A name of ours that cannot stand for anything.
        case nothing(in: DNSLabels)
        /// A name of somebody else.
        case foreign
    }

    /// Reads the labels of a name.
    static func read(_ labels: [[UInt8]], timed: DNSLabels, _ roots: (v4: DNSLabels, v6: DNSLabels)) -> Meaning {
        if let rest = labels.below(roots.v4) { return plain(rest, .v4, roots.v4) }
        if let rest = labels.below(roots.v6) { return plain(rest, .v6, roots.v6) }
        guard let rest = labels.below(timed) else { return .foreign }
        guard let last = rest.last else { return .above(zone: timed, isZone: true) }
        guard let time = moment(last) else { return .nothing(in: timed) }
        var parts = rest.dropLast()
        // `9.0.17.172.t5.at.zone`, and as some tools have it already `9.0.17.172.in-addr.arpa.t5.at.zone`.
        var family: IPAddress.Family = parts.count > 4 ? .v6 : .v4
        for (root, kind) in [(roots.v4, IPAddress.Family.v4), (roots.v6, .v6)] {
            guard let found = Array(parts).below(root) else { continue }
            parts = found
            family = kind
        }
        switch partial(parts, family) {
        case .some(.some(let address)): return .address(address, at: time, in: timed)
        case .some(.none): return .above(zone: timed, isZone: false)
        case .none: return .nothing(in: timed)
        }
    }

    private static func plain(_ parts: ArraySlice<[UInt8]>, _ family: IPAddress.Family, _ zone: DNSLabels) -> Meaning {
        if parts.isEmpty { return .above(zone: zone, isZone: true) }
        return switch partial(parts, family) {
        case .some(.some(let address)): .address(address, at: nil, in: zone)
        case .some(.none): .above(zone: zone, isZone: false)
        case .none: .nothing(in: zone)
        }
    }

    /// The address of all its parts; an inner `nil` for fewer parts, which stand for a block of addresses; an outer `nil`
    /// where a part is none.
    private static func partial(_ parts: ArraySlice<[UInt8]>, _ family: IPAddress.Family) -> IPAddress?? {
        let isV4 = family == .v4
        let width: UInt64 = isV4 ? 8 : 4
        let count = isV4 ? 4 : 32
        guard parts.count <= count else { return .none }
        var high: UInt64 = 0
        var low: UInt64 = 0
        // The last label comes first in the address.
        for part in parts.reversed() {
            guard let value = isV4 ? decimal(part) : nibble(part) else { return .none }
            high = high << width | low >> (64 - width)
            low = low << width | value
        }
        guard parts.count == count else { return .some(.none) }
        return isV4 ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : IPAddress(v6: high, low)
    }

    /// 0 to 255 without leading zeros.
    private static func decimal(_ label: [UInt8]) -> UInt64? {
        guard (1...3).contains(label.count), label.count == 1 || label[0] != UInt8(ascii: "0") else { return nil }
        var value: UInt64 = 0
        for byte in label {
            guard byte &- 0x30 < 10 else { return nil }
            value = value * 10 + UInt64(byte &- 0x30)
        }
        return value <= 255 ? value : nil
    }

    private static func nibble(_ label: [UInt8]) -> UInt64? {
        guard label.count == 1 else { return nil }
        if label[0] &- 0x30 < 10 { return UInt64(label[0] &- 0x30) }
        return label[0] &- 0x61 < 6 ? UInt64(label[0] &- 0x61) + 10 : nil
    }

    /// `t` and milliseconds since the epoch.
    private static func moment(_ label: [UInt8]) -> Timestamp? {
        guard label.first == UInt8(ascii: "t"), (2...16).contains(label.count) else { return nil }
        var value: Int64 = 0
        for byte in label.dropFirst() {
            guard byte &- 0x30 < 10 else { return nil }
            value = value * 10 + Int64(byte &- 0x30)
        }
        let (nanoseconds, overflow) = value.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? nil : Timestamp(nanoseconds: nanoseconds)
    }
}

extension [[UInt8]] {
    /// The labels before those of a name that they end with; `nil` where they do not.
    fileprivate func below(_ name: DNSLabels) -> ArraySlice<[UInt8]>? {
        guard count >= name.labels.count, suffix(name.labels.count).elementsEqual(name.labels) else { return nil }
        return dropLast(name.labels.count)
    }
}
