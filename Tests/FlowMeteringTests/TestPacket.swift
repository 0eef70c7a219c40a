import FlowMetering
import FlowModel
import NetworkAddressing
import PacketParsing

/// A packet to be written as Ethernet bytes; what is not given is plain.
struct TestPacket: Hashable {
    var transport = TransportProtocol.tcp
    var source: Endpoint
    var destination: Endpoint
    /// TCP flags.
    var flags: UInt8 = 0x10
    var sequence: UInt32 = 0
    var acknowledgement: UInt32 = 0
    var window: UInt16 = 1000
    /// Bytes after the transport header that are captured.
    var body: [UInt8] = []
    /// More bytes after these, which are declared and on the wire but not captured.
    var payload = 0
    /// Nanoseconds.
    var time: Int64 = 0
    var fragment: (id: UInt16, offset: Int, more: Bool)?

    static func == (left: TestPacket, right: TestPacket) -> Bool { left.bytes == right.bytes }
    func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    private var transportBytes: [UInt8] {
        func network(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
        switch transport {
        case .tcp:
            let sequence = network(UInt16(sequence >> 16)) + network(UInt16(sequence & 0xffff))
            let acknowledgement = network(UInt16(acknowledgement >> 16)) + network(UInt16(acknowledgement & 0xffff))
            return network(source.port) + network(destination.port) + sequence + acknowledgement + [0x50, flags]
                + network(window) + [0, 0, 0, 0]
        case .icmp, .icmpv6:
            return [UInt8(source.port), UInt8(destination.port), 0, 0, 0, 0, 0, 0]
        case .udp:
            return network(source.port) + network(destination.port) + [0, 0, 0, 0]
        default:
            return []
        }
    }

    /// The IP length.
    var length: Int {
        (source.address.family == .v4 ? 20 : 40) + payload
            + ((fragment?.offset ?? 0) > 0 ? 0 : transportBytes.count + body.count)
    }

    var bytes: [UInt8] {
        func network(_ number: UInt64, _ bytes: Int) -> [UInt8] {
            (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) }
        }
        func address(_ address: IPAddress) -> [UInt8] {
            address.family == .v4
                ? network(address.low, 4) : network(address.high, 8) + network(address.low, 8)
        }
        let ethernet: [UInt8] = Array(repeating: 2, count: 12)
        let addresses = address(source.address) + address(destination.address)
        let isLater = (fragment?.offset ?? 0) > 0
        let body = isLater ? [] : transportBytes + body
        if source.address.family == .v6 {
            let header = [0x60, 0, 0, 0] + network(UInt64(length - 40), 2) + [transport.rawValue, 64]
            return ethernet + [0x86, 0xdd] + header + addresses + body
        }
        var place: [UInt8] = [0, 0, 0, 0]
        if let fragment {
            let offset = UInt64(fragment.offset / 8) | (fragment.more ? 0x2000 : 0)
            place = network(UInt64(fragment.id), 2) + network(offset, 2)
        }
        let header = [0x45, 0] + network(UInt64(length), 2) + place + [64, transport.rawValue, 0, 0]
        return ethernet + [0x08, 0x00] + header + addresses + body
    }
}

extension FlowMeter {
    /// Meters a packet of a test.
    mutating func add(_ packet: TestPacket, gsoSize: UInt16 = 0, into reports: inout [Observation]) {
        packet.bytes.withUnsafeBytes { bytes in
            add(
                bytes,
                wireLength: packet.length + 14,
                timestamp: Timestamp(nanoseconds: packet.time),
                linkType: .ethernet,
                gsoSize: gsoSize,
                into: &reports
            )
            // What was captured of the payload lives as long as this closure.
            if !packet.body.isEmpty { settle(into: &reports) }
        }
    }
}

let second: Int64 = 1_000_000_000
let client = Endpoint(IPAddress(v4: 0x0a00_0001), port: 40000)
let server = Endpoint(IPAddress(v4: 0x0a00_0002), port: 80)

/// Flags of TCP, for tests to read well.
enum Flags {
    static let syn: UInt8 = 0x02
    static let synAck: UInt8 = 0x12
    static let ack: UInt8 = 0x10
    static let finAck: UInt8 = 0x11
    static let rst: UInt8 = 0x04
}

extension TestPacket {
    static func up(_ flags: UInt8, at time: Int64, payload: Int = 0, sequence: UInt32 = 0) -> TestPacket {
        TestPacket(
            source: client,
            destination: server,
            flags: flags,
            sequence: sequence,
            payload: payload,
            time: time
        )
    }

    static func down(_ flags: UInt8, at time: Int64, payload: Int = 0, sequence: UInt32 = 0) -> TestPacket {
        TestPacket(
            source: server,
            destination: client,
            flags: flags,
            sequence: sequence,
            payload: payload,
            time: time
        )
    }
}
