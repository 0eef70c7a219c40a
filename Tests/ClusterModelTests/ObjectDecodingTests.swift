import ClusterModel
import FlowModel
import JSONText
import NetworkAddressing
import TestSupport
import Testing

@Suite struct ObjectDecodingTests {
    private func pod(_ text: String) throws -> Pod? {
        guard case .pod(let pod) = try ClusterObject.decode(kind: .pod, json: JSONValue.parse(text)) else { return nil }
        return pod
    }

    @Test func `a pod's fields are read`() throws {
        let pod = try #require(
            try pod(
                """
                {"kind":"Pod","metadata":{"name":"p","namespace":"n","uid":"u","resourceVersion":"12",
                 "creationTimestamp":"2026-11-21T01:35:20Z","labels":{"a":"b","env":"prod"},
                 "ownerReferences":[{"kind":"X","name":"x","uid":"0"},
                   {"kind":"ReplicaSet","name":"r","uid":"1","controller":true}]},
                 "spec":{"nodeName":"n1","hostNetwork":true,"containers":[{"name":"c",
                   "ports":[{"containerPort":53,"protocol":"UDP"},{"containerPort":80,"hostPort":8080},
                            {"containerPort":99999}]}]},
                 "status":{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"},{"ip":"x"}],
                  "hostIP":"192.168.0.1","hostIPs":[{"ip":"192.168.0.1"}],
                  "conditions":[{"type":"PodReadyToStartContainers","status":"True","lastTransitionTime":"2026-11-21T01:35:21Z"}],
                  "containerStatuses":[{"state":{"running":{"startedAt":"2026-11-21T01:35:30Z"}},
                    "lastState":{"terminated":{"startedAt":"2026-11-21T01:35:22Z","finishedAt":"2026-11-21T01:35:29Z"}}}]}}
                """
            )
        )
        #expect(pod.metadata.version == 12)
        #expect(pod.metadata.controller == OwnerReference(kind: "ReplicaSet", name: "r", uid: "1"))
        #expect(pod.metadata.labels == ["a": "b", "env": "prod"])
        #expect(pod.node == "n1")
        #expect(pod.usesHostNetwork)
        #expect(pod.ports == [Pod.Port(number: 53, transport: .udp), Pod.Port(number: 80, hostPort: 8080)])
        #expect(pod.addresses.map(\.description) == ["10.0.0.1", "fd00::1"])
        #expect(pod.hostAddresses.map(\.description) == ["192.168.0.1"])
        #expect(pod.sandboxReady == Timestamp(rfc3339: "2026-11-21T01:35:21Z"))
        #expect(
            pod.containerStarts.map(\.description).map { $0.prefix(19) } == [
                "2026-11-21T01:35:22", "2026-11-21T01:35:30",
            ]
        )
        #expect(pod.lastFinish == Timestamp(rfc3339: "2026-11-21T01:35:29Z"))
        #expect(pod.runningSince == Timestamp(rfc3339: "2026-11-21T01:35:30Z"))
    }

    @Test(arguments: [
        "{}", "[]", "null", "1", #"{"metadata":{}}"#, #"{"metadata":[]}"#, #"{"metadata":{"name":7}}"#,
        #"{"kind":"Service","metadata":{"name":"s"}}"#,
    ])
    func `what is no pod is refused with a reason`(text: String) throws {
        let json = try JSONValue.parse(text)
        #expect(throws: UndecodableObject.self) { try ClusterObject.decode(kind: .pod, json: json) }
    }

    @Test func `a pod that was evicted ended when it ceased to be ready`() throws {
        let pod = try #require(
            try pod(
                """
                {"metadata":{"name":"p","uid":"u","deletionTimestamp":"2026-11-21T01:36:00Z",
                  "deletionGracePeriodSeconds":30},
                 "status":{"phase":"Failed","conditions":[
                  {"type":"Ready","status":"False","lastTransitionTime":"2026-11-21T01:35:40Z"}]}}
                """
            )
        )
        #expect(pod.lastFinish == Timestamp(rfc3339: "2026-11-21T01:35:40Z"))
        #expect(pod.metadata.deletionGrace == 30)
    }

    @Test(arguments: ObjectKind.allCases) func `fields of the wrong type are passed over`(kind: ObjectKind) throws {
        let wrong = ["7", "\"x\"", "null", "[1,[2]]", "{\"a\":{}}", "true", "-1e300"]
        for value in wrong {
            let json = try JSONValue.parse(
                """
                {"metadata":{"name":"x","namespace":\(value),"uid":\(value),"labels":\(value),"ownerReferences":\(value),
                 "creationTimestamp":\(value)},"spec":\(value),"status":\(value),"endpoints":\(value),"ports":\(value)}
                """
            )
            #expect(try ClusterObject.decode(kind: kind, json: json).metadata.name == "x")
            let deeper = try JSONValue.parse(
                """
                {"metadata":{"name":"x"},"spec":{"containers":\(value),"ports":[\(value),{"port":\(value)}],"clusterIPs":\(value),
                 "podCIDRs":[\(value)],"selector":\(value)},"status":{"podIPs":[\(value)],"conditions":[\(value)],
                 "containerStatuses":[{"state":\(value)}],"addresses":[\(value)],"loadBalancer":{"ingress":[\(value)]}},
                 "endpoints":[\(value),{"addresses":\(value),"conditions":\(value),"targetRef":\(value)}]}
                """
            )
            #expect(try ClusterObject.decode(kind: kind, json: deeper).kind == kind)
        }
    }

    @Test func `services, slices and nodes are read`() throws {
        func decode(_ kind: ObjectKind, _ text: String) throws -> ClusterObject {
            try ClusterObject.decode(kind: kind, json: JSONValue.parse(text))
        }
        guard
            case .service(let service) = try decode(
                .service,
                """
                {"metadata":{"name":"s"},"spec":{"type":"LoadBalancer","clusterIP":"10.96.0.1",
                 "clusterIPs":["10.96.0.1","fd00::2"],"externalIPs":["1.2.3.4"],"selector":{"app":"web"},
                 "ports":[{"name":"http","port":80,"nodePort":30080,"targetPort":8080},{"port":53,"protocol":"UDP","targetPort":"dns"}]},
                 "status":{"loadBalancer":{"ingress":[{"ip":"5.6.7.8"},{"hostname":"x"}]}}}
                """
            ),
            case .service(let headless) = try decode(
                .service,
                #"{"metadata":{"name":"h"},"spec":{"clusterIP":"None","clusterIPs":["None"]}}"#
            ),
            case .endpointSlice(let slice) = try decode(
                .endpointSlice,
                """
                {"metadata":{"name":"s-1","labels":{"kubernetes.io/service-name":"s"}},"addressType":"IPv4",
                 "endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":false,"serving":true,"terminating":true},
                   "targetRef":{"kind":"Pod","uid":"u","name":"p"}},{"addresses":["10.0.0.2"]}],
                 "ports":[{"name":"http","port":8080,"protocol":"TCP"}]}
                """
            ),
            case .node(let node) = try decode(
                .node,
                """
                {"metadata":{"name":"n","labels":{"topology.kubernetes.io/zone":"z"}},"spec":{"podCIDR":"10.244.0.0/24",
                 "podCIDRs":["10.244.0.0/24","fd01::/64"]},"status":{"addresses":[{"type":"InternalIP","address":"192.168.0.1"},
                  {"type":"Hostname","address":"n"},{"type":"ExternalIP","address":"4.4.4.4"}]}}
                """
            )
        else {
            Issue.record("another kind was read")
            return
        }
        #expect(service.clusterAddresses.map(\.description) == ["10.96.0.1", "fd00::2"])
        #expect(service.externalAddresses.map(\.description) == ["1.2.3.4"])
        #expect(service.balancerAddresses.map(\.description) == ["5.6.7.8"])
        #expect(service.ports.map(\.target) == ["8080", "dns"])
        #expect(service.ports.map(\.nodePort) == [30080, 0])
        #expect(service.ports.map(\.transport) == [.tcp, .udp])
        #expect(headless.clusterAddresses == [])
        #expect(slice.service == "s")
        #expect(slice.members.map(\.podUID) == ["u", ""])
        #expect(slice.members.map(\.isReady) == [false, true])
        #expect(slice.members.map(\.isTerminating) == [true, false])
        #expect(node.zone == "z")
        #expect(node.addresses.map(\.description) == ["192.168.0.1", "4.4.4.4"])
        #expect(node.podBlocks.map(\.description) == ["10.244.0.0/24", "fd01::/64"])
    }

    @Test func `manifests become one state that always held`() throws {
        let documents = try [
            #"{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"a"}},{"kind":"Secret","metadata":{"name":"x"}},{"metadata":{}}]}"#,
            #"{"kind":"PodList","items":[{"metadata":{"name":"b"}},{"kind":"Pod","metadata":{"name":"c"}}]}"#,
            #"{"kind":"Service","metadata":{"name":"s","namespace":"n"}}"#, "null", "[]", #"{"kind":"Pod"}"#,
        ].map { try JSONValue.parse($0) }
        let reader = ManifestReader(documents)
        #expect(reader.events.map(\.time) == [.distantPast, .distantPast])
        #expect(reader.events.map(\.kind) == [.pod, .service])
        guard case .listed(.pod, let pods, "", _) = reader.events.first else {
            Issue.record("no pods")
            return
        }
        #expect(pods.map(\.metadata.name) == ["a", "b", "c"])
        #expect(pods.map(\.id) == ["/a", "/b", "/c"])
        #expect(reader.skipped == ["Secret": 1, "": 2])
        #expect(reader.problems == ["a Pod: the object has no metadata"])
    }

    @Test func `paths lead to kinds and back`() {
        for kind in ObjectKind.allCases { #expect(ObjectKind(apiPath: kind.apiPath) == kind) }
        #expect(ObjectKind(apiPath: "/api/v1/namespaces/x/pods") == nil)
        #expect(ObjectKind(apiPath: "") == nil)
    }
}
