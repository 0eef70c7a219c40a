import NetworkAddressing

/// A flow tuple as a person or another program wrote it, checked as the reference implementation does.
package struct CommunityIDInput: Hashable, Sendable {
    /// The transport protocol.
    package let transport: TransportProtocol
    /// One end.
    package let source: Endpoint
    /// The other end.
    package let destination: Endpoint
    private let hasPorts: Bool

    /// Checks a tuple; ICMP's type and code stand for the ports, protocols without ports may omit both.
    package init(
        transport: Int?,
        source: String?,
        destination: String?,
        sourcePort: Int?,
        destinationPort: Int?
    ) throws(CommunityIDError) {
        guard let transport, let number = UInt8(exactly: transport) else {
            throw .badProtocol(transport)
        }
        guard let from = source.flatMap({ IPAddress($0) }) else { throw .badAddress(source) }
        guard let to = destination.flatMap({ IPAddress($0) }) else { throw .badAddress(destination) }
        guard from.family == to.family else { throw .mixedFamilies }
        let proto = TransportProtocol(rawValue: number)
        let ports: (source: UInt16, destination: UInt16)
        switch (sourcePort, destinationPort) {
        case (let first?, let second?):
            guard let first = UInt16(exactly: first) else { throw .badPort(first) }
            guard let second = UInt16(exactly: second) else { throw .badPort(second) }
            ports = (first, second)
            hasPorts = true
        case (nil, nil) where !proto.hasPorts && !proto.isICMP:
            ports = (0, 0)
            hasPorts = false
        default:
            throw .missingPort(proto)
        }
        self.transport = proto
        self.source = Endpoint(from, port: ports.source)
        self.destination = Endpoint(to, port: ports.destination)
    }

    /// The Community ID in base64.
    package func text(seed: UInt16 = 0) -> String { CommunityID.base64(digest(seed: seed)) }

    /// The Community ID in hexadecimal.
    package func hexText(seed: UInt16 = 0) -> String { CommunityID.hex(digest(seed: seed)) }

    private func digest(seed: UInt16) -> SHA1Block.Digest {
        CommunityID.digest(
            transport: transport,
            source: source,
            destination: destination,
            seed: seed,
            hasPorts: hasPorts
        )
    }
}

/// Why a flow tuple has no Community ID.
package enum CommunityIDError: Error, Hashable, Sendable {
    /// The protocol is missing or not a number from 0 to 255.
    case badProtocol(Int?)
    /// An address is missing or neither IPv4 nor IPv6 text.
    case badAddress(String?)
    /// One address is IPv4 and the other IPv6.
    case mixedFamilies
    /// A port is not a number from 0 to 65535.
    case badPort(Int)
    /// A port is missing: the protocol has ports, or only one was given.
    case missingPort(TransportProtocol)
}

extension CommunityIDError: CustomStringConvertible {
    /// What is wrong and what is expected, for people.
    package var description: String {
        switch self {
        case .badProtocol(let number):
            "protocol \(number.map(String.init) ?? "missing"): expected a number from 0 to 255"
        case .badAddress(let text):
            "address \(text.map { "“\($0)”" } ?? "missing"): expected IPv4 or IPv6 text"
        case .mixedFamilies:
            "the addresses are of different families: expected both IPv4 or both IPv6"
        case .badPort(let port):
            "port \(port): expected a number from 0 to 65535"
        case .missingPort(let transport):
            "ports missing: expected both for \(transport.name)"
        }
    }
}
