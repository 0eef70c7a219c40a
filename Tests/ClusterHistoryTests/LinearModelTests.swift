import ClusterHistory
import ClusterModel
import FlowModel
import NetworkAddressing
import TestSupport
import Testing

/// The history against a list of intervals that is searched from end to end.
@Suite struct LinearModelTests {
    private struct Interval {
        let address: IPAddress
        let uid: String
        let from: Timestamp
        var until = Timestamp.distantFuture
    }

    /// What should be true, by the simplest means; every address is learnt at the moment it is given.
    private struct Model {
        var intervals: [Interval] = []

        mutating func claim(_ address: IPAddress, _ uid: String, _ time: Timestamp) {
            for index in intervals.indices
            where intervals[index].address == address && intervals[index].until == .distantFuture {
                intervals[index].until = time
            }
            intervals.append(Interval(address: address, uid: uid, from: time))
        }

        mutating func end(_ uid: String, _ time: Timestamp) {
            for index in intervals.indices
            where intervals[index].uid == uid && intervals[index].until == .distantFuture {
                intervals[index].until = time
            }
        }

        func owners(_ address: IPAddress, _ time: Timestamp) -> [String] {
            intervals.filter { $0.address == address && $0.from <= time && time < $0.until }.map(\.uid)
        }
    }

    @Test(arguments: 1...12)
    func `random histories give the same owners at every time`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var history = ClusterHistory(configuration: .init(backwardExtension: 0, finishTolerance: 0))
        var model = Model()
        var live: [String: IPAddress] = [:]
        var snapshots: [(ClusterHistory, Model)] = []
        var clock = 0.0
        let pool = (1...12).map { IPAddress(v4: UInt32($0)) }
        for step in 0..<400 {
            clock += Double.random(in: 0.01...1, using: &random)
            let time = Scenario.at(clock)
            let known = live.keys.sorted()
            let uid =
                known.isEmpty || Int.random(in: 0..<3, using: &random) == 0
                ? "p\(step)" : known.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let address = pool.randomElement(using: &random) ?? IPAddress(v4: 0)
                if live[uid] != address {
                    model.end(uid, time)
                    model.claim(address, uid, time)
                }
                live[uid] = address
                history.apply(.changed(.pod(pod(uid, address)), at: time))
            case 6:
                history.apply(.changed(.pod(pod(uid, live[uid], .succeeded)), at: time))
                model.end(uid, time)
                live[uid] = nil
                history.apply(.deleted(.pod(pod(uid, nil)), at: time))
            default:
                history.apply(.deleted(.pod(pod(uid, live[uid])), at: time))
                model.end(uid, time)
                live[uid] = nil
            }
            if step % 100 == 50 { snapshots.append((history, model)) }
        }
        for (history, model) in snapshots + [(history, model)] {
            for _ in 0..<500 {
                let time = Scenario.at(Double.random(in: -1...(clock + 1), using: &random))
                let address = pool.randomElement(using: &random) ?? IPAddress(v4: 0)
                let ours = history.owners(of: address, at: time).map(\.identity.uid)
                #expect(ours == model.owners(address, time))
                #expect(history.soleOwner(of: address, at: time)?.identity.uid == ours.first)
                // Everything is learnt as it happens and by one clock, so that nothing is ever in doubt.
                if case .one(let pod) = history.podHolding(address, from: time, to: time) {
                    #expect([pod.uid] == ours)
                } else {
                    #expect(ours == [])
                }
            }
        }
        // The edges themselves are where off-by-one errors live.
        for interval in model.intervals {
            for edge in [interval.from, interval.until] {
                let ours = history.owners(of: interval.address, at: edge).map(\.identity.uid)
                #expect(ours == model.owners(interval.address, edge))
            }
        }
    }

    private func pod(_ uid: String, _ address: IPAddress?, _ phase: Pod.Phase = .running) -> Pod {
        var pod = Scenario.pod(uid, phase: phase)
        pod.addresses = [address].compactMap(\.self)
        return pod
    }
}
