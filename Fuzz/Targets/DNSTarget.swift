import NetworkAddressing
import PacketParsing

extension FuzzTarget {
    /// DNS messages; an input is the payload of a datagram, and of a segment.
    package static let dns = FuzzTarget(name: "dns") { bytes in
        if let message = DNSMessage(segment: bytes.bytes, payloadBytes: bytes.count) {
            try require(message.end <= bytes.count, "a message lies within its segment")
            _ = try DNSContent(of: message, bytes)
        }
        guard let message = DNSMessage(bytes.bytes) else { return }
        let content = try DNSContent(of: message, bytes)
        // Any cut that leaves the question leaves all but the last answers.
        let kept = bytes.count - Int(message.nameHash % UInt32(bytes.count))
        let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(kept))
        guard let cut = DNSMessage(part.bytes) else { return }
        let cutContent = try DNSContent(of: cut, part)
        try require(cut.id == message.id && cut.type == message.type, "a cut message is the same message")
        try require(cut.nameHash == message.nameHash && cutContent.name == content.name, "it has the same name")
        try require(content.addresses.starts(with: cutContent.addresses), "it has the first addresses")
    }
}

/// What is read from a message on demand.
private struct DNSContent {
    var name: [UInt8] = []
    var addresses: [IPAddress] = []

    init(of message: DNSMessage, _ bytes: UnsafeRawBufferPointer) throws {
        name = Array(repeating: 0, count: DNSMessage.longestName)
        let count = name.withUnsafeMutableBytes { message.writeName(of: bytes.bytes, into: $0) }
        name.removeLast(name.count - count)
        try require(name.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "a name is printable")
        try require(!name.isEmpty || !message.hasQuestion, "a question has a name")
        var found = message.addresses
        while let address = found.next(in: bytes.bytes) {
            addresses.append(address)
            try require(addresses.count <= Int(message.answerCount), "there are no more addresses than answers")
        }
    }
}
