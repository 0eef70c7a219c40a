import FlowMetering
import FlowModel
import NetworkAddressing
import PacketParsing

/// Frames and pauses as the fuzzer of metering writes them: four bytes of configuration, then records.
///
/// The first byte has from its lowest bit on: the interval, the idle timeout, the size of segments (2 bits each, of the
/// values below), whether tunnels are opened, and the rule of direction. The second is one less than the number of flows,
/// in 6 bits, and above them whether ended flows linger. The other two are the link type of frames that are given as they
/// are.
///
/// A record's first byte is what it is (2 bits), how much time has passed (4 bits, each step 16 times longer), whether the
/// clock went back instead, and whether the frame is in a tunnel. Then:
/// - 0, a segment of TCP: its `ComposedFrame.Head`, how far it is from the next in order (signed), length, payload
/// - 1, a datagram of UDP: its head, length, payload
/// - 2, a frame as it is: length on the wire in two bytes, size of segments, length, bytes
/// - 3, a pause, in which what is due is reported
package struct MeterInput {
    private static let millisecond: Int64 = 1_000_000
    private static let intervals: [Int64?] = [nil, millisecond, 1000 * millisecond, 10_000 * millisecond]
    private static let idleTimeouts: [Int64?] = [nil, 0, millisecond, 1000 * millisecond]
    private static let segmentSizes: [UInt16?] = [nil, 0, 8, 1448]

    /// A frame, or a pause without one.
    struct Step {
        let time: Timestamp
        let frame: Frame?
    }

    /// A captured frame, in memory of its own, so that a sanitizer sees its end.
    final class Frame {
        let bytes: UnsafeMutableRawBufferPointer
        let wireLength: Int
        let linkType: LinkType
        let gsoSize: UInt16?

        init(_ bytes: some Collection<UInt8>, wireLength: Int, linkType: LinkType, gsoSize: UInt16?) {
            self.bytes = .allocate(byteCount: bytes.count, alignment: 1)
            self.bytes.copyBytes(from: bytes)
            self.wireLength = wireLength
            self.linkType = linkType
            self.gsoSize = gsoSize
        }

        deinit { bytes.deallocate() }
    }

    private(set) var configuration: MeteringConfiguration
    private(set) var steps: [Step] = []
    private let linkType: LinkType
    private let gsoSize: UInt16?
    private var connections = ConnectionNumbers()
    private var rest: UnsafeRawBufferPointer.SubSequence

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 4 else { return nil }
        configuration = MeteringConfiguration(
            interval: MeterInput.intervals[Int(bytes[0] & 3)],
            idleTimeout: MeterInput.idleTimeouts[Int(bytes[0] >> 2 & 3)],
            linger: bytes[1] & 0x40 == 0 ? 0 : 10 * MeterInput.millisecond,
            flowsMax: Int(bytes[1] & 63) + 1,
            direction: bytes[0] & 0x80 == 0 ? .evidence : .ports,
            decapsulate: bytes[0] & 0x40 == 0 ? [] : .all
        )
        gsoSize = MeterInput.segmentSizes[Int(bytes[0] >> 4 & 3)]
        linkType = FrameInput.linkType(bytes[2], bytes[3])
        rest = bytes[4...]
        readSteps()
    }

    private mutating func readSteps() {
        var time = Timestamp(seconds: 1_700_000_000)
        while let control = rest.popFirst() {
            let magnitude = control >> 2 & 15
            let step: Int64 = magnitude == 0 ? 0 : 1 << (4 * Int64(magnitude) - 1)
            time = time.advanced(by: control & 0x40 == 0 ? step : -step)
            steps.append(Step(time: time, frame: frame(kind: control & 3, isTunnelled: control & 0x80 != 0)))
        }
    }

    private mutating func frame(kind: UInt8, isTunnelled: Bool) -> Frame? {
        switch kind {
        case 0: segment(isTunnelled)
        case 1: datagram(isTunnelled)
        case 2: plain()
        default: nil
        }
    }

    private mutating func segment(_ isTunnelled: Bool) -> Frame? {
        guard rest.count >= 3, let byte = rest.popFirst(), let offset = rest.popFirst() else { return nil }
        let head = ComposedFrame.Head(rawValue: byte)
        let payload = takePayload()
        let declared = head.declared(payload.count)
        let numbers = connections.next(head, offset: Int8(bitPattern: offset), length: declared)
        var frame = ComposedFrame()
        frame.addTCP(head, numbers, declared: declared)
        return finish(&frame, payload, declared, isTunnelled)
    }

    private mutating func datagram(_ isTunnelled: Bool) -> Frame? {
        guard rest.count >= 2, let byte = rest.popFirst() else { return nil }
        let head = ComposedFrame.Head(rawValue: byte)
        let payload = takePayload()
        let declared = head.declared(payload.count)
        var frame = ComposedFrame()
        frame.addUDP(head, declared: declared)
        return finish(&frame, payload, declared, isTunnelled)
    }

    private mutating func plain() -> Frame? {
        guard rest.count >= 4, let high = rest.popFirst(), let low = rest.popFirst(), let size = rest.popFirst()
        else { return nil }
        let wire = Int(high & 0x7f) << 8 | Int(low)
        let payload = takePayload()
        return Frame(
            payload,
            wireLength: high & 0x80 == 0 ? wire : wire << 16,
            linkType: linkType,
            gsoSize: size == 0 ? nil : UInt16(size) - 1
        )
    }

    /// A length and so many bytes, or as many as there are.
    private mutating func takePayload() -> UnsafeRawBufferPointer.SubSequence {
        let payload = rest.dropFirst().prefix(Int(rest.first ?? 0))
        rest = rest.dropFirst(payload.count + 1)
        return payload
    }

    private func finish(
        _ frame: inout ComposedFrame,
        _ payload: UnsafeRawBufferPointer.SubSequence,
        _ declared: Int,
        _ isTunnelled: Bool
    ) -> Frame {
        frame.bytes += payload
        if isTunnelled { frame.wrap(declared - payload.count) }
        let wireLength = frame.bytes.count + declared - payload.count
        return Frame(frame.bytes, wireLength: wireLength, linkType: .ethernet, gsoSize: gsoSize)
    }
}

// MARK: To begin with

extension MeterInput {
    /// Four bytes that report every second and open tunnels.
    package static func configuration(linkType: LinkType) -> [UInt8] {
        [0x4e, 0x4f, UInt8(linkType.rawValue >> 8), UInt8(linkType.rawValue & 255)]
    }

    /// The record of a frame, half a millisecond after the one before.
    package static func record(of frame: UnsafeRawBufferPointer, wireLength: Int) -> [UInt8] {
        let wire = min(wireLength, 0x7fff)
        let captured = frame.prefix(255)
        return [0x16, UInt8(wire >> 8), UInt8(wire & 255), 0, UInt8(captured.count)] + captured
    }

    /// The record of a segment with the next payload of connection 0.
    package static func segment(isAnswer: Bool, _ payload: some Collection<UInt8>) -> [UInt8] {
        let captured = payload.prefix(255)
        return [0x14, isAnswer ? 1 : 0, 0, UInt8(captured.count)] + captured
    }

    /// The record of a datagram to or from port 53.
    package static func datagram(isAnswer: Bool, _ payload: some Collection<UInt8>) -> [UInt8] {
        let captured = payload.prefix(255)
        return [0x15, isAnswer ? 1 : 0, UInt8(captured.count)] + captured
    }
}
