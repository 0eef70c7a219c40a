import FlowModel
import Foundation
import PacketCapture
import PacketParsing

/// Keeps what live capture tells.
final class RecordingConsumer: CaptureConsumer, @unchecked Sendable {
    // SAFETY: all of `state` is only touched under `condition`.

    struct Packet: Equatable {
        var interface: String
        var bytes: [UInt8]
        var originalLength: Int
        var time: Timestamp
        var segmentSize: UInt16
        var isOutgoing: Bool

        /// The destination port of UDP over IPv4 over Ethernet.
        var udpPort: Int? {
            guard bytes.count >= 38, bytes[12] == 8, bytes[13] == 0, bytes[14] == 0x45, bytes[23] == 17 else {
                return nil
            }
            return Int(bytes[36]) << 8 | Int(bytes[37])
        }
    }

    struct State {
        var packets: [Packet] = []
        var names: [Int: String] = [:]
        var opened: [String] = []
        var linkTypes: [String: LinkType] = [:]
        var closed: [String] = []
        var changed: [NetworkInterface] = []
        var failures: [CaptureError] = []
        var statistics: [String: CaptureStatistics] = [:]
        /// Every count of the one interface that the test captures.
        var counts: [CaptureStatistics] = []
        var ticks: [Timestamp] = []
    }

    private let condition = NSCondition()
    private var state = State()
    private let drains: Bool

    init(drains: Bool = true) { self.drains = drains }

    /// What has been told so far.
    var told: State { condition.withLock { state } }

    /// Waits for something to be told, at most ten seconds if not told otherwise.
    func wait(seconds: Double = 10, until holds: (State) -> Bool) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        let limit = Date(timeIntervalSinceNow: seconds)
        while !holds(state) {
            guard condition.wait(until: limit) else { return holds(state) }
        }
        return true
    }

    private func change(_ body: (inout State) -> Void) {
        condition.withLock { body(&state) }
        condition.broadcast()
    }

    func captureOpened(_ interface: NetworkInterface, point: Int) {
        change { state in
            state.names[point] = interface.name
            state.opened.append(interface.name)
            state.linkTypes[interface.name] = interface.linkType
        }
    }

    func captureChanged(_ interface: NetworkInterface, point: Int) {
        change { $0.changed.append(interface) }
    }

    func captureFailed(_ interface: NetworkInterface, error: CaptureError) {
        change { $0.failures.append(error) }
    }

    func captured(_ ring: inout CaptureRing, point: Int) {
        guard drains else { return }
        let name = told.names[point] ?? ""
        while ring.nextBlock() {
            // Read only when the block's last packet has been given: all are valid until then.
            var block: [RingPacket] = []
            while let packet = ring.next() { block.append(packet) }
            let packets = block.map { packet in
                Packet(
                    interface: name,
                    bytes: Array(packet.bytes),
                    originalLength: packet.originalLength,
                    time: packet.time,
                    segmentSize: packet.segmentSize,
                    isOutgoing: packet.isOutgoing
                )
            }
            change { $0.packets += packets }
        }
    }

    func captureCounted(_ statistics: CaptureStatistics, point: Int) {
        change { state in
            state.statistics[state.names[point] ?? ""] = statistics
            state.counts.append(statistics)
        }
    }

    func captureClosed(point: Int) {
        change { state in state.closed.append(state.names[point] ?? "") }
    }

    func captureTicked(at now: Timestamp) {
        change { $0.ticks.append(now) }
    }
}
