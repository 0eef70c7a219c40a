import NetworkAddressing

/// Community ID, version 1: a flow's identity, the same from either end.
///
/// See the `community-id-spec` repository of Corelight. Endpoints are as `Endpoint` says: for ICMP the
/// source's port is the type.
package enum CommunityID {
    /// The number of bytes of an ID in base64, `1:` included.
    package static let textLength = 30

    /// The ID of a flow as text such as `1:wCb3OG7yAFWelaUydu0D+125CLM=`.
    package static func text(
        transport: TransportProtocol,
        source: Endpoint,
        destination: Endpoint,
        seed: UInt16 = 0
    ) -> String {
        String(unsafeUninitializedCapacity: textLength) { buffer in
            write(transport: transport, source: source, destination: destination, seed: seed, into: buffer)
        }
    }

    /// Writes the 30 bytes of `text` to the start of a buffer that has room for them, and returns 30.
    @discardableResult
    package static func write(
        transport: TransportProtocol,
        source: Endpoint,
        destination: Endpoint,
        seed: UInt16 = 0,
        into buffer: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        writeBase64(digest(transport: transport, source: source, destination: destination, seed: seed), buffer)
        return textLength
    }

    /// The ID of a flow with the digest in hexadecimal, as the specification's other rendering has it.
    package static func hexText(
        transport: TransportProtocol,
        source: Endpoint,
        destination: Endpoint,
        seed: UInt16 = 0
    ) -> String {
        hex(digest(transport: transport, source: source, destination: destination, seed: seed))
    }

    static func digest(
        transport: TransportProtocol,
        source: Endpoint,
        destination: Endpoint,
        seed: UInt16,
        hasPorts: Bool? = nil
    ) -> SHA1Block.Digest {
        var source = source
        var destination = destination
        order(&source, &destination, of: transport)
        var block = SHA1Block()
        block.append(seed)
        append(source.address, to: &block)
        append(destination.address, to: &block)
        // The protocol and a byte of padding.
        block.append(UInt16(transport.rawValue) << 8)
        if hasPorts ?? (transport.hasPorts || transport.isICMP) {
            block.append(source.port)
            block.append(destination.port)
        }
        return block.digest()
    }

    /// Puts the ends of a flow in the order in which they are hashed, with ICMP's types in the place of ports.
    @inline(__always)
    static func order(_ source: inout Endpoint, _ destination: inout Endpoint, of transport: TransportProtocol) {
        var isOneWay = false
        if transport.isICMP {
            let ports = CommunityIDPorts(
                transport: transport,
                type: UInt8(truncatingIfNeeded: source.port),
                code: UInt8(truncatingIfNeeded: destination.port)
            )
            isOneWay = ports.isOneWay || source.port > 255
            if !isOneWay { destination = Endpoint(destination.address, port: ports.destination) }
        }
        if !isOneWay, destination < source { swap(&source, &destination) }
    }

    private static func append(_ address: IPAddress, to block: inout SHA1Block) {
        if address.family == .v4 {
            block.append(UInt32(truncatingIfNeeded: address.low))
        } else {
            block.append(address.high)
            block.append(address.low)
        }
    }

    static func hex(_ digest: SHA1Block.Digest) -> String {
        var text = "1:"
        for index in digest.indices {
            let word = String(digest[index], radix: 16)
            text += String(repeating: "0", count: 8 - word.count) + word
        }
        return text
    }

    static func base64(_ digest: SHA1Block.Digest) -> String {
        String(unsafeUninitializedCapacity: textLength) { buffer in
            writeBase64(digest, buffer)
            return textLength
        }
    }

    private static let alphabet: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    static func writeBase64(_ digest: SHA1Block.Digest, _ buffer: UnsafeMutableBufferPointer<UInt8>) {
        precondition(buffer.count >= textLength, "a Community ID needs 30 bytes")
        // SAFETY: six bits index an alphabet of 64.
        let alphabet = alphabet.utf8Start
        buffer[0] = UInt8(ascii: "1")
        buffer[1] = UInt8(ascii: ":")
        var position = 2
        var window: UInt64 = 0
        var bits = 0
        for index in 0..<5 {
            window = window << 32 | UInt64(digest[index])
            bits += 32
            while bits >= 6 {
                bits -= 6
                buffer[position] = alphabet[Int(window >> UInt64(bits) & 63)]
                position += 1
            }
        }
        // 160 bits are 26 groups of six and one of four.
        buffer[28] = alphabet[Int(window << 2 & 63)]
        buffer[29] = UInt8(ascii: "=")
    }
}
