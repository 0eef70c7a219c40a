import NetworkAddressing
import PacketParsing

extension FuzzTarget {
    /// The way from a frame to its transport header.
    ///
    /// An input is a link type and the length on the wire, in two bytes each, and the frame.
    package static let packets = FuzzTarget(name: "packets") { bytes in
        guard let input = FrameInput(bytes) else { return }
        var packet = ParsedPacket()
        let decoder = PacketDecoder(linkType: input.linkType)
        switch decoder.decode(input.frame.bytes, wireLength: input.wireLength, into: &packet) {
        case .metered:
            try check(packet, input.frame)
            try openTunnels(decoder, packet, input)
        case .malformed(let fault):
            try require(!fault.description.isEmpty, "a fault has words")
        case .notIP: break
        }
    }
    private static func check(_ packet: ParsedPacket, _ frame: UnsafeRawBufferPointer) throws {
        try require(packet.networkOffset <= packet.transportOffset, "layers are in order")
        try require(Int(packet.networkOffset) + 20 <= frame.count, "an IP header is there")
        try require(packet.ipBytes <= UInt32(Int32.max), "bytes of IP are bounded")
        try require(packet.payloadBytes <= packet.ipBytes, "a payload is part of its packet")
        if packet.fragment == .later {
            try require(packet.sourcePort == 0 && packet.destinationPort == 0, "later fragments have no ports")
        }
    }

    /// Takes off tunnels of every kind, a few more of them than a meter does.
    private static func openTunnels(_ decoder: PacketDecoder, _ packet: ParsedPacket, _ input: FrameInput) throws {
        var outer = packet
        for _ in 0..<16 {
            var inner = ParsedPacket()
            let outcome = decoder.decapsulate(
                input.frame.bytes,
                outer,
                wireLength: input.wireLength,
                kinds: .all,
                into: &inner
            )
            guard case .inner = outcome else { return }
            try check(inner, input.frame)
            let outerEnd = Int(outer.networkOffset) + Int(outer.ipBytes)
            try require(inner.networkOffset >= outer.transportOffset, "an inner packet is behind the outer header")
            try require(Int(inner.networkOffset) + 20 <= outerEnd, "an inner header is within the outer packet")
            outer = inner
        }
    }
}

/// A frame as the fuzzer of packets writes it.
package struct FrameInput {
    let linkType: LinkType
    let wireLength: Int
    let frame: UnsafeRawBufferPointer

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 4 else { return nil }
        linkType = FrameInput.linkType(bytes[0], bytes[1])
        wireLength = Int(bytes[2]) << 8 | Int(bytes[3])
        frame = UnsafeRawBufferPointer(rebasing: bytes[4...])
    }

    /// One of the link types up to 300, known and unknown.
    static func linkType(_ high: UInt8, _ low: UInt8) -> LinkType {
        LinkType(rawValue: (UInt16(high) << 8 | UInt16(low)) % 301)
    }

    /// The bytes of an input.
    package static func bytes(linkType: LinkType, wireLength: Int, frame: UnsafeRawBufferPointer) -> [UInt8] {
        let wire = UInt16(clamping: wireLength)
        let type = linkType.rawValue
        return [UInt8(type >> 8), UInt8(type & 255), UInt8(wire >> 8), UInt8(wire & 255)] + frame
    }
}
