import FlowMetering
import FlowModel
import NetworkAddressing

/// A TCP connection between `client` and `server` written as a script, with its sequence numbers kept.
struct TCPTalk {
    private(set) var packets: [TestPacket] = []
    /// Nanoseconds.
    var time: Int64 = 0
    private var next: [UInt32]
    private let ends: [Endpoint]

    /// Sequence numbers start just below their end, so that every test runs over it.
    init(client: Endpoint = client, server: Endpoint = server) {
        ends = [client, server]
        next = [UInt32.max - 2, UInt32.max - 200]
    }

    enum Side: Int {
        case client, server
        var other: Side { self == .client ? .server : .client }
    }

    /// Milliseconds pass.
    mutating func wait(_ milliseconds: Int64) { time += milliseconds * 1_000_000 }

    /// Sends a segment; `at` is an offset from the sequence number that is next, 0 for the next in order.
    mutating func send(
        _ side: Side,
        _ flags: UInt8 = Flags.ack,
        _ body: [UInt8] = [],
        at offset: Int32 = 0,
        window: UInt16 = 1000,
        acknowledging: UInt32? = nil
    ) {
        let sequence = next[side.rawValue] &+ UInt32(bitPattern: offset)
        packets.append(
            TestPacket(
                source: ends[side.rawValue],
                destination: ends[side.other.rawValue],
                flags: flags,
                sequence: sequence,
                acknowledgement: flags & Flags.ack == 0 ? 0 : acknowledging ?? next[side.other.rawValue],
                window: window,
                body: body,
                time: time
            )
        )
        let end = sequence &+ UInt32(body.count) &+ (flags & 0x03 == 0 ? 0 : 1)
        if Int32(bitPattern: end &- next[side.rawValue]) > 0 { next[side.rawValue] = end }
    }

    mutating func send(_ side: Side, text: String, at offset: Int32 = 0) {
        send(side, Flags.ack, Array(text.utf8), at: offset)
    }

    /// The three segments of an opening, a millisecond apart.
    mutating func open() {
        send(.client, Flags.syn)
        wait(1)
        send(.server, Flags.synAck)
        wait(1)
        send(.client)
    }

    /// A FIN each way.
    mutating func close() {
        send(.client, Flags.finAck)
        send(.server, Flags.finAck)
        send(.client)
    }

    /// The reports of a meter that saw all of it.
    func reports(_ configuration: MeteringConfiguration = .init(interval: nil)) -> [Observation] {
        var meter = FlowMeter(configuration: configuration)
        var reports: [Observation] = []
        for packet in packets { meter.add(packet, into: &reports) }
        meter.finish(into: &reports)
        return reports
    }
}
