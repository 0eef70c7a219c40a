import ClusterHistory
import ClusterModel
import FlowAttribution
import FlowModel
import NetworkAddressing
import TestSupport

/// What attribution says of every flow of a churning cluster, counted against the truth.
struct ChurnComparison {
    /// The answers of one kind.
    struct Tally {
        var flows = 0
        var right = 0
        var wrong: [String] = []
        /// Several named, where the clocks cannot tell them apart.
        var ambiguous = 0
        /// Several named, though only one could have been.
        var needlesslyAmbiguous: [String] = []
        /// Nobody named though the facts were there.
        var unknown: [String] = []
        /// Nobody named, and the facts had been missed.
        var untold = 0
    }

    private(set) var rows: [(name: String, tally: Tally)] = []
    private let churn: ClusterChurn
    private let configuration: ClusterHistory.Configuration
    private var holders: [IPAddress: [Int]] = [:]

    /// How far evidence in the objects may be from the truth by itself: whole seconds, and the extension before them.
    private static let coarseness: Int64 = 4_000_000_000

    init(_ churn: ClusterChurn) {
        self.churn = churn
        // Two clocks that are each wrong by so much differ by twice that.
        configuration = ClusterHistory.Configuration(clockTolerance: Int64(churn.options.skew * 2e9))
        for (index, holding) in churn.holdings.enumerated() { holders[holding.address, default: []].append(index) }
        let history = ClusterHistory(churn.events, configuration: configuration)
        var own = Tally()
        var shared = Tally()
        let attributor = Attributor(history: history)
        for flow in churn.flows {
            let holding = churn.holdings[flow.holding]
            if holding.port == 0 {
                count(attributor, flow, holding, in: &own)
            } else {
                count(attributor, flow, holding, in: &shared)
            }
        }
        rows = [("pod addresses", own), ("host ports", shared)]
        rows.append(("pod addresses, known from the middle", late()))
        rows.append(("service addresses", services(attributor)))
        let (labels, memberships) = versions(history)
        rows += [("labels", labels), ("services of pods", memberships), ("live", live())]
    }

    private func end(
        _ attributor: Attributor,
        _ address: IPAddress,
        _ port: UInt16,
        _ start: Timestamp,
        _ end: Timestamp
    )
        -> AttributedEnd
    {
        let observation = Observation(
            transport: start == end || port > 0 ? .tcp : .udp,
            source: Endpoint(address, port: port == 0 ? 40_000 : port),
            destination: Endpoint(IPAddress(v4: 0x0102_0304), port: 443),
            evidence: .tcpHandshake,
            forward: TrafficCount(packets: 1, bytes: 100),
            backward: TrafficCount(packets: 1, bytes: 100),
            flowStart: start,
            start: start,
            end: end,
            sequence: 1,
            endReason: .endOfFlow
        )
        return attributor.attribute(observation, at: ObservationPoint(name: "uplink")).source
    }

    private func count(
        _ attributor: Attributor,
        _ flow: ClusterChurn.Flow,
        _ holding: ClusterChurn.Holding,
        in tally: inout Tally
    ) {
        let result = end(attributor, holding.address, holding.port, flow.start, flow.end)
        let what =
            "\(holding.uid) \(holding.address) at \(flow.time), stamped \(flow.start), "
            + "had from \(holding.from) until \(holding.until)"
        tally.flows += 1
        let isPod = result.identity?.kind == .pod
        if let identity = result.identity, isPod {
            if identity.uid == holding.uid { tally.right += 1 } else { tally.wrong.append("\(what): \(identity)") }
        } else if result.basis == .ambiguous {
            if mayBeAnother(flow) || isMissed(flow) {
                tally.ambiguous += 1
            } else {
                tally.needlesslyAmbiguous.append("\(what): \(result.candidates)")
            }
        } else if churn.wasTold(of: holding), !isMissed(flow) {
            tally.unknown.append("\(what): \(result.reason)")
        } else {
            tally.untold += 1
        }
    }

    /// Whether a flow is so close to a change of hands that clocks and the evidence in the objects cannot tell.
    ///
    /// Its two moments, an end and a beginning, are each as the clocks show them that stamp what is told of them:
    /// that of the pod's node and the watcher's.
    private func mayBeAnother(_ flow: ClusterChurn.Flow) -> Bool {
        let holding = churn.holdings[flow.holding]
        let reach = configuration.clockTolerance + ChurnComparison.coarseness
        return (holders[holding.address] ?? []).contains { index in
            let other = churn.holdings[index]
            guard other.uid != holding.uid, other.port == holding.port else { return false }
            let (former, next) = other.from < holding.from ? (other, holding) : (holding, other)
            let stamps = [
                churn.stamped(former.until, node: former.node), churn.stamped(next.from, node: next.node),
                former.until.advanced(by: churn.watcherClock), next.from.advanced(by: churn.watcherClock),
            ]
            return stamps.contains { $0.advanced(by: -reach) <= flow.end }
                && stamps.contains { flow.start <= $0.advanced(by: reach) }
        }
    }

    /// Whether changes were missed that bear on a flow, or came before the first list.
    private func isMissed(_ flow: ClusterChurn.Flow) -> Bool { isMissed(flow.start, flow.end, .pod) }

    private func isMissed(_ start: Timestamp, _ end: Timestamp, _ kind: ObjectKind) -> Bool {
        // What a gap hides happened some time before it would have been told.
        let reach = configuration.clockTolerance + ChurnComparison.coarseness + 2_000_000_000
        let beginning = ClusterChurn.beginning.advanced(by: churn.watcherClock + reach)
        return start <= beginning
            || (churn.gaps[kind] ?? []).contains {
                $0.from <= end.advanced(by: reach) && start <= $0.until.advanced(by: reach)
            }
    }

    // MARK: Other questions

    /// A history that begins with a list in the middle: of what was before it knows only what the objects tell.
    private func late() -> Tally {
        var tally = Tally()
        guard let gap = churn.gaps[.pod]?.dropFirst().first,
            let first = churn.events.firstIndex(where: { event in
                guard case .listed(.pod, _, _, let time) = event else { return false }
                return time == gap.until
            })
        else { return tally }
        let attributor = Attributor(history: ClusterHistory(churn.events[first...], configuration: configuration))
        for flow in churn.flows {
            let holding = churn.holdings[flow.holding]
            guard holding.port == 0 else { continue }
            var single = Tally()
            count(attributor, flow, holding, in: &single)
            tally.flows += 1
            tally.right += single.right
            tally.wrong += single.wrong
            tally.ambiguous += single.ambiguous
            // Of what came before the first list, only the objects in it tell.
            if flow.start < gap.until.advanced(by: configuration.clockTolerance + ChurnComparison.coarseness) {
                tally.ambiguous += single.needlesslyAmbiguous.count
                tally.untold += single.unknown.count + single.untold
            } else {
                tally.needlesslyAmbiguous += single.needlesslyAmbiguous
                tally.unknown += single.unknown
                tally.untold += single.untold
            }
        }
        return tally
    }

    private func services(_ attributor: Attributor) -> Tally {
        var random = SeededRandom(seed: churn.options.seed)
        var tally = Tally()
        let reach = configuration.clockTolerance + ChurnComparison.coarseness
        for holding in churn.services {
            for _ in 0..<20 {
                let time = holding.from.advanced(by: Int64(random.unit() * Double(holding.until.since(holding.from))))
                let stamp = churn.stamped(time, node: random.below(churn.options.nodes))
                let result = end(attributor, holding.address, holding.port, stamp, stamp)
                let what = "\(holding.uid) at \(time), stamped \(stamp), from \(holding.from) until \(holding.until)"
                tally.flows += 1
                let isNear = [churn.serverClock, churn.watcherClock].contains { clock in
                    let time = stamp.advanced(by: -clock)
                    return min(time.since(holding.from), holding.until.since(time)) < reach
                }
                if let identity = result.identity {
                    if identity.uid == holding.uid {
                        tally.right += 1
                    } else {
                        tally.wrong.append("\(what): \(identity)")
                    }
                } else if result.basis == .ambiguous {
                    if isNear { tally.ambiguous += 1 } else { tally.needlesslyAmbiguous.append(what) }
                } else if isNear || isMissed(stamp, stamp, .service) {
                    tally.untold += 1
                } else {
                    tally.unknown.append("\(what): \(result.reason)")
                }
            }
        }
        return tally
    }

    /// The labels of pods and the services that selected them, away from the moments at which they changed.
    private func versions(_ history: ClusterHistory) -> (Tally, Tally) {
        var labels = Tally()
        var memberships = Tally()
        // A change shows when it is received.
        let reach = configuration.clockTolerance + 1_000_000_000
        for flow in churn.flows where churn.holdings[flow.holding].port == 0 {
            let holding = churn.holdings[flow.holding]
            guard churn.wasTold(of: holding), !isMissed(flow), !isMissed(flow.start, flow.start, .endpointSlice),
                !isStalled(flow),
                let identity = history.podIdentity(uid: holding.uid, at: flow.start)
            else { continue }
            let versions = churn.labels[holding.uid] ?? []
            if let truth = versions.last(where: { $0.from <= flow.time }),
                versions.allSatisfy({ $0.from.since(flow.time).magnitude > reach })
            {
                labels.flows += 1
                let found = identity.labels.first { $0.key == "version" }?.value ?? ""
                if found == truth.version {
                    labels.right += 1
                } else {
                    labels.wrong.append("\(holding.uid) at \(flow.time): \(found), not \(truth.version)")
                }
            }
            let rows = churn.memberships[holding.uid] ?? []
            let truth = Set(rows.filter { $0.from <= flow.time && flow.time < $0.until }.map(\.service)).sorted()
            if rows.allSatisfy({ min($0.from.since(flow.time).magnitude, $0.until.since(flow.time).magnitude) > reach })
            {
                memberships.flows += 1
                if identity.services == truth {
                    memberships.right += 1
                } else {
                    memberships.wrong.append("\(holding.uid) at \(flow.time): \(identity.services), not \(truth)")
                }
            }
        }
        return (labels, memberships)
    }

    private func isStalled(_ flow: ClusterChurn.Flow) -> Bool {
        let reach = configuration.clockTolerance + 1_000_000_000
        return churn.stalls.contains { $0.from <= flow.time && flow.time <= $0.until.advanced(by: reach) }
    }

    /// What is said of flows when they come, with what is known by then.
    private func live() -> Tally {
        var tally = Tally()
        var attributor = Attributor(history: ClusterHistory(configuration: configuration))
        var events = churn.events[...]
        for flow in churn.flows {
            let holding = churn.holdings[flow.holding]
            guard holding.port == 0 else { continue }
            while let event = events.first, event.time <= flow.delivered {
                attributor.history.apply(event)
                events.removeFirst()
            }
            count(attributor, flow, holding, in: &tally)
        }
        return tally
    }

    var table: String {
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let titles = ["flows", "right", "wrong", "ambiguous", "needlessly", "unknown", "not told"]
        var lines = [
            "seed \(churn.options.seed), clocks wrong by up to \(churn.options.skew) s: \(churn.options.pods) pods, "
                + "\(churn.reusedAddresses) reuses of addresses, \(churn.events.count) events",
            padded("", 36) + titles.map { padded($0, 11) }.joined(),
        ]
        for (name, tally) in rows {
            let numbers = [
                tally.flows, tally.right, tally.wrong.count, tally.ambiguous, tally.needlesslyAmbiguous.count,
                tally.unknown.count, tally.untold,
            ]
            lines.append(
                name + String(repeating: " ", count: max(0, 36 - name.count))
                    + numbers.map { padded("\($0)", 11) }.joined()
            )
        }
        return lines.joined(separator: "\n")
    }
}
