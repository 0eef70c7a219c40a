import PacketParsing

/// Remembers the ports of first fragments for those that follow; of bounded size.
struct FragmentTable {
    /// RFC 8200, 4.5 gives reassembly a minute; identifications are used again after that.
    private static let lifetime: Int64 = 60_000_000_000
    private static let setCount = 256
    private static let ways = 4

    private struct Entry {
        var sourceHigh: UInt64
        var sourceLow: UInt64
        var destinationHigh: UInt64
        var destinationLow: UInt64
        var id: UInt32
        var sourcePort: UInt16
        var destinationPort: UInt16
        var isV6: Bool
        /// For IPv4 part of what identifies a datagram (RFC 791, 2.3); for IPv6 it may differ (RFC 8200, 4.5).
        var transport: UInt8
        var timestamp: Int64

        init(_ packet: ParsedPacket, _ timestamp: Int64) {
            sourceHigh = packet.sourceHigh
            sourceLow = packet.sourceLow
            destinationHigh = packet.destinationHigh
            destinationLow = packet.destinationLow
            id = packet.fragmentID
            sourcePort = packet.sourcePort
            destinationPort = packet.destinationPort
            isV6 = packet.isV6
            transport = packet.transport
            self.timestamp = timestamp
        }

        func isOf(_ packet: ParsedPacket) -> Bool {
            id == packet.fragmentID && sourceLow == packet.sourceLow && sourceHigh == packet.sourceHigh
                && destinationLow == packet.destinationLow && destinationHigh == packet.destinationHigh
                && isV6 == packet.isV6 && (isV6 || transport == packet.transport)
        }
    }

    private var entries: [Entry?] = []

    /// Remembers a first fragment; forgets the oldest of its set where that is full.
    mutating func remember(_ packet: ParsedPacket, _ timestamp: Int64) {
        if entries.isEmpty { entries = Array(repeating: nil, count: FragmentTable.setCount * FragmentTable.ways) }
        let set = FragmentTable.set(of: packet)
        let same = set.first { entries[$0]?.isOf(packet) ?? false }
        let empty = set.first { entries[$0] == nil }
        let oldest = set.min { (entries[$0]?.timestamp ?? .min) < (entries[$1]?.timestamp ?? .min) }
        entries[same ?? empty ?? oldest ?? set.lowerBound] = Entry(packet, timestamp)
    }

    /// Gives a later fragment the protocol and ports of its first; `false` where that is not known.
    mutating func complete(_ packet: inout ParsedPacket, _ timestamp: Int64) -> Bool {
        guard !entries.isEmpty else { return false }
        for position in FragmentTable.set(of: packet) {
            guard let entry = entries[position], entry.isOf(packet) else { continue }
            // Timestamps are bounded by the meter, so that the difference does not overflow.
            guard timestamp - entry.timestamp <= FragmentTable.lifetime else { return false }
            packet.transport = entry.transport
            packet.sourcePort = entry.sourcePort
            packet.destinationPort = entry.destinationPort
            return true
        }
        return false
    }

    private static func set(of packet: ParsedPacket) -> Range<Int> {
        var mixed = packet.sourceLow &* 0x9e37_79b9_7f4a_7c15
        mixed ^= packet.destinationLow &* 0xc2b2_ae3d_27d4_eb4f
        mixed ^= UInt64(packet.fragmentID) &* 0x1656_67b1_9e37_79f9
        let set = Int(truncatingIfNeeded: mixed >> 40) & (setCount - 1)
        return set * ways..<(set + 1) * ways
    }
}
