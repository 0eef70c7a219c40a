import PacketParsing

extension FuzzTarget {
    /// The way from a frame to its transport header.
    ///
    /// An input is a link type's place in `FrameInput.linkTypes`, the length on the wire in two bytes, and the frame.
    package static let packets = FuzzTarget(name: "packets") { bytes in
        guard let input = FrameInput(bytes) else { return }
        var packet = ParsedPacket()
        let decoder = PacketDecoder(linkType: input.linkType)
        switch decoder.decode(input.frame.bytes, wireLength: input.wireLength, into: &packet) {
        case .metered:
            try require(packet.networkOffset <= packet.transportOffset, "layers are in order")
            try require(Int(packet.networkOffset) + 20 <= input.frame.count, "an IP header is there")
            try require(packet.ipBytes <= UInt32(Int32.max), "bytes of IP are bounded")
            try require(packet.payloadBytes <= packet.ipBytes, "a payload is part of its packet")
            if packet.fragment == .later {
                try require(packet.sourcePort == 0 && packet.destinationPort == 0, "later fragments have no ports")
            }
        case .malformed(let fault):
            try require(!fault.description.isEmpty, "a fault has words")
        case .notIP: break
        }
    }
}

/// A frame as the fuzzer of packets writes it.
package struct FrameInput {
    /// The link types that the first byte chooses from, the last of them unknown.
    package static let linkTypes: [LinkType] =
        [
            .ethernet, .linuxCooked, .linuxCooked2, .raw, .null, .loop, .ppp, .ciscoHDLC, .ipv4, .ipv6,
        ] + [12, 14, 195].map(LinkType.init(rawValue:))

    let linkType: LinkType
    let wireLength: Int
    let frame: UnsafeRawBufferPointer

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 3 else { return nil }
        linkType = FrameInput.linkTypes[Int(bytes[0]) % FrameInput.linkTypes.count]
        wireLength = Int(bytes[1]) << 8 | Int(bytes[2])
        frame = UnsafeRawBufferPointer(rebasing: bytes[3...])
    }

    /// The bytes of an input.
    package static func bytes(linkType: LinkType, wireLength: Int, frame: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let index = linkTypes.firstIndex(of: linkType) else { return nil }
        let wire = UInt16(clamping: wireLength)
        return [UInt8(index), UInt8(wire >> 8), UInt8(wire & 255)] + frame
    }
}
