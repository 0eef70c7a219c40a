import FlowModel

/// What is sent at once, ready to be sent.
package struct ExportBatch: Sendable {
    /// The bytes that are posted.
    package var body: [UInt8]
    /// When it was made.
    package var made: Timestamp
    /// Flow reports in it.
    package var reports: Int
    /// What it tells of that is missing elsewhere; told again by a later batch if this one is given up.
    package var losses: [PointLoss]

    /// A batch of so many reports.
    package init(body: [UInt8], made: Timestamp, reports: Int, losses: [PointLoss] = []) {
        self.body = body
        self.made = made
        self.reports = reports
        self.losses = losses
    }
}

/// Something lost at an observation point, or by the exporter as a whole.
package struct PointLoss: Sendable {
    /// Where; `nil` for the exporter as a whole.
    package var point: ObservationPoint?
    /// What.
    package var record: LossRecord

    /// A loss at a point.
    package init(point: ObservationPoint?, record: LossRecord) {
        self.point = point
        self.record = record
    }
}

/// What became of one attempt to send a batch.
package enum ExportOutcome: Sendable, Equatable {
    /// The collector has it durably.
    case acknowledged
    /// The collector will never take this batch, and says why.
    case refused(String)
    /// It may be taken another time, not before so many nanoseconds where the collector named a time.
    case failed(String, retryAfter: Int64?)
}
