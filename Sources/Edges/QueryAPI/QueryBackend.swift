import AddressResolution
import ClusterChanges
import FlowAttribution
import FlowModel
import FlowQuery
import RecordFormats

/// What the API needs of the process it runs in; edges do not know each other, so the command wires these.
package struct QueryBackend: Sendable {
    /// The moment that `now` means: the clock, or the end of a recording.
    package var now: @Sendable () -> Timestamp
    /// The range meant when a question names none.
    package var defaultRange: @Sendable () -> TimeRange
    /// When the oldest stored flow began; `nil` where none is stored.
    package var oldest: @Sendable () -> Timestamp?
    /// How things stand.
    package var status: @Sendable () -> StatusReport
    /// Hands over the stored flows of a range that a filter matches, until the body says `false`.
    package var scan: @Sendable (FlowScan) async throws -> Void
    /// New flows as they are stored.
    package var live: FlowBroadcast
    /// Who had which address, as far as is known now.
    package var resolver: @Sendable () -> AddressResolver
    /// The changes of the cluster that are asked for, and how many there are beyond the limit as well.
    package var changes: @Sendable (ChangeQuery) -> (changes: [ClusterChange], matched: Int)
    /// Takes a batch from an exporter and returns once it is durable; `nil` where none are taken.
    package var receive: (@Sendable (WireBatch) async throws -> Void)?

    /// A backend of these parts.
    package init(
        now: @escaping @Sendable () -> Timestamp,
        defaultRange: @escaping @Sendable () -> TimeRange,
        oldest: @escaping @Sendable () -> Timestamp?,
        status: @escaping @Sendable () -> StatusReport,
        scan: @escaping @Sendable (FlowScan) async throws -> Void,
        live: FlowBroadcast,
        resolver: @escaping @Sendable () -> AddressResolver,
        changes: @escaping @Sendable (ChangeQuery) -> (changes: [ClusterChange], matched: Int),
        receive: (@Sendable (WireBatch) async throws -> Void)? = nil
    ) {
        self.now = now
        self.defaultRange = defaultRange
        self.oldest = oldest
        self.status = status
        self.scan = scan
        self.live = live
        self.resolver = resolver
        self.changes = changes
        self.receive = receive
    }
}

/// One pass over stored flows.
package struct FlowScan: Sendable {
    /// The span of time, by the end of each flow report.
    package var range: TimeRange
    /// Which flows; `nil` for all.
    package var filter: Filter?
    /// Whether the newest come first.
    package var newestFirst: Bool
    /// Takes a batch and says whether to go on.
    package var body: @Sendable ([AttributedFlow]) -> Bool

    /// A pass over a range.
    package init(
        range: TimeRange,
        filter: Filter?,
        newestFirst: Bool,
        body: @escaping @Sendable ([AttributedFlow]) -> Bool
    ) {
        self.range = range
        self.filter = filter
        self.newestFirst = newestFirst
        self.body = body
    }
}
