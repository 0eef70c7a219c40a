import NetworkAddressing

/// The tunnel that the packets of a decapsulated flow came in: the header next to them, if there are several.
package struct Tunnel: Hashable, Sendable, BitwiseCopyable {
    /// How the packets are wrapped.
    package var kind: TunnelKind
    /// The tunnel's end on the side of the flow's source.
    package var source: IPAddress
    /// The tunnel's end on the side of the flow's destination.
    package var destination: IPAddress
    /// The network within the tunnel: VNI, GRE key, or GTP tunnel endpoint; 0 where the kind or the packet has none.
    package var identifier: UInt32

    /// A tunnel between two ends.
    package init(kind: TunnelKind, source: IPAddress, destination: IPAddress, identifier: UInt32) {
        self.kind = kind
        self.source = source
        self.destination = destination
        self.identifier = identifier
    }

    /// The same tunnel with its ends exchanged.
    package var turned: Tunnel {
        Tunnel(kind: kind, source: destination, destination: source, identifier: identifier)
    }
}
