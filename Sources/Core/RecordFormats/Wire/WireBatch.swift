import FlowModel

/// What an exporter sends to a collector at once: reports with the points they were made at, and what was lost.
package struct WireBatch: Sendable {
    /// Who sends.
    package var exporter: WireExporter
    /// A number that the exporter's process drew when it began.
    package var boot: UInt64
    /// The batch's number within the boot, from 1.
    package var sequence: UInt64
    /// When the batch was made.
    package var made: Timestamp
    /// Where the reports were made.
    package var points: [ObservationPoint]
    /// The reports, in the order in which they were made.
    package var reports: [Report]
    /// What these and earlier reports lack.
    package var losses: [Loss]

    /// A report with its observation point.
    package struct Report: Sendable, Equatable {
        /// The point's place in `points`.
        package var point: Int
        /// What was metered.
        package var observation: Observation

        /// A report of a point.
        package init(point: Int, observation: Observation) {
            self.point = point
            self.observation = observation
        }
    }

    /// Something lost, with its observation point.
    package struct Loss: Sendable, Equatable {
        /// The point's place in `points`; `nil` where the loss is the exporter's as a whole.
        package var point: Int?
        /// What was lost.
        package var record: LossRecord

        /// A loss of a point.
        package init(point: Int?, record: LossRecord) {
            self.point = point
            self.record = record
        }
    }

    /// A batch.
    package init(
        exporter: WireExporter,
        boot: UInt64,
        sequence: UInt64,
        made: Timestamp,
        points: [ObservationPoint] = [],
        reports: [Report] = [],
        losses: [Loss] = []
    ) {
        self.exporter = exporter
        self.boot = boot
        self.sequence = sequence
        self.made = made
        self.points = points
        self.reports = reports
        self.losses = losses
    }
}

/// Who sends batches.
package struct WireExporter: Hashable, Sendable {
    /// What tells it from other exporters across its restarts, such as a pod's UID.
    package var id: String
    /// The product's version.
    package var version: String
    /// The node it runs on; empty where unknown.
    package var node: String
    /// The pod it runs in, where it does.
    package var pod: Pod?

    /// A pod by name and UID.
    package struct Pod: Hashable, Sendable {
        /// The namespace; empty where unknown.
        package var namespace: String
        /// The pod's name.
        package var name: String
        /// The object's UID; empty where unknown.
        package var uid: String

        /// A pod; what is not known is empty.
        package init(namespace: String, name: String, uid: String) {
            self.namespace = namespace
            self.name = name
            self.uid = uid
        }

        /// `namespace/name`, or the name alone.
        package var path: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
    }

    /// An exporter.
    package init(id: String, version: String = productVersion, node: String = "", pod: Pod? = nil) {
        self.id = id
        self.version = version
        self.node = node
        self.pod = pod
    }
}
