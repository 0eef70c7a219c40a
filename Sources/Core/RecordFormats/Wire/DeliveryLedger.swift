import FlowModel

/// What each exporter has delivered: tells batches that come again from new ones, and keeps count.
///
/// An exporter numbers its batches within a boot and sends them in order, so that the highest number of each boot says
/// which have come. Bounded: of an exporter the latest boots, and the exporters that were heard of last.
package struct DeliveryLedger: Sendable {
    /// Exporters that are remembered.
    package static let exportersMax = 10_000
    /// Boots of one exporter that are remembered.
    package static let bootsMax = 8

    /// One exporter.
    package struct Exporter: Sendable, Hashable {
        /// Who it is, as its last batch said.
        package var exporter: WireExporter
        /// When its last batch came.
        package var lastSeen: Timestamp
        /// Batches that came for the first time, since this process began.
        package var batches: UInt64 = 0
        /// Batches that came again.
        package var duplicates: UInt64 = 0
        /// Reports in the former.
        package var reports: UInt64 = 0
        /// What they told of as lost, by reason.
        package var losses: [LossRecord.Reason: UInt64] = [:]
        /// The highest number of each boot, the latest boot first.
        fileprivate var boots: [Boot]
    }

    fileprivate struct Boot: Sendable, Hashable {
        var boot: UInt64
        var highest: UInt64
    }

    private var exporters: [String: Exporter] = [:]

    /// A ledger of nobody.
    package init() {}

    /// The exporters in the order of their ids.
    package var all: [Exporter] { exporters.values.sorted { $0.exporter.id < $1.exporter.id } }

    /// Whether a batch has not come before.
    package func isNew(_ batch: WireBatch) -> Bool {
        let boots = exporters[batch.exporter.id]?.boots ?? []
        return batch.sequence > boots.first { $0.boot == batch.boot }?.highest ?? 0
    }

    /// Enters a batch, new or not; returns whom it forgot for it, where there were too many.
    package mutating func enter(_ batch: WireBatch, at now: Timestamp) -> String? {
        let id = batch.exporter.id
        let isNew = isNew(batch)
        var entry = exporters[id] ?? Exporter(exporter: batch.exporter, lastSeen: now, boots: [])
        entry.exporter = batch.exporter
        entry.lastSeen = now
        if isNew {
            entry.batches += 1
            entry.reports += UInt64(batch.reports.count)
            for loss in batch.losses { entry.losses[loss.record.reason, default: 0] &+= loss.record.count }
            entry.boots.removeAll { $0.boot == batch.boot }
            entry.boots.insert(Boot(boot: batch.boot, highest: batch.sequence), at: 0)
            if entry.boots.count > DeliveryLedger.bootsMax { entry.boots.removeLast() }
        } else {
            entry.duplicates += 1
        }
        exporters[id] = entry
        guard exporters.count > DeliveryLedger.exportersMax,
            let oldest = exporters.min(by: { $0.value.lastSeen < $1.value.lastSeen })?.key
        else { return nil }
        exporters[oldest] = nil
        return oldest
    }

    /// What has to be kept of an exporter so that its batches are told apart after a restart, as text.
    package func record(of id: String) -> String? {
        exporters[id].map { entry in
            ([entry.lastSeen.nanoseconds.description] + entry.boots.map { "\($0.boot):\($0.highest)" })
                .joined(separator: " ")
        }
    }

    /// Takes in what `record` once gave; returns whether it is of use and no older than a moment.
    package mutating func restore(_ record: String, of id: String, notBefore: Timestamp) -> Bool {
        let parts = record.split(separator: " ")
        guard let lastSeen = parts.first.flatMap({ Int64($0) }).map(Timestamp.init(nanoseconds:)),
            lastSeen >= notBefore, exporters.count < DeliveryLedger.exportersMax
        else { return false }
        var boots: [Boot] = []
        for part in parts.dropFirst().prefix(DeliveryLedger.bootsMax) {
            let numbers = part.split(separator: ":").compactMap { UInt64($0) }
            guard numbers.count == 2 else { return false }
            boots.append(Boot(boot: numbers[0], highest: numbers[1]))
        }
        exporters[id] = Exporter(exporter: WireExporter(id: id, version: ""), lastSeen: lastSeen, boots: boots)
        return true
    }
}
