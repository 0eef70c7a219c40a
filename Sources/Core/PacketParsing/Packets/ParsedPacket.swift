import NetworkAddressing

/// What metering needs of one packet: its outermost IP header and the start of its transport header.
///
/// A trivial value that the decoder fills in place. Addresses are as in `IPAddress`: an IPv4 address lies in
/// the low word.
@usableFromInline
@frozen
package struct ParsedPacket: Sendable, BitwiseCopyable {
    /// The source address, first half.
    @usableFromInline package var sourceHigh: UInt64 = 0
    /// The source address, second half.
    @usableFromInline package var sourceLow: UInt64 = 0
    /// The destination address, first half.
    @usableFromInline package var destinationHigh: UInt64 = 0
    /// The destination address, second half.
    @usableFromInline package var destinationLow: UInt64 = 0
    /// Bytes of IP as declared, or as on the wire where the header declares 0; below 2³¹.
    @usableFromInline package var ipBytes: UInt32 = 0
    /// The sequence number of a TCP header of which at least eight bytes are there; else 0.
    @usableFromInline package var tcpSequence: UInt32 = 0
    /// The acknowledgement number of a TCP header of which at least twelve bytes are there; else 0.
    @usableFromInline package var tcpAcknowledgement: UInt32 = 0
    /// Where the payload of TCP, UDP or SCTP starts in the captured bytes, as the transport header declares it.
    @usableFromInline package var payloadOffset: UInt32 = 0
    /// The bytes of that payload, as declared by the IP header, whether they were captured or not.
    @usableFromInline package var payloadBytes: UInt32 = 0
    /// The identification that a fragment shares with its first; 0 for a whole packet.
    @usableFromInline package var fragmentID: UInt32 = 0
    /// Where the IP header starts in the captured bytes.
    @usableFromInline package var networkOffset: UInt32 = 0
    /// Where the transport header starts in the captured bytes.
    @usableFromInline package var transportOffset: UInt32 = 0
    /// The source port, or the type of an ICMP message; 0 without ports and in later fragments.
    @usableFromInline package var sourcePort: UInt16 = 0
    /// The destination port, or the code of an ICMP message; 0 without ports and in later fragments.
    @usableFromInline package var destinationPort: UInt16 = 0
    /// The window of a TCP header as it stands there, unscaled; `UInt16.max` where it was not captured.
    @usableFromInline package var tcpWindow: UInt16 = 0
    /// The protocol number after IPv6 extension headers.
    @usableFromInline package var transport: UInt8 = 0
    /// The TCP flags, `FIN` in the lowest bit; 0 where they were not captured.
    @usableFromInline package var tcpFlags: UInt8 = 0
    /// Whether the addresses are IPv6.
    @usableFromInline package var isV6 = false
    /// Whether the packet is whole or which fragment it is.
    @usableFromInline package var fragment = Fragment.whole

    /// Whether a packet was fragmented.
    @usableFromInline
    @frozen
    package enum Fragment: UInt8, Sendable, BitwiseCopyable {
        /// Not fragmented.
        case whole
        /// The fragment with the transport header.
        case first
        /// A later fragment, which has no transport header.
        case later
    }

    /// A packet to be filled in by a decoder.
    @inlinable
    package init() {}

    /// The source end; for ICMP the port is the type.
    package var source: Endpoint {
        Endpoint(IPAddress(high: sourceHigh, low: sourceLow, family: isV6 ? .v6 : .v4), port: sourcePort)
    }

    /// The destination end; for ICMP the port is the code.
    package var destination: Endpoint {
        Endpoint(
            IPAddress(high: destinationHigh, low: destinationLow, family: isV6 ? .v6 : .v4),
            port: destinationPort
        )
    }
}

/// What became of one packet.
@usableFromInline
@frozen
package enum DecodeOutcome: Hashable, Sendable, BitwiseCopyable {
    /// It is IP and was understood as far as flows need it.
    case metered
    /// It carries something else than IP, by EtherType (or length, or PPP or BSD family number).
    case notIP(etherType: UInt16)
    /// It claims to be IP and is not understood.
    case malformed(MalformedPacket)
}
