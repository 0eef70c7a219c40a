import FlowModel
import FlowQuery
import Foundation
import JSONText
import NetworkAddressing
import Testing

@testable import RecordFormats

@Suite struct GraphAndStatusTests {
    @Test func `the graph of flows has the members that the API promises`() throws {
        var builder = FlowGraphBuilder(
            scope: .workload,
            from: Timestamp(nanoseconds: 1_795_224_900_000_000_000),
            to: Timestamp(nanoseconds: 1_795_225_000_000_000_000)
        )
        for flow in FlowSamples.all { builder.add(flow) }
        let json = try JSONValue.parse(builder.graph().json())
        #expect(json["from"]?.text == "2026-11-21T01:35:00.000000000Z")
        #expect(json["seconds"]?.number == 100)
        #expect(json["scope"]?.text == "workload")
        #expect(
            Set(json.fields.keys) == ["from", "to", "seconds", "scope", "totals", "nodes", "edges", "hidden"]
        )
        #expect(
            Set((json["totals"]?.fields ?? [:]).keys)
                == ["bytes", "packets", "flows", "reports", "countedTwiceAvoided"]
        )
        let node = try #require(json["nodes"]?.items.first { $0["name"]?.text == "cart" })
        #expect(
            Set(node.fields.keys)
                == ["id", "namespace", "kind", "name", "sentBytes", "receivedBytes", "flows", "pods"]
        )
        #expect(node["id"]?.text == "robot-shop/Deployment/cart")
        let edge = try #require(
            json["edges"]?.items.first { $0["services"]?.items == [.string("robot-shop/catalogue")] }
        )
        #expect(
            Set(edge.fields.keys) == [
                "id", "source", "target", "forward", "backward", "bytes", "flows", "bytesPerSecond", "ports",
                "services", "lastSeen",
            ]
        )
        #expect(edge["source"]?.text == "robot-shop/Deployment/cart")
        #expect(edge["forward"]?["bytes"]?.int == 512)
        #expect(edge["backward"]?["packets"]?.int == 5)
        #expect(edge["bytesPerSecond"]?.number == 12.12)
        #expect(edge["ports"]?.items.first?["transport"]?.text == "tcp")
        #expect(edge["ports"]?.items.first?["port"]?.int == 8080)
    }

    @Test func `a status page shows what matters and hides what is zero`() throws {
        let status = try JSONValue.parse(
            """
            {"version":"0.1.0","mode":"live","started":"2026-11-21T01:00:00Z","now":"2026-11-21T02:00:00.5Z",
             "store":{"path":"/var/lib/podsight.db","bytes":123456,"flows":4567,"blocks":7,"oldest":null,"newest":null,
              "retentionSeconds":604800,"bytesMax":1073741824,"writeFailures":0,"flowsNotStored":3},
             "capture":{"points":[{"name":"eth0","packets":12345,"bytes":3456,"metered":12000,"notIP":1,
               "malformed":{"truncated_ipv4":1,"x":2},"dropped":0}],
              "totals":{"packets":12345,"metered":12000,"notIP":1,"malformed":3,"dropped":0}},
             "metering":{"activeFlows":10,"reports":99,"queueDropped":0},
             "cluster":{"connected":true,"source":"kubeconfig mini\\u001b[31mkube","message":"","objects":{"Pod":12,"Node":1},
              "pods":12,"services":5,"lastEvent":null,"gaps":0,"errors":2},
             "translations":{"known":123,"source":"conntrack.txt"},
             "attribution":{"address":30,"unknown":10,"node":0}}
            """
        )
        let page = StatusText.render(status)
        let lines = page.split(separator: "\n").map(String.init)
        #expect(lines[0] == "podsight 0.1.0   live   2026-11-21T02:00:00.500Z   up since 2026-11-21T01:00:00.000Z")
        #expect(page.contains("connected: kubeconfig mini\u{fffd}[31mkube"))
        #expect(page.contains("12 pods, 5 services, 13 objects of 2 kinds"))
        #expect(page.contains("2 errors"))
        #expect(!page.contains("gaps"))
        #expect(page.contains("/var/lib/podsight.db: 4,567 flows, 7 blocks, 123 KB of at most 1.07 GB"))
        #expect(page.contains("3 flows not stored"))
        #expect(!page.contains("write failures"))
        #expect(page.contains("keeps 7d00h"))
        let attribution = lines.map { $0.split(separator: " ").map(String.init) }
        #expect(attribution.contains(["Attribution", "address", "30", "75.0", "%"]))
        #expect(attribution.contains(["unknown", "10", "25.0", "%"]))
        let capture = lines.filter { $0.contains("12,345") }
        #expect(capture.count == 2)
        #expect(capture.allSatisfy { $0.hasSuffix("12,000       1          3        0") })
    }

    @Test func `exporters are listed with what they lost`() throws {
        let status = try JSONValue.parse(
            """
            {"exporters":[
              {"id":"uid-1","pod":"shop/cart-0","node":"n1","lastSeen":"2026-11-21T02:00:00.5Z","batches":1200,
               "duplicates":3,"reports":45000,"losses":{"ring_full":7,"export_dropped":90}},
              {"id":"h\\u001b","pod":"","node":"","lastSeen":null,"batches":0,"duplicates":0,"reports":0,"losses":{}}]}
            """
        )
        let lines = StatusText.render(status).split(separator: "\n").map { line in
            line.split(separator: " ").map(String.init)
        }
        #expect(lines.contains { $0.first == "Exporters" && $0.contains("AGAIN") })
        #expect(
            lines.contains([
                "shop/cart-0", "n1", "2026-11-21T02:00:00.500Z", "1,200", "3", "45,000", "90", "export_dropped,", "7",
                "ring_full",
            ])
        )
        #expect(lines.contains(["h\u{fffd}", "-", "-", "0", "0", "0", "0"]))
    }

    @Test(arguments: ["{}", "[]", "null", #"{"capture":{},"store":{"bytes":-5},"cluster":7,"attribution":[]}"#])
    func `a status that lacks everything still makes a page`(json: String) throws {
        #expect(StatusText.render(try JSONValue.parse(json)).hasPrefix("podsight"))
    }
}
