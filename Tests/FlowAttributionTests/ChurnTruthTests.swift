import ClusterHistory
import FlowAttribution
import FlowModel
import NetworkAddressing
import TestSupport
import Testing

/// Attribution in a cluster that changes all the time, against what was true.
@Suite struct ChurnTruthTests {
    /// Clusters whose clocks agree, and others whose clocks are each up to five seconds wrong.
    private static let cases: [(seed: UInt64, skew: Double)] =
        [1, 14].flatMap { [(UInt64($0), 0), (UInt64($0) + 100, 5)] }

    @Test(arguments: cases)
    func `nobody is called by another's name`(seed: UInt64, skew: Double) throws {
        var options = ClusterChurn.Options(seed: seed)
        options.skew = skew
        let churn = ClusterChurn(options)
        #expect(churn.reusedAddresses >= 1_000)
        let comparison = ChurnComparison(churn)
        print(comparison.table)
        for (name, tally) in comparison.rows where name != "live" {
            #expect(tally.wrong.prefix(3) == [], "\(name)")
            #expect(tally.needlesslyAmbiguous.prefix(3) == [], "\(name)")
            #expect(tally.flows > 0)
            // Where the facts are known, of a thousand flows at most one is named by nobody.
            #expect(tally.unknown.count * 1_000 <= tally.flows, "\(name): \(tally.unknown.prefix(3))")
        }
    }

    @Test func `a cluster is made from its seed alone`() {
        var options = ClusterChurn.Options(seed: 9)
        options.pods = 300
        options.skew = 5
        let (first, second) = (ClusterChurn(options), ClusterChurn(options))
        #expect(first.events == second.events)
        #expect(first.flows.map(\.start) == second.flows.map(\.start))
        options.seed = 10
        #expect(ClusterChurn(options).events != first.events)
    }
}
