import FlowModel
import JSONText

/// Writes losses as ECS documents, beside those of flows: what the flows of that time lack.
package enum ECSLossEncoder {
    /// The document of a loss, without a line end; `point` is `nil` for the exporter as a whole.
    package static func document(_ loss: LossRecord, at point: ObservationPoint?) -> [UInt8] {
        var json = JSONWriter()
        func member(_ name: StaticString, _ text: String) {
            json.key(name)
            json.string(text)
        }
        json.beginObject()
        member("@timestamp", loss.to.rfc3339)
        json.key("ecs")
        json.raw(#"{"version":"9.4.0"}"#)
        json.key("event")
        json.beginObject()
        json.key("kind")
        json.raw(#""event","category":["network"],"type":["info"],"action":"packets_lost""#)
        member("dataset", "podsight.loss")
        member("module", "podsight")
        member("start", loss.from.rfc3339)
        member("end", loss.to.rfc3339)
        json.endObject()
        json.key("observer")
        json.beginObject()
        if let point { member("name", point.name) }
        member("type", "flow-probe")
        member("product", "podsight")
        member("version", productVersion)
        json.endObject()
        json.key("podsight")
        json.beginObject()
        json.key("loss")
        json.beginObject()
        member("reason", loss.reason.rawValue)
        json.key("count")
        json.int(loss.count)
        json.endObject()
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
