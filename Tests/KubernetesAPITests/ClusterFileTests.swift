import ClusterModel
import FlowModel
import Foundation
import TestSupport
import Testing

@testable import KubernetesAPI

struct ClusterFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func counts(_ file: ClusterFile) -> [String: Int] {
        var counts: [String: Int] = [:]
        for case .listed(let kind, let objects, _, _) in file.events {
            counts[kind.rawValue, default: 0] += objects.count
        }
        return counts
    }

    private func error(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = try folder.write(name, bytes)
        let error = #expect(throws: ClusterFileError.self) { try ClusterFile.load(path) }
        let text = error?.description ?? ""
        #expect(text.hasPrefix(path))
        #expect(!text.contains("\n"))
        return String(text.dropFirst(path.count))
    }

    private func error(_ name: String, _ text: String) throws -> String { try error(name, Array(text.utf8)) }

    private static let pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {version: "1.10", tier: 010}}
        status: {podIP: 10.0.0.5}
        """

    private static let podJSON = """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
        """

    // MARK: Real files

    /// Counted by a script that joins the chunks of each connection and reads each line.
    @Test(.needsSharedData) func `the robot-shop recording gives every list and every change`() throws {
        let file = try ClusterFile.load(SharedData.folder.appending(path: "robot-shop/cluster.jsonl").path)
        #expect(file.format == .recording)
        #expect(file.description == "recording cluster.jsonl")
        #expect(file.problems.isEmpty)
        var changed = 0
        var deleted = 0
        // Endpoints are counted below: the recorder watched them beside the slices that say the same.
        for event in file.events where event.kind != .endpoints {
            if case .changed = event { changed += 1 }
            if case .deleted = event { deleted += 1 }
        }
        #expect((changed, deleted) == (456, 79))
        let counts = Self.counts(file)
        #expect((counts["Service"], counts["EndpointSlice"], counts["Node"]) == (21, 20, 2))
        #expect(counts["Endpoints"] == 18)
        #expect((counts["ReplicaSet"], counts["Job"], counts["CronJob"]) == (12, 4, 2))
        #expect(zip(file.events, file.events.dropFirst()).allSatisfy { $0.time <= $1.time })
    }

    @Test(.needsSharedData) func `the robot-shop manifests give their objects`() throws {
        let file = try ClusterFile.load(SharedData.folder.appending(path: "robot-shop/manifests.yaml").path)
        #expect(file.format == .manifests)
        #expect(file.description == "manifests of manifests.yaml")
        #expect(Self.counts(file) == ["Service": 12, "Deployment": 11, "StatefulSet": 1])
        #expect(file.problems.isEmpty)
    }

    /// Different objects by kind, namespace and name, counted with PyYAML.
    @Test(
        .needsSharedData,
        arguments: [
            ("bookinfo", ["Service": 12, "Deployment": 12]),
            ("sock-shop", ["Service": 28, "Deployment": 25, "Namespace": 4, "DaemonSet": 3, "Job": 1]),
            ("online-boutique", ["Service": 12, "Deployment": 12]),
            ("istio-samples", ["Service": 4, "Deployment": 7]),
        ]
    )
    func `a folder gives the objects of all its files`(name: String, expected: [String: Int]) throws {
        let file = try ClusterFile.load(SharedData.folder.appending(path: "k8s-manifests/\(name)/").path)
        #expect(Self.counts(file) == expected)
        #expect(file.description == "manifests of \(name)")
        #expect(file.events.allSatisfy { $0.time == .distantPast })
    }

    /// The same object in both encodings, as Kubernetes' own round-trip tests have it.
    @Test(
        .needsSharedData,
        arguments: [
            "apps.v1.DaemonSet", "apps.v1.Deployment", "apps.v1.ReplicaSet", "apps.v1.StatefulSet", "core.v1.Namespace",
            "core.v1.Node", "core.v1.Pod", "core.v1.Service",
        ]
    )
    func `an object is the same from YAML and from JSON`(name: String) throws {
        let path = SharedData.folder.appending(path: "k8s-manifests/api-roundtrip/\(name)").path
        let yaml = try ClusterFile.load(path + ".yaml")
        #expect(yaml.events == (try ClusterFile.load(path + ".json")).events)
        #expect(yaml.events.count == 1)
    }

    // MARK: Sorts of file

    @Test func `what a file is, is told by its content and not by its name`() throws {
        let pod = ["Pod": 1]
        #expect(Self.counts(try ClusterFile.load(try folder.write("a.txt", Self.pod))) == pod)
        #expect(Self.counts(try ClusterFile.load(try folder.write("b.yaml", Self.podJSON))) == pod)
        #expect(Self.counts(try ClusterFile.load(try folder.write("c.jsonl", Self.podJSON))) == pod)
        #expect(Self.counts(try ClusterFile.load(try folder.write("d", "\u{feff}" + Self.pod))) == pod)
        let recording = """
            {"t":1,"note":{"run":"x"}}
            {"t":2.5,"id":1,"method":"GET","url":"/api/v1/pods","request":{}}
            {"t":3,"id":1,"method":"GET","url":"/api/v1/pods","status":200,\
            "chunk":"{\\"kind\\":\\"PodList\\",\\"metadata\\":{\\"resourceVersion\\":\\"7\\"},\\"items\\":[]}"}
            {"t":4,"id":1,"method":"GET","url":"/api/v1/pods","status":200,"end":true}
            """
        let file = try ClusterFile.load(try folder.write("e.yaml", recording))
        #expect(file.events == [.listed(.pod, objects: [], resourceVersion: "7", at: Timestamp(seconds: 4))])
    }

    @Test func `values have Kubernetes' types`() throws {
        let file = try ClusterFile.load(try folder.write("pod.yaml", Self.pod))
        guard case .listed(_, let objects, _, _)? = file.events.first, case .pod(let pod)? = objects.first else {
            Issue.record("no pod")
            return
        }
        #expect(pod.metadata.labels["version"] == "1.10")
    }

    @Test func `lists of kubectl get are unpacked and other kinds counted`() throws {
        let text = """
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: Service, metadata: {name: a}}
            - {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {password: c2VjcmV0}}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: c}
            ---
            just: a note
            """
        let file = try ClusterFile.load(try folder.write("list.yaml", text))
        #expect(Self.counts(file) == ["Service": 1])
        #expect(file.skipped == ["Secret": 1, "ConfigMap": 1])
        #expect(file.problems == ["\(folder.path)/list.yaml, line 11: no Kubernetes object (apiVersion and kind)"])
    }

    @Test func `in a folder what is no manifest is a problem, and the last of the same object counts`() throws {
        let pod = Self.podJSON
        try folder.write("k/a.json", pod)
        try folder.write("k/b/c.yml", Self.pod)
        try folder.write("k/values.yaml", "replicas: 3\n")
        try folder.write("k/template.yaml", "a: {{ .Values.a }}\n")
        try folder.write("k/README.md", "text")
        try folder.write("k/.git/x.yaml", Self.pod.replacing("web", with: "hidden"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/k/loop",
            withDestinationPath: folder.path + "/k"
        )
        let file = try ClusterFile.load(folder.path + "/k/")
        guard case .listed(.pod, let objects, _, _)? = file.events.first else {
            Issue.record("no pods")
            return
        }
        #expect(objects.count == 1)
        #expect(objects.first?.metadata.labels.isEmpty == false)
        #expect(file.problems.count == 2)
        #expect(file.problems.first?.hasPrefix("\(folder.path)/k/template.yaml, line 1: ") == true)
        #expect(
            file.problems.last == "\(folder.path)/k/values.yaml, line 1: no Kubernetes object (apiVersion and kind)"
        )
    }

    // MARK: Faults, one clear line each

    @Test func `what is not there or empty says so`() throws {
        let error = #expect(throws: ClusterFileError.self) { try ClusterFile.load("/nowhere/x.yaml") }
        #expect(error?.description == "/nowhere/x.yaml does not exist; \(ClusterFileError.expected)")
        #expect(try self.error("empty", "") == " is empty; \(ClusterFileError.expected)")
        #expect(try self.error("spaces", " \n\n ") == " is empty; \(ClusterFileError.expected)")
        #expect(try self.error("comments.yaml", "# nothing\n---\n") == " is empty; \(ClusterFileError.expected)")
        try FileManager.default.createDirectory(atPath: folder.path + "/d", withIntermediateDirectories: true)
        let none = #expect(throws: ClusterFileError.self) { try ClusterFile.load(folder.path + "/d") }
        #expect(none?.problem == "is a folder without any .json, .yaml or .yml file")
    }

    @Test(.needsSharedData) func `a capture is named as one`() throws {
        let path = SharedData.folder.appending(path: "robot-shop/nodes/minikube-eth0.pcap").path
        let error = #expect(throws: ClusterFileError.self) { try ClusterFile.load(path) }
        #expect(error?.problem == "is a packet capture, which is given without --cluster")
        let log = SharedData.folder.appending(path: "robot-shop/conntrack.txt").path
        let other = #expect(throws: ClusterFileError.self) { try ClusterFile.load(log) }
        #expect(other?.isOtherSort == true)
        #expect(other?.line != nil)
    }

    @Test(arguments: [
        ("{\"kind\": \"Pod\", \"apiVersion\": \"v1\",\n \"metadata\": {\"name\": ", ", line 2: the JSON is cut off: "),
        ("{\"kind\": \"Pod\",\n oops}", ", line 2: not JSON: expected "),
        ("kind: Pod\nmetadata: {name: [}\n", ", line 2: "),
        ("replicas: 3", ", line 1: no Kubernetes object (apiVersion and kind); expected "),
        ("some words in a log file", ", line 1: no Kubernetes object (apiVersion and kind); expected "),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: s}", " has no objects that say who talks to whom"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {}", " has no readable object ("),
        ("apiVersion: v1\nkind: PodList\nitems: []", " lists no objects; expected "),
        ("\u{1f}\u{8b}", " is not text; expected "),
        ("PK\u{3}\u{4}", " is an archive (zip): unpack it first; expected "),
        ("{\"t\":1,\"id\":1,\"url\":\"/api/v1/secrets\",\"request\":{}}", " is a recording without any list or watch"),
        ("{\"t\":1,\"note\":{}}\n{\"t\":2,", ", line 2: "),
    ])
    func `a fault names file and line and what was expected`(text: String, message: String) throws {
        let bytes = text.hasPrefix("\u{1f}") ? [0x1f, 0x00, 0x8b] : Array(text.utf8)
        let description = try error("file", bytes)
        #expect(description.hasPrefix(message), "\(description)")
    }

    @Test func `a pipe can be read`() throws {
        let path = folder.path + "/pipe"
        try #require(mkfifo(path, 0o600) == 0)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "cat > \(path)"]
        let input = Pipe()
        process.standardInput = input
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(Self.pod.utf8))
        try input.fileHandleForWriting.close()
        #expect(Self.counts(try ClusterFile.load(path)) == ["Pod": 1])
        process.waitUntilExit()
    }
}
