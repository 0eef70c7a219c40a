import NetworkAddressing

/// Where packets are seen: an interface in a network namespace, or a capture that was taken at one.
package final class ObservationPoint: Sendable {
    /// The name that records carry: a pod, an interface or a capture file without its ending.
    package let name: String
    /// The interface, where known.
    package let interface: String?
    /// The node's name, where known.
    package let node: String?
    /// The pod whose interface this is, by name, where known; `namespace/name` where both are known.
    package let pod: String?
    /// The addresses of the interface itself, where known.
    package let addresses: Set<IPAddress>

    /// An observation point with what is known of it.
    package init(
        name: String,
        interface: String? = nil,
        node: String? = nil,
        pod: String? = nil,
        addresses: Set<IPAddress> = []
    ) {
        self.name = name
        self.interface = interface
        self.node = node
        self.pod = pod
        self.addresses = addresses
    }
}
