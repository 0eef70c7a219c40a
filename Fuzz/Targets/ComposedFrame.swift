/// A frame of Ethernet between a few ends, whose headers are right, so that a fuzzer gets deep with few bytes.
struct ComposedFrame {
    /// Who sends what: from the lowest bit on, whether it is the server (1 bit), one of four connections (2 bits), what
    /// the protocol makes of the next 3 bits, whether the window is closed, and whether most of the payload was not captured.
    struct Head {
        let rawValue: UInt8

        var isServer: Bool { rawValue & 1 != 0 }
        var connection: Int { Int(rawValue >> 1 & 3) }
        var variant: Int { Int(rawValue >> 3 & 7) }
        var hasWindow: Bool { rawValue & 0x40 == 0 }
        private var isCut: Bool { rawValue & 0x80 != 0 }

        /// The bytes of payload of which so many were captured.
        func declared(_ captured: Int) -> Int { isCut ? captured * 250 : captured }
    }

    private static let tcpPorts: [UInt16] = [80, 53, 8080, 80]
    private static let udpPorts: [UInt16] = [53, 5353, 9999, 53]
    /// PSH and ACK; ACK; SYN; SYN and ACK; FIN and ACK; RST; RST and ACK; none.
    private static let flags: [UInt8] = [0x18, 0x10, 0x02, 0x12, 0x11, 0x04, 0x14, 0x00]

    static func hasSequence(_ head: Head) -> Bool { flags[head.variant] & 3 != 0 }

    var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(256) }

    /// The headers of a segment; the payload, of `declared` bytes on the wire, is to follow.
    mutating func addTCP(_ head: Head, _ numbers: ConnectionNumbers.Segment, declared: Int) {
        addIP(head, transport: 6, length: 20 + declared)
        addPorts(head, client: 40_000 + UInt16(head.connection), server: ComposedFrame.tcpPorts[head.connection])
        add32(numbers.sequence)
        add32(numbers.acknowledgement)
        bytes += [0x50, ComposedFrame.flags[head.variant]]
        add16(head.hasWindow ? 1024 : 0)
        add32(0)
    }

    /// The headers of a datagram; the payload is to follow.
    mutating func addUDP(_ head: Head, declared: Int) {
        addIP(head, transport: 17, length: 8 + declared)
        addPorts(head, client: 50_000 + UInt16(head.variant), server: ComposedFrame.udpPorts[head.connection])
        add16(UInt16(clamping: 8 + declared))
        add16(0)
    }

    /// Puts the frame, of which so many bytes were not captured, into VXLAN.
    mutating func wrap(_ missing: Int) {
        let inner = bytes
        let length = inner.count + missing + 16
        bytes.removeAll(keepingCapacity: true)
        let outer = Head(rawValue: inner[29] & 1)
        addIP(outer, transport: 17, length: length)
        add16(33_000)
        add16(4789)
        add16(UInt16(clamping: length))
        add16(0)
        bytes += [8, 0, 0, 0, 0, 0, 7, 0] + inner
    }

    private mutating func addIP(_ head: Head, transport: UInt8, length: Int) {
        bytes += [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
        let ends: (UInt8, UInt8) = head.isServer ? (2, 1) : (1, 2)
        // The last connection is over IPv6.
        guard head.connection == 3 else {
            bytes += [8, 0, 0x45, 0]
            add16(UInt16(clamping: 20 + length))
            bytes += [0, 1, 0x40, 0, 64, transport, 0, 0, 10, 0, 0, ends.0, 10, 0, 0, ends.1]
            return
        }
        bytes += [0x86, 0xdd, 0x60, 0, 0, 0]
        add16(UInt16(clamping: length))
        bytes += [transport, 64]
        bytes += [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ends.0]
        bytes += [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ends.1]
    }

    private mutating func addPorts(_ head: Head, client: UInt16, server: UInt16) {
        add16(head.isServer ? server : client)
        add16(head.isServer ? client : server)
    }

    private mutating func add16(_ number: UInt16) {
        bytes += [UInt8(number >> 8), UInt8(number & 255)]
    }

    private mutating func add32(_ number: UInt32) {
        add16(UInt16(number >> 16))
        add16(UInt16(number & 0xffff))
    }
}

/// The sequence numbers of four connections.
struct ConnectionNumbers {
    /// The numbers of one segment.
    struct Segment {
        let sequence: UInt32
        let acknowledgement: UInt32
    }

    /// What each end sends next; they soon begin anew at 0.
    private var ends = InlineArray<8, UInt32>(repeating: 0xffff_ff00)

    /// The numbers of a segment of so many bytes, which is so far from the next in order.
    mutating func next(_ head: ComposedFrame.Head, offset: Int8, length: Int) -> Segment {
        let mine = 2 * head.connection + (head.isServer ? 1 : 0)
        let sequence = ends[mine] &+ UInt32(truncatingIfNeeded: Int(offset))
        let end = sequence &+ UInt32(length) &+ (ComposedFrame.hasSequence(head) ? 1 : 0)
        if Int32(bitPattern: end &- ends[mine]) > 0 { ends[mine] = end }
        return Segment(sequence: sequence, acknowledgement: ends[mine ^ 1])
    }
}
