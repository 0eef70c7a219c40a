import ClusterModel
import FlowModel
import NetworkAddressing

extension ChurnLife {
    /// The pods that one after the other serve a port of a node on the host network.
    mutating func runDaemons(_ node: Int, _ slot: Int) {
        let end = ClusterChurn.beginning.advanced(by: Int64(churn.options.seconds * 1e9))
        let port = UInt16(9_000 + slot)
        let address = IPAddress(v4: 0xc0a8_0000 + UInt32(node))
        var time = ClusterChurn.beginning.advanced(by: random.time(1, 60))
        var number = 0
        while time < end {
            let until = time.advanced(by: random.time(20, 900))
            let uid = "daemon-\(node)-\(slot)-\(number)"
            var pod = Pod(metadata: ObjectMetadata(name: uid, namespace: "system", uid: uid))
            pod.node = "node-\(node)"
            pod.usesHostNetwork = true
            pod.ports = [Pod.Port(number: port)]
            pod.phase = .running
            pod.addresses = [address]
            pod.hostAddresses = [address]
            let start = churn.stamped(time.advanced(by: random.time(0, 0.5)), node: node).wholeSecond
            pod.sandboxReady = start
            pod.containerStarts = [start]
            pod.runningSince = start
            changes.append(ChurnChange(time: time.advanced(by: random.time(0.6, 2)), object: .pod(pod)))
            let asked = until.advanced(by: -random.time(0.1, 1))
            pod.metadata.deletionAsked = asked.advanced(by: churn.serverClock + 30_000_000_000).wholeSecond
            pod.metadata.deletionGrace = 30
            changes.append(ChurnChange(time: asked, object: .pod(pod)))
            let gone = until.advanced(by: random.time(0.05, 2))
            changes.append(ChurnChange(time: gone, object: .pod(pod), isDeletion: true))
            churn.holdings.append(
                ClusterChurn.Holding(address: address, port: port, uid: uid, node: node, from: time, until: until)
            )
            time = until.advanced(by: random.time(0.1, 4))
            number += 1
        }
    }

    /// A service whose selector changes now and then, and its slice, which follows the pods.
    mutating func runService(_ number: Int) {
        let name = "service-\(number)"
        let end = ClusterChurn.beginning.advanced(by: Int64(churn.options.seconds * 1e9))
        var turns: [(from: Timestamp, application: Int)] = [(ClusterChurn.beginning.advanced(by: 2), number)]
        while let last = turns.last, last.from.advanced(by: 600_000_000_000) < end {
            turns.append((last.from.advanced(by: random.time(300, 900)), random.below(10)))
        }
        var steps: [(time: Timestamp, uid: String, isIn: Bool)] = []
        for (index, turn) in turns.enumerated() {
            var service = Service(metadata: ObjectMetadata(name: name, namespace: "churn", uid: name))
            service.selector = ["app": "app-\(turn.application)"]
            changes.append(ChurnChange(time: turn.from, object: .service(service)))
            let until = index + 1 < turns.count ? turns[index + 1].from : end
            for pod in readiness where pod.application == turn.application {
                let from = max(pod.from.advanced(by: random.time(2.5, 4)), turn.from.advanced(by: random.time(0.05, 1)))
                let last = min(pod.until, until).advanced(by: random.time(0.05, 1))
                guard from < last else { continue }
                steps.append((from, pod.uid, true))
                steps.append((last, pod.uid, false))
                churn.memberships[pod.uid, default: []].append((name, from, last))
            }
        }
        steps.sort { ($0.time, $0.uid) < ($1.time, $1.uid) }
        var slice = EndpointSlice(metadata: ObjectMetadata(name: name, namespace: "churn", uid: "slice-\(number)"))
        slice.service = name
        for step in steps {
            if step.isIn {
                slice.members.append(EndpointSlice.Member(addresses: [], podUID: step.uid, podName: step.uid))
            } else if let place = slice.members.firstIndex(where: { $0.podUID == step.uid }) {
                slice.members.remove(at: place)
            }
            changes.append(ChurnChange(time: step.time, object: .endpointSlice(slice)))
        }
    }

    /// Services that come and go and share few cluster addresses.
    mutating func runServiceAddresses() {
        let end = ClusterChurn.beginning.advanced(by: Int64(churn.options.seconds * 1e9))
        for place in 0..<12 as Range<UInt32> {
            let address = IPAddress(v4: 0x0a60_0000 + place)
            var time = ClusterChurn.beginning.advanced(by: random.time(3, 60))
            var number = 0
            while time < end {
                let until = time.advanced(by: random.time(15, 400))
                let uid = "address-\(place)-\(number)"
                let created = time.advanced(by: churn.serverClock).wholeSecond
                var service = Service(
                    metadata: ObjectMetadata(name: uid, namespace: "churn", uid: uid, created: created)
                )
                service.clusterAddresses = [address]
                service.ports = [Service.Port(number: 80)]
                changes.append(ChurnChange(time: time, object: .service(service)))
                changes.append(ChurnChange(time: until, object: .service(service), isDeletion: true))
                churn.services.append(
                    ClusterChurn.Holding(address: address, port: 80, uid: uid, node: -1, from: time, until: until)
                )
                time = until.advanced(by: random.time(0.1, 20))
                number += 1
            }
        }
    }
}
