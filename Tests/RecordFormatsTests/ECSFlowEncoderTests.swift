import ClusterHistory
import FlowAttribution
import FlowModel
import Foundation
import JSONText
import NetworkAddressing
import TestSupport
import Testing

@testable import RecordFormats

@Suite struct ECSFlowEncoderTests {
    /// What documents carry beyond ECS; `docs/reference/ecs.md` says what each means.
    static let customFields: Set<String> = [
        "source.orig_ip", "source.orig_port", "destination.orig_ip", "destination.orig_port",
        "network.orig_community_id", "podsight.direction_evidence", "podsight.side", "podsight.flow.start",
        "podsight.tcp.source_flags", "podsight.tcp.destination_flags", "podsight.icmp.type",
        "podsight.icmp.reply_type", "podsight.icmp.code", "podsight.attribution.source.basis",
        "podsight.attribution.source.reason", "podsight.attribution.source.candidates",
        "podsight.attribution.source.name", "podsight.attribution.destination.basis",
        "podsight.attribution.destination.reason", "podsight.attribution.destination.candidates",
        "podsight.attribution.destination.name", "type",
        "source.kubernetes.namespace", "source.kubernetes.pod.name", "source.kubernetes.pod.uid",
        "source.kubernetes.pod.ip", "source.kubernetes.node.name", "source.kubernetes.zone",
        "source.kubernetes.workload.kind", "source.kubernetes.workload.name", "source.kubernetes.service.name",
        "source.kubernetes.labels.*",
        "destination.kubernetes.namespace", "destination.kubernetes.pod.name", "destination.kubernetes.pod.uid",
        "destination.kubernetes.pod.ip", "destination.kubernetes.node.name", "destination.kubernetes.zone",
        "destination.kubernetes.workload.kind", "destination.kubernetes.workload.name",
        "destination.kubernetes.service.name", "destination.kubernetes.labels.*",
        "podsight.tcp.state", "podsight.tcp.orderly", "podsight.tcp.handshake_rtt",
        "podsight.tcp.source.payload_bytes", "podsight.tcp.source.retransmitted", "podsight.tcp.source.out_of_order",
        "podsight.tcp.source.lost", "podsight.tcp.source.zero_windows", "podsight.tcp.source.resets",
        "podsight.tcp.source.handshake_rtt",
        "podsight.tcp.destination.payload_bytes", "podsight.tcp.destination.retransmitted",
        "podsight.tcp.destination.out_of_order", "podsight.tcp.destination.lost",
        "podsight.tcp.destination.zero_windows", "podsight.tcp.destination.resets",
        "podsight.tcp.destination.handshake_rtt",
        "podsight.exchanges.count", "podsight.exchanges.latency.mean", "podsight.exchanges.latency.p50",
        "podsight.exchanges.latency.p90", "podsight.exchanges.latency.p99", "podsight.exchanges.latency.max",
        "podsight.exchanges.latency.histogram.values", "podsight.exchanges.latency.histogram.counts",
        "podsight.dns.queries", "podsight.dns.responses", "podsight.dns.failures", "podsight.dns.omitted",
        "podsight.dns.exchanges", "podsight.http.requests", "podsight.http.responses.2xx",
        "podsight.http.responses.3xx", "podsight.http.responses.4xx", "podsight.http.responses.5xx",
        "podsight.http.omitted", "podsight.http.exchanges",
        "podsight.tunnel.kind", "podsight.tunnel.source", "podsight.tunnel.destination", "podsight.tunnel.id",
        "podsight.super_packets",
    ]

    /// Fields of ECS that are about one message, where a report may have several: then they are an array.
    static let ofMessages: Set<String> = [
        "dns.question.name", "dns.question.type", "dns.response_code", "http.request.method",
        "http.response.status_code", "url.domain", "url.path",
    ]

    private func document(_ flow: AttributedFlow, seed: UInt16 = 0) throws -> JSONValue {
        var encoder = ECSFlowEncoder(seed: seed)
        var output: [UInt8] = []
        encoder.encode(flow, into: &output)
        return try JSONValue.parse(output)
    }

    /// The leaves of a document by dotted name; the keys of labels count as one field.
    private func leaves(_ value: JSONValue, _ name: String = "") -> [(name: String, value: JSONValue)] {
        guard case .object(let fields) = value else { return [(name, value)] }
        if name.hasSuffix(".labels") { return fields.values.map { (name + ".*", $0) } }
        return fields.flatMap { leaves($0.value, name.isEmpty ? $0.key : "\(name).\($0.key)") }
    }

    @Test func `the document of a translated flow is exactly this`() throws {
        var encoder = ECSFlowEncoder(version: "9.9")
        var output: [UInt8] = []
        encoder.encode(FlowSamples.translated, into: &output)
        let text = String(decoding: output, as: UTF8.self)
        #expect(
            text
                == #"""
                {"@timestamp":"2026-11-21T01:35:21.704954000Z","ecs":{"version":"9.4.0"},"event":{"kind":"event",\#
                "category":["network"],"type":["connection","start","end"],"action":"network_flow",\#
                "dataset":"podsight.flow","module":"podsight","id":"ID","start":"2026-11-21T01:35:21.702000000Z",\#
                "end":"2026-11-21T01:35:21.704954000Z","duration":2954000,"sequence":1,\#
                "reason":"end of flow detected"},"source":{"ip":"172.17.0.8","port":58002,"address":"172.17.0.8",\#
                "bytes":512,"packets":6,"kubernetes":{"namespace":"robot-shop","pod":{"name":\#
                "cart-54fc554bc8-stw4z","uid":"98696fb2-686a-4894-ab09-676a397d8946","ip":"172.17.0.8"},\#
                "node":{"name":"minikube"},"zone":"eu-1a","workload":{"kind":"Deployment","name":"cart"},\#
                "service":{"name":"cart"},"labels":{"app":"cart","app_kubernetes_io/name":"ca\"rt\u001b[31m"}}},\#
                "destination":{"ip":"172.17.0.4","port":8080,"address":"172.17.0.4","bytes":700,"packets":5,\#
                "orig_ip":"10.104.246.80","orig_port":8080,"kubernetes":{\#
                "namespace":"robot-shop","pod":{"name":"catalogue-6bd4b9698f-bqcfd","ip":["172.17.0.4","fd00::4"]},\#
                "workload":{"kind":"Deployment","name":"catalogue"},"service":{"name":"catalogue"}}},"network":{\#
                "transport":"tcp","iana_number":"6","type":"ipv4","bytes":1212,"packets":11,\#
                "community_id":"CID","orig_community_id":"OCID",\#
                "direction":"egress"},"observer":{"name":"cart-54fc554bc8-stw4z","type":"flow-probe",\#
                "vendor":"Podsight","product":"podsight","version":"9.9","egress":{"interface":{"name":"eth0"}}},\#
                "podsight":{"direction_evidence":"tcp_handshake","flow":{"start":"2026-11-21T01:35:21.702000000Z"},\#
                "side":"source","tcp":{"source_flags":"FSPA","destination_flags":"SPA"},"attribution":{"source":{\#
                "basis":"observation_point"},"destination":{"basis":"translation"}}},"type":"flow"}
                """#
                .replacingOccurrences(of: "\"ID\"", with: "\"\(try id(text))\"")
                .replacingOccurrences(of: "\"CID\"", with: "\"\(communityID("172.17.0.4"))\"")
                .replacingOccurrences(of: "\"OCID\"", with: "\"\(communityID("10.104.246.80"))\"")
        )
    }

    private func id(_ text: String) throws -> String {
        let id = try #require(try JSONValue.parse(text)["event"]?["id"]?.text)
        #expect(id.count == 22)
        return id
    }

    private func communityID(_ destination: String) -> String {
        CommunityID.text(
            transport: .tcp,
            source: FlowSamples.end("172.17.0.8", 58002),
            destination: FlowSamples.end(destination, 8080)
        )
    }

    @Test(.needsSharedData) func `every field is ECS of the right type or a custom field that is documented`() throws {
        let ecs = try JSONValue.parse(try SharedData.bytes("ecs/ecs-9.5.0-dev-fields.json"))
        var custom: Set<String> = []
        for flow in FlowSamples.all {
            for (name, value) in leaves(try document(flow)) {
                guard let field = ecs[name] else {
                    custom.insert(name)
                    continue
                }
                try check(name, value, field)
            }
        }
        #expect(custom == ECSFlowEncoderTests.customFields.subtracting(ECSFlowEncoderTests.notInSamples))
        #expect(custom.isSubset(of: ECSFlowEncoderTests.customFields))
    }

    /// Documented fields that no sample happens to have: mirror images of fields that one has.
    static let notInSamples: Set<String> = [
        "source.orig_ip", "source.orig_port", "podsight.attribution.destination.candidates",
        "podsight.attribution.destination.name",
    ]

    private func check(_ name: String, _ value: JSONValue, _ field: JSONValue) throws {
        let type = field["type"]?.text
        let isArray = field["normalize"]?.items.contains(.string("array")) ?? false
        var values = [value]
        if !isArray, ECSFlowEncoderTests.ofMessages.contains(name), case .array(let items) = value {
            #expect(items.count > 1)
            values = items
        }
        if isArray {
            guard case .array(let items) = value else {
                Issue.record("\(name) must be an array")
                return
            }
            values = items
        }
        for value in values {
            switch type {
            case "long": #expect((value.int ?? -1) >= 0, "\(name): \(value)")
            case "date": #expect(value.text.flatMap { Timestamp(rfc3339: $0) } != nil, "\(name): \(value)")
            case "ip": #expect(value.text.flatMap { IPAddress($0) } != nil, "\(name): \(value)")
            case "keyword", "wildcard":
                let text = try #require(value.text, "\(name): \(value)")
                #expect(text.count <= 1024)
                for list in ["allowed_values", "expected_values"] {
                    let words = (field[list]?.items ?? []).compactMap { $0.text ?? $0["name"]?.text }
                    #expect(words.isEmpty || words.contains(text), "\(name): \(text)")
                }
            default: Issue.record("\(name) has the type \(type ?? "none"), which is not checked")
            }
            if let pattern = field["pattern"]?.text, let text = value.text {
                #expect(text.range(of: pattern, options: .regularExpression) != nil, "\(name): \(text)")
            }
        }
    }

    @Test(.needsSharedData) func `event types are those that ECS expects for the category network`() throws {
        let ecs = try JSONValue.parse(try SharedData.bytes("ecs/ecs-9.5.0-dev-fields.json"))
        let category = try #require(
            ecs["event.category"]?["allowed_values"]?.items.first { $0["name"]?.text == "network" }
        )
        let expected = category["expected_event_types"]?.items ?? []
        for flow in FlowSamples.all {
            for type in try document(flow)["event"]?["type"]?.items ?? [] { #expect(expected.contains(type)) }
        }
    }

    @Test func `the reference page lists exactly the fields that documents have`() throws {
        let page = try String(
            contentsOf: SharedData.packageRoot.appending(path: "docs/reference/ecs.md"),
            encoding: .utf8
        )
        var documented: Set<String> = []
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            documented.insert(String(line.dropFirst(3).prefix { $0 != "`" }))
        }
        var written: Set<String> = []
        for flow in FlowSamples.all { written.formUnion(leaves(try document(flow)).map(\.name)) }
        #expect(documented == written.union(ECSFlowEncoderTests.customFields))
    }

    @Test func `start and end are marked on the first and the last report`() throws {
        var flow = FlowSamples.translated
        flow.observation.sequence = 2
        flow.observation.endReason = .activeTimeout
        #expect(try document(flow)["event"]?["type"]?.items == [.string("connection")])
        flow.observation.endReason = .idleTimeout
        #expect(try document(flow)["event"]?["type"]?.items == [.string("connection"), .string("end")])
    }

    @Test func `the id of a report outlives better knowledge, and differs between reports`() throws {
        let flow = FlowSamples.translated
        func id(_ change: (inout AttributedFlow) -> Void) throws -> String {
            var flow = flow
            change(&flow)
            return try #require(try document(flow)["event"]?["id"]?.text)
        }
        let original = try id { _ in }
        #expect(try id { $0.destination.endpoint = FlowSamples.end("1.1.1.1", 1) } == original)
        #expect(try id { $0.observation = $0.observation.turned(evidence: .servicePort) } == original)
        let others = [
            try id { $0.observation.sequence = 2 },
            try id { $0.observation.flowStart = Timestamp(seconds: 1) },
            try id { $0.observation.transport = .udp },
            try id { $0.observation.source = FlowSamples.end("172.17.0.8", 58003) },
            try id { $0.point = ObservationPoint(name: "other") },
        ]
        #expect(Set(others + [original]).count == 6)
    }

    @Test func `no two of a hundred thousand ids are the same`() {
        var seen: Set<String> = []
        var buffer = RecordBuffer()
        var observation = FlowSamples.observation()
        for port in 0..<1000 {
            for sequence in 1...100 {
                observation.source = FlowSamples.end("10.0.0.1", UInt16(port))
                observation.sequence = UInt32(sequence)
                buffer.removeAll()
                buffer.put(ReportID(observation, point: 0))
                seen.insert(String(decoding: buffer.bytes, as: UTF8.self))
            }
        }
        #expect(seen.count == 100_000)
    }

    @Test func `hostile names stay strings and the object stays an object`() throws {
        let evil = "a\",\"x\":{\n\u{0}\\ \u{202e}"
        var flow = FlowSamples.translated
        flow.destination.service = ServiceName(namespace: "n", name: evil)
        flow.source.identity = Identity(
            kind: .pod,
            namespace: evil,
            name: evil,
            labels: [Identity.Label(key: evil + ".x", value: evil), Identity.Label(key: "", value: "dropped")]
        )
        flow.source.reason = evil
        flow.point = ObservationPoint(name: evil, interface: evil)
        let document = try document(flow)
        #expect(document["destination"]?["kubernetes"]?["service"]?["name"]?.text == evil)
        #expect(document["source"]?["kubernetes"]?["pod"]?["name"]?.text == evil)
        #expect(document["source"]?["kubernetes"]?["labels"]?.fields == [evil + "_x": .string(evil)])
        #expect(document["observer"]?["egress"]?["interface"]?["name"]?.text == evil)
        #expect(document["podsight"]?["attribution"]?["source"]?["reason"]?.text == evil)
    }

    @Test func `extreme numbers and times are still valid`() throws {
        var flow = FlowSamples.translated
        flow.observation.forward = TrafficCount(packets: .max, bytes: .max)
        for time in [Timestamp.distantPast, .distantFuture, Timestamp(nanoseconds: -1), Timestamp(seconds: 0)] {
            flow.observation.start = .distantFuture
            flow.observation.end = time
            let document = try document(flow)
            #expect(document["@timestamp"]?.text == time.rfc3339)
            #expect(document["event"]?["duration"]?.int == 0)
            #expect(document["source"]?["bytes"]?.int == .max)
        }
    }

    @Test func `many identities and points keep the encoder's memory bounded and its output right`() throws {
        var encoder = ECSFlowEncoder()
        for index in 0..<20_000 {
            var flow = FlowSamples.translated
            flow.source.identity = Identity(kind: .pod, namespace: "n", name: "pod-\(index)")
            flow.point = ObservationPoint(name: "point-\(index)")
            var output: [UInt8] = []
            encoder.encode(flow, into: &output)
            guard index % 997 == 0 else { continue }
            let document = try JSONValue.parse(output)
            #expect(document["source"]?["kubernetes"]?["pod"]?["name"]?.text == "pod-\(index)")
            #expect(document["observer"]?["name"]?.text == "point-\(index)")
        }
    }

    @Test func `addresses are written as their description has them`() {
        var generator = SplitMix(state: 3)
        var buffer = RecordBuffer(capacity: 1)
        for _ in 0..<20_000 {
            let mask: UInt64 = [0, 0xffff, 0xffff_0000_ffff, .max][Int.random(in: 0..<4, using: &generator)]
            let mask2: UInt64 = [0, 0xffff_0000, .max << 32, .max][Int.random(in: 0..<4, using: &generator)]
            let addresses = [
                IPAddress(v4: UInt32(truncatingIfNeeded: generator.next())),
                IPAddress(v6: generator.next() & mask, generator.next() & mask2),
                IPAddress(v6: 0, 0xffff_0000_0000 | generator.next() >> 32),
            ]
            for address in addresses {
                buffer.removeAll()
                buffer.put(address)
                #expect(String(decoding: buffer.bytes, as: UTF8.self) == address.description)
            }
        }
    }
}
