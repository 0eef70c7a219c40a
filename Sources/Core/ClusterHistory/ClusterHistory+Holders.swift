import ClusterModel
import FlowModel
import NetworkAddressing

/// Who had an address during a time, as far as the facts and the clocks tell.
package enum AddressHolder: Sendable {
    /// Nobody of the kind that was asked for.
    case nobody
    /// Only this one can have had it.
    case one(Identity)
    /// Each of these can have had it, by the time they got it.
    case several([Identity])
    /// This one may have had it, but so may another, while changes of the cluster were missed.
    case unseen(Identity)
}

/// A time from a first to a last moment, both included.
struct MomentRange {
    let first: Timestamp
    let last: Timestamp

    init(from start: Timestamp, to end: Timestamp, tolerance: Int64) {
        first = start.advanced(by: -tolerance)
        last = max(start, end).advanced(by: tolerance)
    }
}

extension ClusterHistory {
    /// The pod that had an address in its own network namespace from a time to a time, both included.
    ///
    /// Named is who alone can have had it, with all clocks within the configured tolerance of each other. Of two
    /// whose times meet within that, the one is left out who surely had it no more, or not yet.
    package func podHolding(_ address: IPAddress, from start: Timestamp, to end: Timestamp) -> AddressHolder {
        let range = MomentRange(from: start, to: end, tolerance: configuration.clockTolerance)
        if let number = addresses.settledPod(OwnedKey(address), from: range.first, until: range.last),
            isFollowed(range, .pod), let pod = podIdentity(number, at: start)
        {
            return .one(pod)
        }
        let found = addresses.withRows(of: OwnedKey(address)) { spans, bounds -> Found in
            var rows: [OwnerRow] = []
            for index in spans.indices where spans[index].kind == .pod {
                rows.append(OwnerRow(spans[index], bounds[index]))
            }
            return candidates(rows, range)
        }
        return holder(found, at: start)
    }

    /// The pod that answers at a port of a node's address from a time to a time, both included.
    package func hostPodHolding(
        _ address: IPAddress,
        port: UInt16,
        transport: TransportProtocol,
        from start: Timestamp,
        to end: Timestamp
    ) -> AddressHolder {
        let range = MomentRange(from: start, to: end, tolerance: configuration.clockTolerance)
        let rows = hostPods.table(of: OwnedKey(address)).rows.filter {
            answers($0.owner.index, port, transport, at: start)
        }
        return holder(candidates(rows, range), at: start)
    }

    /// The service, or the node, that had an address from a time to a time, both included; of services that share
    /// an address, those that serve the port.
    package func holder(
        of address: IPAddress,
        kind: AddressOwner.Kind,
        port: UInt16 = 0,
        transport: TransportProtocol? = nil,
        from start: Timestamp,
        to end: Timestamp
    ) -> AddressHolder {
        let range = MomentRange(from: start, to: end, tolerance: configuration.clockTolerance)
        let objectKind: ObjectKind = kind == .pod ? .pod : kind == .service ? .service : .node
        var owners: [Int] = []
        var isSeen = isFollowed(range, objectKind)
        addresses.withRows(of: OwnedKey(address)) { spans, _ in
            for span in spans where span.kind == kind && span.from <= range.last && range.first < span.until {
                if !owners.contains(Int(span.index)) { owners.append(Int(span.index)) }
                isSeen = isSeen || span.from <= range.first && range.last < span.until
            }
        }
        if kind == .service, let transport { owners = owners.filter { serves($0, port, transport, at: start) } }
        let identities = owners.compactMap { identity(of: OwnerKey(kind: kind, index: $0), at: start) }
        guard identities.count < 2, let only = identities.first else {
            return identities.isEmpty ? .nobody : .several(identities)
        }
        return isSeen ? .one(only) : .unseen(only)
    }

    // MARK: Pods that can have had an address

    private enum Found {
        case none
        case one(Int)
        case several([Int])
        case unseen(Int)
    }

    private func holder(_ found: Found, at time: Timestamp) -> AddressHolder {
        func identity(_ pod: Int) -> Identity? { podIdentity(pod, at: time) }
        switch found {
        case .none: return .nobody
        case .one(let pod): return identity(pod).map { .one($0) } ?? .nobody
        case .several(let pods): return .several(pods.compactMap(identity))
        case .unseen(let pod): return identity(pod).map { .unseen($0) } ?? .nobody
        }
    }

    private func candidates(_ rows: [OwnerRow], _ range: MomentRange) -> Found {
        var possible = rows.filter {
            $0.bounds.possibleFrom <= range.last && range.first < $0.bounds.possibleUntil
        }
        guard !possible.isEmpty else { return .none }
        let tolerance = configuration.clockTolerance
        if rows.count > 1 {
            possible = possible.filter { row in
                !rows.contains { other in
                    guard other.owner != row.owner else { return false }
                    if other.bounds.sureFrom <= range.first,
                        other.bounds.isNewer(than: row.bounds, clockTolerance: tolerance)
                    {
                        return true
                    }
                    return row.bounds.sureFrom > range.first
                        && range.last <= sureUntil(other).advanced(by: -configuration.backwardExtension)
                        && row.bounds.isNewer(than: other.bounds, clockTolerance: tolerance)
                }
            }
        }
        var owners: [Int] = []
        for row in possible where !owners.contains(row.owner.index) { owners.append(row.owner.index) }
        guard owners.count == 1, let row = possible.first else { return owners.isEmpty ? .none : .several(owners) }
        return isFollowed(range, .pod) || possible.contains { isSure($0, during: range) }
            ? .one(row.owner.index)
            : .unseen(row.owner.index)
    }

    /// Until when an owner surely had its address: of one that has it still, when it last said so.
    private func sureUntil(_ row: OwnerRow) -> Timestamp {
        row.bounds.sureUntil == .distantFuture ? pods[row.owner.index].lastAlive : row.bounds.sureUntil
    }

    // MARK: Times in which changes were missed

    /// How long before its report something may have happened: what a gap hides began that much before it.
    private var reportDelay: Int64 { configuration.backwardExtension + configuration.finishTolerance }

    /// Whether no change of a kind can have been missed from the first to the last moment.
    private func isFollowed(_ range: MomentRange, _ kind: ObjectKind) -> Bool {
        // Of pods it is asked for every flow; a dictionary would be hashed for each.
        let since = kind == .pod ? podsFollowedSince : followedSince[kind] ?? .distantFuture
        guard since <= range.first else { return false }
        return range.first >= gapsEnd || !gaps.contains { $0.kind == kind && touches($0, range) }
    }

    private func touches(_ gap: Gap, _ range: MomentRange) -> Bool {
        gap.from.advanced(by: -reportDelay) <= range.last && range.first < gap.until
    }

    /// Whether an owner surely had its address for as much of a time as pods were not followed.
    private func isSure(_ row: OwnerRow, during range: MomentRange) -> Bool {
        func isSure(from start: Timestamp, until end: Timestamp) -> Bool {
            let start = max(start, range.first)
            let end = min(end, range.last)
            return start > end || row.bounds.sureFrom <= start && end <= sureUntil(row)
        }
        guard isSure(from: .distantPast, until: podsFollowedSince) else { return false }
        return gaps.allSatisfy {
            $0.kind != .pod || !touches($0, range)
                || isSure(from: $0.from.advanced(by: -reportDelay), until: $0.until)
        }
    }
}
