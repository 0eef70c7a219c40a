/// The text of an exposition, metric by metric.
private struct ExpositionText {
    private(set) var text = ""

    mutating func metric(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: UInt64)]) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        for sample in samples { text += "\(name)\(sample.labels) \(sample.value)\n" }
    }
}

extension StatusReport {
    /// The counters in the Prometheus text exposition format 0.0.4.
    func prometheusText() -> [UInt8] {
        var text = ExpositionText()
        addCapture(to: &text)
        addMetering(to: &text)
        addStore(to: &text)
        addCluster(to: &text)
        addExporters(to: &text)
        return Array(text.text.utf8)
    }

    private func addCapture(to text: inout ExpositionText) {
        func total(_ value: (Point) -> UInt64) -> UInt64 { points.reduce(0) { $0 &+ value($1) } }
        text.metric("podsight_build_info", "gauge", "The version.", [("{version=\"\(version)\"}", 1)])
        text.metric(
            "podsight_capture_packets_total",
            "counter",
            "Packets by what became of them.",
            [
                ("{result=\"metered\"}", total(\.metered)), ("{result=\"not_ip\"}", total(\.notIP)),
                ("{result=\"malformed\"}", total(\.malformedTotal)), ("{result=\"dropped\"}", total(\.dropped)),
            ]
        )
    }

    private func addMetering(to text: inout ExpositionText) {
        text.metric("podsight_metering_flows_active", "gauge", "Flows being metered.", [("", metering.activeFlows)])
        text.metric("podsight_metering_reports_total", "counter", "Flow reports made.", [("", reports)])
        text.metric(
            "podsight_metering_reports_dropped_total",
            "counter",
            "Flow reports lost to a full queue.",
            [("", queueDropped)]
        )
        text.metric(
            "podsight_attribution_ends_total",
            "counter",
            "Ends of flows by the basis of their attribution.",
            attribution.map { ("{basis=\"\($0.basis)\"}", $0.ends) }
        )
        text.metric(
            "podsight_metering_flows_evicted_total",
            "counter",
            "Flows reported early because a flow table was full.",
            [("", metering.flowsEvicted)]
        )
        text.metric(
            "podsight_metering_packets_not_decapsulated_total",
            "counter",
            "Tunnelled packets metered by their outer header although their inner one was asked for.",
            [("", metering.notDecapsulated)]
        )
        text.metric(
            "podsight_metering_exchanges_untimed_total",
            "counter",
            "Exchanges whose latency found no room.",
            [("", metering.exchangesUntimed)]
        )
        text.metric(
            "podsight_metering_connections_not_analysed_total",
            "counter",
            "TCP flows that were not analysed because there was no room.",
            [("", metering.connectionsNotAnalysed)]
        )
        text.metric(
            "podsight_attribution_answers_evicted_total",
            "counter",
            "Answers of DNS forgotten early because there were too many.",
            [("", answersEvicted)]
        )
    }

    private func addStore(to text: inout ExpositionText) {
        text.metric(
            "podsight_store_blocks_unreadable",
            "gauge",
            "Blocks that a question met and could not read.",
            [("", store.blocksUnreadable)]
        )
        text.metric("podsight_store_bytes", "gauge", "Size of the store.", [("", store.bytes)])
        text.metric("podsight_store_flows", "gauge", "Flow reports in the store.", [("", store.flows)])
        text.metric(
            "podsight_store_write_failures_total",
            "counter",
            "Failed writes to the store.",
            [("", store.writeFailures)]
        )
        text.metric(
            "podsight_store_flows_lost_total",
            "counter",
            "Flow reports given up after failed writes.",
            [("", store.flowsNotStored)]
        )
    }

    private func addCluster(to text: inout ExpositionText) {
        text.metric(
            "podsight_cluster_objects_undecodable_total",
            "counter",
            "Objects of the Kubernetes API that could not be read.",
            [("", cluster.undecodable)]
        )
        text.metric(
            "podsight_cluster_events_not_stored_total",
            "counter",
            "Changes that the store could not take.",
            [("", cluster.eventsNotStored)]
        )
        text.metric("podsight_cluster_gaps_total", "counter", "Gaps in what was watched.", [("", cluster.gaps)])
        text.metric("podsight_cluster_errors_total", "counter", "Errors of the Kubernetes API.", [("", cluster.errors)])
        text.metric(
            "podsight_stream_flows_dropped_total",
            "counter",
            "Flows lost by slow readers of the live stream.",
            [("", streamDropped)]
        )
    }

    private func addExporters(to text: inout ExpositionText) {
        let counts: [(String, String, (Exporter) -> UInt64)] = [
            ("batches", "Batches received from an exporter.", \.batches),
            ("duplicates", "Batches that an exporter sent again.", \.duplicates),
            ("reports", "Flow reports received from an exporter.", \.reports),
        ]
        for (name, help, value) in counts where !exporters.isEmpty {
            text.metric(
                "podsight_collection_\(name)_total",
                "counter",
                help,
                exporters.map { ("{exporter=\(StatusReport.label($0.id))}", value($0)) }
            )
        }
        let losses = exporters.flatMap { exporter in
            exporter.losses.map { loss in
                ("{exporter=\(StatusReport.label(exporter.id)),reason=\"\(loss.reason)\"}", loss.count)
            }
        }
        if !losses.isEmpty {
            text.metric("podsight_collection_losses_total", "counter", "What exporters told of as lost.", losses)
        }
    }

    /// A label's value in quotes; an exporter chooses its id as it likes.
    private static func label(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": quoted += "\\\\"
            case "\"": quoted += "\\\""
            case "\n": quoted += "\\n"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
