import FlowModel
import JSONText

/// How a running instance stands: what `/api/v1/status` answers and `/metrics` counts.
package struct StatusReport: Sendable {
    /// One observation point with the fate of every packet that it was handed.
    package struct Point: Sendable {
        package var name = ""
        package var interface = ""
        package var node = ""
        package var pod = ""
        package var packets: UInt64 = 0
        package var bytes: UInt64 = 0
        package var metered: UInt64 = 0
        package var notIP: UInt64 = 0
        package var malformed: [(reason: String, packets: UInt64)] = []
        package var dropped: UInt64 = 0
        package init() {}

        var malformedTotal: UInt64 { malformed.reduce(0) { $0 + $1.packets } }
    }

    /// The store.
    package struct Store: Sendable {
        package var path = ""
        package var bytes: UInt64 = 0
        package var flows: UInt64 = 0
        package var blocks: UInt64 = 0
        package var oldest: Timestamp?
        package var newest: Timestamp?
        package var retentionSeconds: Int64 = 0
        package var bytesMax: UInt64 = 0
        package var writeFailures: UInt64 = 0
        package var flowsNotStored: UInt64 = 0
        package init() {}
    }

    /// The cluster as far as it is known.
    package struct Cluster: Sendable {
        package var connected = false
        package var source = "none"
        package var message = ""
        package var objects: [(kind: String, count: Int)] = []
        package var lastEvent: Timestamp?
        package var gaps: UInt64 = 0
        package var errors: UInt64 = 0
        package init() {}
    }

    package var version = ""
    package var isReplay = false
    package var started = Timestamp(nanoseconds: 0)
    package var now = Timestamp(nanoseconds: 0)
    package var store = Store()
    package var points: [Point] = []
    package var activeFlows: UInt64 = 0
    package var reports: UInt64 = 0
    package var queueDropped: UInt64 = 0
    package var cluster = Cluster()
    package var translations: UInt64 = 0
    package var translationSource = "none"
    /// Ends attributed, by the name of the basis.
    package var attribution: [(basis: String, ends: UInt64)] = []
    /// Flows that slow readers of the live stream lost.
    package var streamDropped: UInt64 = 0

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
            json.member("activeFlows", activeFlows)
            json.member("reports", reports)
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
        json.object("stream") { json in json.member("dropped", streamDropped) }
        json.endObject()
        return json.bytes
    }

    private func encodeStore(_ json: inout JSONWriter) {
        json.member("path", store.path)
        json.member("bytes", store.bytes)
        json.member("flows", store.flows)
        json.member("blocks", store.blocks)
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
