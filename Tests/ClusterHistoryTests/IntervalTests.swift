import ClusterHistory
import ClusterModel
import FlowModel
import TestSupport
import Testing

/// Intervals against the owners that the history gives for each moment.
struct IntervalTests {
    /// An address that passes between pods, at times with a pause and at times without.
    private func history(_ random: inout SeededRandom) -> (ClusterHistory, [Double]) {
        var history = ClusterHistory()
        var time = 10.0
        var changes: [Double] = []
        for index in 0..<40 {
            let pod = Scenario.pod("p\(index)", "10.1.0.7", ready: time.rounded(.down))
            history.see(pod, at: time)
            changes.append(time.rounded(.down))
            time += Double.random(in: 2...9, using: &random)
            history.lose(pod, at: time)
            changes.append(time)
            time += Bool.random(using: &random) ? 0.4 : Double.random(in: 3...9, using: &random)
        }
        return (history, changes)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `an interval contains its moment, and a hand-over is near only if another owner is`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (history, _) = history(&random)
        let address = Scenario.address("10.1.0.7")
        let all = history.intervals(of: address)
        for step in 0..<3_000 {
            let time = Scenario.at(5 + Double(step) / 8)
            let owners = history.owners(of: address, at: time)
            #expect(owners.map(\.identity.uid) == history.holders(of: address, at: time).map(\.identity.uid))
            guard let owner = owners.first else { continue }
            let found = try #require(history.interval(of: owner.identity, at: address, time))
            #expect(found.interval.from == owner.from && found.interval.until == owner.until)
            let others = all.filter { $0.identity.uid != owner.identity.uid }
            let isNear = others.contains {
                $0.until <= time && time.since($0.until) < 1_000_000_000
                    || $0.from > time && $0.from.since(time) <= 1_000_000_000
            }
            #expect(found.nearHandOver == isNear)
        }
    }

    @Test func `who has not the address has no interval at it`() throws {
        var history = ClusterHistory()
        history.see(Scenario.pod("a", "10.1.0.7", ready: 10), at: 10)
        history.see(Scenario.pod("b", "10.1.0.8", ready: 10), at: 10)
        let a = try #require(history.owners(of: Scenario.address("10.1.0.7"), at: Scenario.at(20)).first?.identity)
        #expect(history.interval(of: a, at: Scenario.address("10.1.0.7"), Scenario.at(20)) != nil)
        #expect(history.interval(of: a, at: Scenario.address("10.1.0.8"), Scenario.at(20)) == nil)
        #expect(history.interval(of: a, at: Scenario.address("10.1.0.7"), Scenario.at(5)) == nil)
    }
}
