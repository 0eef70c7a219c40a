import FlowModel
import JSONText

/// How a running instance stands: what `/api/v1/status` answers and `/metrics` counts.
package struct StatusReport: Sendable {
    /// One observation point with the fate of every packet that it was handed.
    package struct Point: Sendable {
        /// The observation point's name.
        package var name = ""
        /// Its interface; empty for a file.
        package var interface = ""
        /// Its node; empty where unknown.
        package var node = ""
        /// The pod whose interface it is; empty for others.
        package var pod = ""
        /// Packets handed over: metered, not IP and malformed ones.
        package var packets: UInt64 = 0
        /// IP bytes of the metered ones.
        package var bytes: UInt64 = 0
        /// Packets that are counted in flows.
        package var metered: UInt64 = 0
        /// Packets of something else than IP.
        package var notIP: UInt64 = 0
        /// Packets that could not be read, by reason; reasons that did not occur are left out.
        package var malformed: [(reason: String, packets: UInt64)] = []
        /// Packets lost before they were handed over.
        package var dropped: UInt64 = 0

        /// A point that has seen nothing.
        package init() {}

        var malformedTotal: UInt64 { malformed.reduce(0) { $0 + $1.packets } }
    }

    /// The store.
    package struct Store: Sendable {
        /// The file.
        package var path = ""
        /// Its size.
        package var bytes: UInt64 = 0
        /// Flow reports in it.
        package var flows: UInt64 = 0
        /// Column blocks in it.
        package var blocks: UInt64 = 0
        /// Blocks that a question met and could not read; their flows are missing from answers.
        package var blocksUnreadable: UInt64 = 0
        /// When the oldest stored report began.
        package var oldest: Timestamp?
        /// When the newest stored report ended.
        package var newest: Timestamp?
        /// How long reports are kept; 0 for ever.
        package var retentionSeconds: Int64 = 0
        /// How large the file may grow; 0 without a bound.
        package var bytesMax: UInt64 = 0
        /// Writes that failed.
        package var writeFailures: UInt64 = 0
        /// Flow reports that were given up because they could not be written for too long.
        package var flowsNotStored: UInt64 = 0

        /// A store of nothing.
        package init() {}
    }

    /// All meters together.
    package struct Metering: Sendable {
        /// Flows in them.
        package var activeFlows: UInt64 = 0
        /// Flows that were reported and dropped early because a flow table was full.
        package var flowsEvicted: UInt64 = 0
        /// Tunnelled packets that were metered by their outer header although their inner one was asked for.
        package var notDecapsulated: UInt64 = 0
        /// Exchanges whose latency found no room.
        package var exchangesUntimed: UInt64 = 0
        /// TCP flows that were not analysed because there was no room.
        package var connectionsNotAnalysed: UInt64 = 0

        /// Meters that have seen nothing.
        package init() {}
    }

    /// The cluster as far as it is known.
    package struct Cluster: Sendable {
        /// Whether its changes arrive, or a recording tells of them.
        package var connected = false
        /// The kubeconfig's context with the server, the recording's name, or `none`.
        package var source = "none"
        /// What works and what does not, in one line.
        package var message = ""
        /// Objects that exist now, by kind.
        package var objects: [(kind: String, count: Int)] = []
        /// When something was last learnt.
        package var lastEvent: Timestamp?
        /// Spans of time in which changes may have been missed.
        package var gaps: UInt64 = 0
        /// Requests to the API that failed.
        package var errors: UInt64 = 0
        /// Objects that could not be read and were passed over.
        package var undecodable: UInt64 = 0
        /// Changes that the store could not take.
        package var eventsNotStored: UInt64 = 0

        /// No cluster.
        package init() {}
    }

    /// An exporter that has sent batches since the process began, or is remembered from before.
    package struct Exporter: Sendable {
        /// What tells it from others.
        package var id = ""
        /// The pod it runs in, `namespace/name`; empty where it runs in none.
        package var pod = ""
        /// Its node; empty where unknown.
        package var node = ""
        /// Its version.
        package var version = ""
        /// When its last batch came.
        package var lastSeen: Timestamp?
        /// Batches that came for the first time.
        package var batches: UInt64 = 0
        /// Batches that came again.
        package var duplicates: UInt64 = 0
        /// Flow reports in the former.
        package var reports: UInt64 = 0
        /// What it told of as lost, by reason.
        package var losses: [(reason: String, count: UInt64)] = []

        /// An exporter that has sent nothing.
        package init() {}
    }

    /// The product's version.
    package var version = ""
    /// Whether a recording is served rather than what happens now.
    package var isReplay = false
    /// When the process began.
    package var started = Timestamp(nanoseconds: 0)
    /// The moment that `now` means.
    package var now = Timestamp(nanoseconds: 0)
    /// The store.
    package var store = Store()
    /// Every observation point, those whose interface has vanished first.
    package var points: [Point] = []
    /// What the meters count.
    package var metering = Metering()
    /// Reports that were attributed.
    package var reports: UInt64 = 0
    /// Answers of DNS that were forgotten early because there were too many.
    package var answersEvicted: UInt64 = 0
    /// Reports lost between metering and attribution.
    package var queueDropped: UInt64 = 0
    /// The cluster.
    package var cluster = Cluster()
    /// Connections of which the translation is known.
    package var translations: UInt64 = 0
    /// Where translations come from, or `none`.
    package var translationSource = "none"
    /// Ends attributed, by the name of the basis.
    package var attribution: [(basis: String, ends: UInt64)] = []
    /// Flows that slow readers of the live stream lost.
    package var streamDropped: UInt64 = 0
    /// Who sends batches here.
    package var exporters: [Exporter] = []

    /// A report with nothing in it yet.
    package init() {}
}

extension StatusReport {
    /// The JSON of `/api/v1/status`.
    package func json() -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("version", version)
        json.member("mode", isReplay ? "replay" : "live")
        json.member("started", started)
        json.member("now", now)
        json.object("store", encodeStore)
        json.object("capture", encodeCapture)
        json.object("metering") { json in
            json.member("activeFlows", metering.activeFlows)
            json.member("reports", reports)
            json.member("flowsEvicted", metering.flowsEvicted)
            json.member("notDecapsulated", metering.notDecapsulated)
            json.member("exchangesUntimed", metering.exchangesUntimed)
            json.member("connectionsNotAnalysed", metering.connectionsNotAnalysed)
            json.member("answersEvicted", answersEvicted)
            json.member("queueDropped", queueDropped)
        }
        json.object("cluster", encodeCluster)
        json.object("translations") { json in
            json.member("known", translations)
            json.member("source", translationSource)
        }
        json.object("attribution") { json in
            for (basis, ends) in attribution { json.member(basis, ends) }
        }
        encodeExporters(&json)
        json.object("stream") { json in json.member("dropped", streamDropped) }
        json.endObject()
        return json.bytes
    }

    private func encodeStore(_ json: inout JSONWriter) {
        json.member("path", store.path)
        json.member("bytes", store.bytes)
        json.member("flows", store.flows)
        json.member("blocks", store.blocks)
        json.member("blocksUnreadable", store.blocksUnreadable)
        json.member("oldest", store.oldest)
        json.member("newest", store.newest)
        json.member("retentionSeconds", UInt64(clamping: store.retentionSeconds))
        json.member("bytesMax", store.bytesMax)
        json.member("writeFailures", store.writeFailures)
        json.member("flowsNotStored", store.flowsNotStored)
    }

    private func encodeCapture(_ json: inout JSONWriter) {
        json.key("points")
        json.beginArray()
        for point in points {
            json.beginObject()
            json.member("name", point.name)
            json.member("interface", point.interface)
            json.member("node", point.node)
            json.member("pod", point.pod)
            json.member("packets", point.packets)
            json.member("bytes", point.bytes)
            json.member("metered", point.metered)
            json.member("notIP", point.notIP)
            json.object("malformed") { json in
                for (reason, packets) in point.malformed { json.member(reason, packets) }
            }
            json.member("dropped", point.dropped)
            json.endObject()
        }
        json.endArray()
        json.object("totals") { json in
            json.member("packets", points.reduce(0) { $0 + $1.packets })
            json.member("metered", points.reduce(0) { $0 + $1.metered })
            json.member("notIP", points.reduce(0) { $0 + $1.notIP })
            json.member("malformed", points.reduce(0) { $0 + $1.malformedTotal })
            json.member("dropped", points.reduce(0) { $0 + $1.dropped })
        }
    }

    private func encodeExporters(_ json: inout JSONWriter) {
        json.key("exporters")
        json.beginArray()
        for exporter in exporters {
            json.beginObject()
            json.member("id", exporter.id)
            json.member("pod", exporter.pod)
            json.member("node", exporter.node)
            json.member("version", exporter.version)
            json.member("lastSeen", exporter.lastSeen)
            json.member("batches", exporter.batches)
            json.member("duplicates", exporter.duplicates)
            json.member("reports", exporter.reports)
            json.object("losses") { json in
                for (reason, count) in exporter.losses { json.member(reason, count) }
            }
            json.endObject()
        }
        json.endArray()
    }

    private func encodeCluster(_ json: inout JSONWriter) {
        json.key("connected")
        json.bool(cluster.connected)
        json.member("source", cluster.source)
        json.member("message", cluster.message)
        json.object("objects") { json in
            for (kind, count) in cluster.objects { json.member(kind, UInt64(count)) }
        }
        json.member("pods", UInt64(cluster.objects.first { $0.kind == "Pod" }?.count ?? 0))
        json.member("services", UInt64(cluster.objects.first { $0.kind == "Service" }?.count ?? 0))
        json.member("lastEvent", cluster.lastEvent)
        json.member("gaps", cluster.gaps)
        json.member("errors", cluster.errors)
        json.member("undecodable", cluster.undecodable)
        json.member("eventsNotStored", cluster.eventsNotStored)
    }
}

extension JSONWriter {
    mutating func member(_ name: String, _ value: String) {
        key(text: name)
        string(value)
    }

    mutating func member(_ name: String, _ value: UInt64) {
        key(text: name)
        int(Int64(clamping: value))
    }

    mutating func member(_ name: String, _ value: Timestamp?) {
        key(text: name)
        if let value { string(value.rfc3339) } else { null() }
    }

    mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(text: name)
        beginObject()
        body(&self)
        endObject()
    }
}
