import FlowModel

/// What every packet of a flow touches: one cache line.
///
/// Counters are of the report that is open, the lower endpoint's in the low halves; a half that reaches 2³¹ is
/// moved to the flow's `Overflow`, so that adding never carries from one half to the other.
struct HotFlow: BitwiseCopyable {
    /// The key; above `keyBits`, `tail` has the state of the flow.
    var key: FlowKey
    /// Packets of each endpoint in the open report.
    var packets: UInt64
    /// IP bytes of each endpoint in the open report.
    var bytes: UInt64
    /// The time of the last packet.
    var last: Int64

    /// The bits of `tail` that are part of the key.
    static let keyBits: UInt64 = 1 << 46 - 1
    /// In `tail`, part of the key: the packets came in a tunnel, whose number is in the cold part.
    static let tunnelBit: UInt64 = 1 << 42
    /// In `tail`: nothing is here; no key has it, so that no packet ever matches.
    static let deadBit: UInt64 = 1 << 46
    /// In `tail`: the end of the flow was seen.
    static let endedBit: UInt64 = 1 << 47
    /// A half of `packets` or `bytes` is to be moved.
    static let fullBits: UInt64 = 0x8000_0000_8000_0000

    @inline(__always)
    func matches(_ other: FlowKey) -> Bool {
        let difference =
            (key.lowerHigh ^ other.lowerHigh) | (key.lowerLow ^ other.lowerLow)
            | (key.upperHigh ^ other.upperHigh) | (key.upperLow ^ other.upperLow)
            | ((key.tail ^ other.tail) & (HotFlow.keyBits | HotFlow.deadBit))
        return difference == 0
    }

    @inline(__always)
    var isDead: Bool { key.tail & HotFlow.deadBit != 0 }

    @inline(__always)
    var hasEnded: Bool { key.tail & HotFlow.endedBit != 0 }

    /// The OR of an endpoint's TCP flags in the open report.
    func flags(side: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: key.tail >> (48 + 8 * side)) }

    @inline(__always)
    mutating func count(_ packet: borrowing StagedPacket) {
        packets &+= UInt64(packet.packets) &<< (packet.side &* 32)
        bytes &+= UInt64(packet.bytes) &<< (packet.side &* 32)
        key.tail |= UInt64(packet.tcpFlags) &<< (48 &+ packet.side &* 8)
    }
}

/// The rest of a flow, touched when it opens, ends or is reported.
struct ColdFlow: BitwiseCopyable {
    /// The time of the flow's first packet.
    var flowStart: Int64
    /// The time of the first packet of the open report.
    var start: Int64
    /// The initial sequence numbers, where `seen` says so.
    var lowerISN: UInt32 = 0
    var upperISN: UInt32 = 0
    /// The reports made.
    var sequence: UInt32 = 0
    /// The number of the connection (TCP) or of the DNS state (UDP); 0 for none.
    var analysis: UInt32 = 0
    /// The number of the tunnel that the packets came in, 0 for none; the sign bit tells that its lower end is
    /// on the side of the flow's upper.
    var tunnel: TunnelNumber = 0
    /// Frames in the open report that stand for an unknown number of segments.
    var superPackets: UInt16 = 0
    var evidence: DirectionEvidence
    /// What was seen of the connection's life, from either side.
    var seen: Seen = []

    struct Seen: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        static let lowerFIN = Seen(rawValue: 1)
        static let upperFIN = Seen(rawValue: 2)
        static let bothFINs = Seen(rawValue: 3)
        static let lowerISN = Seen(rawValue: 4)
        static let upperISN = Seen(rawValue: 8)
        /// Counts of the open report lie in the meter's overflows.
        static let overflow = Seen(rawValue: 16)
        /// The upper endpoint is the source.
        static let upperSource = Seen(rawValue: 32)

        @inline(__always)
        func has(_ all: Seen) -> Bool { rawValue & all.rawValue == all.rawValue }

        static func fin(_ side: UInt64) -> Seen { side == 0 ? .lowerFIN : .upperFIN }
        static func isn(_ side: UInt64) -> Seen { side == 0 ? .lowerISN : .upperISN }
    }

    /// 1 when the upper endpoint is the source, else 0.
    var sourceSide: UInt8 {
        get { seen.has(.upperSource) ? 1 : 0 }
        set { if newValue == 0 { seen.remove(.upperSource) } else { seen.insert(.upperSource) } }
    }

    func isn(_ side: UInt64) -> UInt32 { side == 0 ? lowerISN : upperISN }
}

/// What no longer fitted the small counters of an open report.
struct Overflow {
    var lower = TrafficCount()
    var upper = TrafficCount()
    /// Payload bytes of TCP.
    var lowerPayload: UInt64 = 0
    var upperPayload: UInt64 = 0
}

/// A packet between decoding and the table.
struct StagedPacket: BitwiseCopyable {
    var key: FlowKey
    var hash: UInt64
    var timestamp: Int64
    /// The payload as far as it was captured; borrowed until the batch is processed.
    var payload: UnsafeRawPointer?
    /// Below 2³¹.
    var bytes: UInt32
    /// Below 2³¹.
    var packets: UInt32
    /// 1 when the upper endpoint sent it, else 0.
    var side: UInt64
    var payloadCaptured: UInt32
    var payloadBytes: UInt32
    var tcpSequence: UInt32
    var tcpAcknowledgement: UInt32
    var tunnel: TunnelNumber
    var tcpWindow: UInt16
    var tcpFlags: UInt8
    /// Whether the frame stands for an unknown number of segments.
    var isSuperPacket: Bool
    /// Whether the frame has a part of its packet only, which says too little of its place in a connection.
    var isFragment: Bool
}

/// TCP's flags (RFC 9293, 3.1).
enum TCPFlags {
    static let fin: UInt8 = 0x01
    static let syn: UInt8 = 0x02
    static let rst: UInt8 = 0x04
    static let ack: UInt8 = 0x10
    /// Those that change the state of a flow.
    static let eventful = fin | syn | rst
}
