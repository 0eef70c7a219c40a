import AddressResolution
import ClusterChanges
import FlowAttribution
import FlowModel
import FlowStorage
import QueryAPI
import Terminal

/// What a replay leaves: the account of every packet, and the stored flows.
struct ReplaySummary {
    let store: FlowStore?
    /// What ended a capture before its file's end, naming the file.
    let failures: [String]
    /// From the first packet that was reported to the last.
    let range: TimeRange
    let status: StatusReport
    /// Who had which address in the recording.
    let resolver: AddressResolver
    /// What happened in the recorded cluster.
    let changes: ChangeLog

    init(
        inputs: ReplayInputs,
        points: [StatusReport.Point],
        metering: StatusReport.Metering,
        stage: AttributionStage,
        store: FlowStore?,
        range: TimeRange?,
        failures: [String]
    ) {
        self.store = store
        self.failures = failures
        // `to` is the moment after the last, so that the last report is in the range.
        let whole = range ?? TimeRange(from: Timestamp(nanoseconds: 0), to: Timestamp(nanoseconds: 0))
        self.range = TimeRange(from: whole.from, to: whole.to.advanced(by: 1))
        var status = StatusReport()
        status.version = productVersion
        status.isReplay = true
        status.started = SystemClock.now
        status.now = self.range.to
        status.points = points
        status.reports = stage.reports
        status.metering = metering
        status.answersEvicted = stage.attributor.answers.evicted
        status.attribution = stage.endsByBasis
        status.translations = UInt64(inputs.translations.count)
        status.translationSource = inputs.translationSource
        status.cluster = StatusReport.Cluster(inputs.history, source: inputs.clusterSource)
        // A recording is all there is to know of its cluster.
        status.cluster.connected = inputs.clusterSource != "none"
        if let store { status.store = StatusReport.Store(store) }
        self.status = status
        changes = inputs.changes
        resolver = AddressResolver(recording: inputs.history, now: status.now, clock: status.now)
    }

    /// One line that says what became of every packet.
    var account: String {
        let packets = status.points.reduce(0) { $0 + $1.packets }
        let metered = status.points.reduce(0) { $0 + $1.metered }
        let notIP = status.points.reduce(0) { $0 + $1.notIP }
        var malformed: [(reason: String, packets: UInt64)] = []
        for (reason, count) in status.points.flatMap(\.malformed) {
            if let index = malformed.firstIndex(where: { $0.reason == reason }) {
                malformed[index].packets += count
            } else {
                malformed.append((reason, count))
            }
        }
        let reasons = malformed.sorted { $0.reason < $1.reason }.map { "\($0.packets) \($0.reason)" }
        let total = malformed.reduce(0) { $0 + $1.packets }
        let files = status.points.count == 1 ? "1 capture" : "\(status.points.count) captures"
        let detail = reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))"
        return "podsight: \(packets) packets read from \(files): \(metered) metered, \(notIP) not IP, "
            + "\(total) malformed\(detail); \(status.reports) flow reports"
    }
}
