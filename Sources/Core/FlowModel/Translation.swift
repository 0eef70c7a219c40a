import NetworkAddressing

/// What network address translation did to one connection on one node, from a time until a time.
package struct Translation: Hashable, Sendable {
    /// The transport protocol.
    package var transport: TransportProtocol
    /// Who the initiator is, before translation.
    package var originalSource: Endpoint
    /// Whom the initiator called, before translation.
    package var originalDestination: Endpoint
    /// Who answered: the source of the reply tuple.
    package var replySource: Endpoint
    /// Whom the answer goes to: the destination of the reply tuple.
    package var replyDestination: Endpoint
    /// When the connection was first tracked.
    package var from: Timestamp
    /// When the kernel dropped the entry; `distantFuture` while it stands.
    package var until: Timestamp
    /// The kernel's connection tracking id, where it was printed.
    package var id: UInt32?

    /// A translation of one connection.
    package init(
        transport: TransportProtocol,
        originalSource: Endpoint,
        originalDestination: Endpoint,
        replySource: Endpoint,
        replyDestination: Endpoint,
        from: Timestamp,
        until: Timestamp = .distantFuture,
        id: UInt32? = nil
    ) {
        self.transport = transport
        self.originalSource = originalSource
        self.originalDestination = originalDestination
        self.replySource = replySource
        self.replyDestination = replyDestination
        self.from = from
        self.until = until
        self.id = id
    }

    /// Whether the destination or the source was changed at all.
    package var changesAddresses: Bool {
        originalSource != replyDestination || originalDestination != replySource
    }
}
