import PacketParsing

/// What a meter was given and what became of it.
///
/// `frames == framesMetered + notIP + malformedTotal` always, and the packets and bytes of all reports sum up
/// to `packets` and `bytes` once the meter has finished.
package struct MeteringCounters: Sendable {
    /// Frames handed to the meter.
    package internal(set) var frames: UInt64 = 0
    /// Frames that were counted in a flow.
    package internal(set) var framesMetered: UInt64 = 0
    /// Packets in flows: frames, with offloaded ones as the segments that they become on a wire.
    package internal(set) var packets: UInt64 = 0
    /// IP bytes in flows, with the headers of such segments.
    package internal(set) var bytes: UInt64 = 0
    /// Frames that carry something else than IP.
    package internal(set) var notIP: UInt64 = 0
    /// Flows that were opened.
    package internal(set) var flowsOpened: UInt64 = 0
    /// Flows that were reported and dropped early because there was room for no more.
    package internal(set) var flowsEvicted: UInt64 = 0
    /// Tunnelled packets that were metered by their outer header: their content is not IP, cut, or fragmented, or
    /// there were too many tunnels.
    package internal(set) var notDecapsulated: UInt64 = 0
    /// Exchanges whose latency found no room.
    package internal(set) var exchangesUntimed: UInt64 = 0
    /// TCP flows that could not be analysed because there was no room.
    package internal(set) var connectionsNotAnalysed: UInt64 = 0
    private var malformedByReason = InlineArray<13, UInt64>(repeating: 0)

    /// Counters at zero.
    package init() {}

    /// Frames that were malformed or truncated in one way.
    package func malformed(_ reason: MalformedReason) -> UInt64 {
        malformedByReason[Int(reason.rawValue)]
    }

    /// Frames that were malformed or truncated in any way.
    package var malformedTotal: UInt64 {
        MalformedReason.allCases.reduce(0) { $0 + malformed($1) }
    }

    mutating func count(_ reason: MalformedReason) {
        malformedByReason[Int(reason.rawValue)] &+= 1
    }
}
