import ClusterHistory
import ClusterModel
import FlowModel
import NetworkAddressing

/// The lists of a large cluster, from the bytes of their pages to a history that answers.
struct ListRun {
    private static let pageSize = 500
    /// A pod's JSON with the words `@NAME@`, `@UID@`, `@APPLICATION@`, `@NODE@` and `@ADDRESS@` in it.
    private let template: [Substring]
    private var history = ClusterHistory()
    private var bytes = 0
    /// Nanoseconds of decoding and of applying, without what making the pages takes.
    private var decoding = 0.0
    private var applying = 0.0

    init(template: String) { self.template = template.split(separator: "@", omittingEmptySubsequences: false) }

    mutating func measure() {
        list(.node, 5_000) { number in
            """
            {"metadata":{"name":"node-\(number)","uid":"node-uid-\(number)","resourceVersion":"7",\
            "labels":{"kubernetes.io/hostname":"node-\(number)","topology.kubernetes.io/zone":"zone-\(number % 3)"}},\
            "spec":{"podCIDR":"\(IPAddress(v4: 0x0a00_0000 + UInt32(number) * 256))/24"},\
            "status":{"addresses":[{"type":"InternalIP","address":"\(IPAddress(v4: 0xac10_0000 + UInt32(number)))"}]}}
            """
        }
        list(.service, 10_000) { number in
            """
            {"metadata":{"name":"service-\(number)","namespace":"namespace-\(number % 200)",\
            "uid":"service-uid-\(number)","resourceVersion":"7","creationTimestamp":"2026-11-21T01:35:20Z",\
            "labels":{"app":"application-\(number)"}},"spec":{"type":"ClusterIP",\
            "clusterIP":"\(IPAddress(v4: 0x0a60_0000 + UInt32(number)))","selector":{"app":"application-\(number)"},\
            "ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":8080}]}}
            """
        }
        list(.endpointSlice, 10_000, slice)
        list(.pod, 150_000, pod)
        HistoryBenchmark.report("bytes of JSON", Double(bytes) / 1e6, "MB")
        HistoryBenchmark.report("decoding", decoding / 1e9, "s")
        HistoryBenchmark.report("applying", applying / 1e9, "s")
        HistoryBenchmark.report("memory", Double(HistoryBenchmark.peakMemory) / 1e6, "MB")
        let time = Timestamp(seconds: SamplePods.beginning + 1)
        let found = (0..<150_000).count { history.soleOwner(of: SamplePods.address($0), at: time) != nil }
        HistoryBenchmark.report("pods found", Double(found), "")
    }

    private func pod(_ number: Int) -> String {
        var text = ""
        for part in template {
            switch part {
            case "NAME": text += "application-\(number / 15)-6bd4b9698f-\(number)"
            case "UID": text += SamplePods.uid(number, 0)
            case "APPLICATION": text += "application-\(number / 15)-6bd4b9698f"
            case "NODE": text += "node-\(number % 5_000)"
            case "ADDRESS": text += "\(SamplePods.address(number))"
            default: text += part
            }
        }
        return text
    }

    private func slice(_ number: Int) -> String {
        let members = (number * 15..<number * 15 + 15).map { pod in
            """
            {"addresses":["\(SamplePods.address(pod))"],"conditions":{"ready":true,"serving":true,"terminating":false},\
            "nodeName":"node-\(pod % 5_000)","targetRef":{"kind":"Pod","name":"application-\(number)-6bd4b9698f-\(pod)",\
            "namespace":"namespace-\(number % 200)","uid":"\(SamplePods.uid(pod, 0))"}}
            """
        }
        return """
            {"metadata":{"name":"service-\(number)-x2","namespace":"robot-shop","uid":"slice-uid-\(number)",\
            "resourceVersion":"7","labels":{"kubernetes.io/service-name":"service-\(number)"}},"addressType":"IPv4",\
            "endpoints":[\(members.joined(separator: ","))],"ports":[{"name":"http","port":8080,"protocol":"TCP"}]}
            """
    }

    /// Reads a list as a watcher does: page by page, and then all at once.
    private mutating func list(_ kind: ObjectKind, _ count: Int, _ item: (Int) -> String) {
        var objects: [ClusterObject] = []
        for first in stride(from: 0, to: count, by: ListRun.pageSize) {
            let items = (first..<min(count, first + ListRun.pageSize)).map(item).joined(separator: ",")
            let text = #"{"kind":"\#(kind.rawValue)List","metadata":{"resourceVersion":"9"},"items":["# + items + "]}"
            let page = Array(text.utf8)
            bytes += page.count
            let start = HistoryBenchmark.clock
            if let page = try? ListPage(kind: kind, body: page[...]) { objects += page.objects }
            decoding += HistoryBenchmark.clock - start
        }
        let start = HistoryBenchmark.clock
        history.apply(
            .listed(
                kind,
                objects: objects,
                resourceVersion: "9",
                at: Timestamp(seconds: SamplePods.beginning)
            )
        )
        applying += HistoryBenchmark.clock - start
    }
}
