import ClusterHistory
import ClusterModel
import FlowModel
import Foundation
import JSONText
import NetworkAddressing
import TestSupport
import Testing

/// The recorded robot-shop run against what its traffic generator knows to be true.
@Suite(.needsSharedData) struct RobotShopTruthTests {
    private struct Tally: CustomStringConvertible {
        var right = 0
        var wrong: [String] = []
        var ambiguous = 0
        var unknown: [String] = []

        mutating func count(_ owners: [Identity], _ what: String, isRight: (Identity) -> Bool) {
            switch owners.count {
            case 0: unknown.append(what)
            case 1 where isRight(owners[0]): right += 1
            case 1: wrong.append("\(what) got \(owners[0])")
            default: ambiguous += 1
            }
        }

        var description: String {
            "right \(right), wrong \(wrong.count), ambiguous \(ambiguous), unknown \(unknown.count)"
        }
    }

    private static let recording = Result { RecordingReader(try SharedData.bytes("robot-shop/cluster.jsonl")) }

    @Test func `the recording is read without a problem`() throws {
        let reader = try RobotShopTruthTests.recording.get()
        #expect(reader.problems == [])
        #expect(reader.notes > 30)
        #expect(reader.events.count > 500)
        #expect(zip(reader.events, reader.events.dropFirst()).allSatisfy { $0.time <= $1.time })
        #expect(!reader.events.contains { if case .gap = $0 { true } else { false } })
    }

    @Test func `every address belongs to the pod that really had it`() throws {
        let history = ClusterHistory(try RobotShopTruthTests.recording.get().events)
        var callers = Tally()
        var callersAtEnd = Tally()
        var callersByClock = Tally()
        var answerers = Tally()
        var services = Tally()
        for line in try SharedData.lines("robot-shop/traffic_truth.jsonl") {
            let truth = try JSONValue.parse(line)
            let start = try #require(time(truth["t"]))
            let end = time(truth["t_end"]) ?? start
            if let uid = truth["src_uid"]?.text, let source = truth["src_ip"]?.text.flatMap({ IPAddress($0) }) {
                let what = "\(truth["src_pod"]?.text ?? "") \(source) at \(start)"
                callers.count(history.owners(of: source, at: start).map(\.identity), what) { $0.uid == uid }
                let holder = history.podHolding(source, from: start, to: start)
                callersByClock.count(RobotShopTruthTests.identities(holder), what) { $0.uid == uid }
                callersAtEnd.count(history.owners(of: source, at: end).map(\.identity), what) { $0.uid == uid }
            }
            if let answer = truth["answer"]?.text?.split(separator: " ").first {
                let pod = history.pod(named: answer, at: start)
                let uid = pod?.uid ?? ""
                let addresses = history.podAddresses(uid: uid)
                let owning = addresses.flatMap { history.owners(of: $0, at: start) }.map(\.identity)
                answerers.count(Array(Set(owning.filter { $0.uid == uid })), "\(answer) at \(start)") {
                    $0.name == answer
                }
            }
            if let name = truth["dst_service"]?.text, let port = truth["dst_port"]?.int,
                let address = truth["dst_ip"]?.text.flatMap({ IPAddress($0) }), truth["src_pod"]?.text != nil
            {
                let found = history.service(at: address, port: UInt16(port), transport: .tcp, at: start)
                services.count([found].compactMap(\.self), "\(name) \(address):\(port) at \(start)") { $0.name == name }
            }
        }
        print("callers:        \(callers)")
        print("callers at end: \(callersAtEnd)")
        print("callers, alone: \(callersByClock)")
        print("answerers:      \(answerers)")
        print("services:       \(services)")
        for tally in [callers, callersAtEnd, callersByClock, answerers, services] {
            #expect(tally.wrong.prefix(5) == [])
            #expect(tally.unknown.prefix(5) == [])
            #expect(tally.ambiguous == 0)
            #expect(tally.right > 100)
        }
    }

    @Test func `every packet at a pod's interface is from or to the pod that owns the address then`() throws {
        let history = ClusterHistory(try RobotShopTruthTests.recording.get().events)
        let folder = SharedData.folder.appending(path: "robot-shop/captures")
        var packets = Tally()
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            // A pod captured anew after a change of address or UID has the time in its file's name.
            var name = file.dropLast(".pcap".count)
            if let time = name.split(separator: "-").last, time.count == 10, Int(time) != nil {
                name = name.dropLast(11)
            }
            for packet in try CapturedAddresses.read(SharedData.bytes("robot-shop/captures/\(file)")) {
                let what = "\(file) \(packet.source) > \(packet.destination) at \(packet.time)"
                guard let pod = history.pod(named: name, at: packet.time) else {
                    packets.unknown.append("no pod: \(what)")
                    continue
                }
                let ends = [packet.source, packet.destination]
                guard let own = ends.first(where: { history.podAddresses(uid: pod.uid).contains($0) }) else {
                    packets.unknown.append("no own address: \(what)")
                    continue
                }
                packets.count(history.owners(of: own, at: packet.time).map(\.identity), what) {
                    $0.name == name && $0.uid == pod.uid
                }
            }
        }
        print("packets:        \(packets)")
        #expect(packets.wrong.prefix(5) == [])
        #expect(packets.unknown.prefix(5) == [])
        #expect(packets.ambiguous == 0)
        #expect(packets.right > 5_000)
    }

    @Test func `what the experiment changed is seen in its time`() throws {
        let events = try RobotShopTruthTests.recording.get().events
        let history = ClusterHistory(events)
        let moved = try #require(IPAddress("10.96.77.77"))
        var names: [String] = []
        for tenths in 0..<2_200 {
            let time = Timestamp(seconds: 1_795_224_910, nanoseconds: Int64(tenths) * 100_000_000)
            let owners = history.owners(of: moved, at: time).map(\.identity.name)
            #expect(owners.count <= 1)
            if let name = owners.first, names.last != name { names.append(name) }
        }
        #expect(names == ["tmp-a", "tmp-b"])
        // The selector of cart pointed at user for a while, and only then.
        var carts: [String] = []
        let user = try #require(history.pod(named: "user-65c9bb88d9-597bs", at: Timestamp(seconds: 1_795_225_040)))
        for seconds in 1_795_225_040..<1_795_225_065 as Range<Int64> {
            let services = history.podIdentity(uid: user.uid, at: Timestamp(seconds: seconds))?.services ?? []
            if carts.last != services.joined(separator: ",") { carts.append(services.joined(separator: ",")) }
        }
        #expect(carts == ["user", "cart,user", "user"])
        #expect(user.workload == Identity.Workload(kind: "Deployment", name: "user"))
        #expect(user.node == "minikube")
        #expect(history.gaps == [])
    }

    @Test func `events in any order never trap and never give an address to two pods at once`() throws {
        var random = SeededRandom(seed: 11)
        let events = try RobotShopTruthTests.recording.get().events
        for round in 0..<6 {
            var shuffled = events
            if round > 0 { shuffled.shuffle(using: &random) }
            let history = ClusterHistory(shuffled)
            for last in 1...40 {
                let address = IPAddress(v4: 0xac11_0000 + UInt32(last))
                for seconds in stride(from: 1_795_224_900 as Int64, to: 1_795_225_130, by: 1) {
                    let owners = history.owners(of: address, at: Timestamp(seconds: seconds, nanoseconds: 500_000_000))
                    #expect(owners.filter { $0.kind == .pod }.count <= 1)
                }
            }
        }
    }

    private static func identities(_ holder: AddressHolder) -> [Identity] {
        switch holder {
        case .nobody, .unseen: []
        case .one(let identity): [identity]
        case .several(let identities): identities
        }
    }

    private func time(_ json: JSONValue?) -> Timestamp? {
        json?.number.map {
            Timestamp(seconds: Int64($0), nanoseconds: Int64($0.truncatingRemainder(dividingBy: 1) * 1e9))
        }
    }
}
