import ClusterHistory
import ClusterModel
import FlowModel
import NetworkAddressing

/// Answers what names an address has, or had at a time, by the DNS specification of Kubernetes (version 1.1.0).
///
/// A service's cluster address has the service's name; a pod's has a name for each service of which it was a ready
/// endpoint. What no pod and no service had is not answered, whatever an object says of it.
package struct ReverseZone: Sendable {
    /// The most names that one address is given.
    static let namesMax = 128

    private let roots: (v4: DNSLabels, v6: DNSLabels)
    private let timed: DNSLabels
    private let services: DNSLabels
    private let server: DNSLabels
    private let mailbox: DNSLabels

    /// A zone by its name, such as `cluster.local`; `nil` where that is none, or too long for names below it.
    package init?(_ zone: String) {
        guard zone.utf8.count <= 120, let zone = DNSLabels(zone), let v4 = DNSLabels("in-addr.arpa"),
            let v6 = DNSLabels("ip6.arpa"), let timed = DNSLabels("at")?.below(zone),
            let services = DNSLabels("svc")?.below(zone), let server = DNSLabels("ns.dns")?.below(zone),
            let mailbox = DNSLabels("hostmaster")?.below(zone)
        else { return nil }
        roots = (v4, v6)
        self.timed = timed
        self.services = services
        self.server = server
        self.mailbox = mailbox
    }

    /// The answer to a message; `nil` for what is not to be answered at all.
    ///
    /// - Parameters:
    ///   - message: The message, without the length that TCP has before it.
    ///   - overTCP: Whether the answer may be long.
    ///   - history: Who had which address when.
    ///   - now: The moment that a name without a time means.
    package func answer(
        _ message: [UInt8],
        overTCP: Bool,
        history: ClusterHistory,
        now: Timestamp
    ) -> [UInt8]? {
        switch DNSQuery.read(message) {
        case .ignored: return nil
        case .refused(let header, let code): return DNSReply.code(code, to: header)
        case .query(let query): return answer(query, overTCP: overTCP, history, now)
        }
    }

    private func answer(_ query: DNSQuery, overTCP: Bool, _ history: ClusterHistory, _ now: Timestamp) -> [UInt8] {
        let reply = DNSReply(to: query, overTCP: overTCP)
        let isTransfer = query.type == DNSCode.typeAXFR || query.type == DNSCode.typeIXFR
        guard query.recordClass == DNSCode.classInternet || query.recordClass == DNSCode.classAny, !isTransfer else {
            return reply.finish(code: DNSCode.refused)
        }
        switch ReverseName.read(query.labels, timed: timed, roots) {
        case .foreign: return reply.finish(code: DNSCode.refused)
        case .nothing(let zone):
            return reply.finish(code: DNSCode.nameError, authority: authority(of: zone, now))
        case .above(let zone, let isZone):
            let isAsked = isZone && (query.type == DNSCode.typeSOA || query.type == DNSCode.typeAny)
            return reply.finish(code: DNSCode.noError, authority: authority(of: zone, now), isAsked: isAsked)
        case .address(let address, let time, let zone):
            let names = names(of: address, in: history, at: time ?? now)
            guard !names.isEmpty else {
                return reply.finish(code: DNSCode.nameError, authority: authority(of: zone, now))
            }
            guard query.type == DNSCode.typePTR || query.type == DNSCode.typeAny else {
                return reply.finish(code: DNSCode.noError, authority: authority(of: zone, now))
            }
            return reply.finish(code: DNSCode.noError, targets: names)
        }
    }

    private func authority(of zone: DNSLabels, _ now: Timestamp) -> DNSReply.Authority {
        DNSReply.Authority(
            zone: zone,
            server: server,
            mailbox: mailbox,
            serial: UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000_000)
        )
    }

    /// The names that an address had at a time, in their order; none where no pod and no service had it.
    package func names(of address: IPAddress, in history: ClusterHistory, at time: Timestamp) -> [DNSLabels] {
        let holders = history.holders(of: address, at: time)
        // Anyone may write any address into a service's external ones; its cluster address is the cluster's to give.
        let called = holders.filter { $0.holding == .service && $0.identity.addresses.contains(address) }
        guard called.isEmpty else {
            return sorted(called.map { name([$0.identity.name, $0.identity.namespace]) })
        }
        var found: [DNSLabels?] = []
        for holder in holders where holder.holding == .pod || holder.holding == .hostPod {
            let pod = holder.identity
            for service in pod.services {
                let endpoints = history.endpointsOf(serviceNamespace: pod.namespace, name: service, at: time)
                let own = endpoints.filter {
                    $0.member.podUID == pod.uid && $0.member.addresses.contains(address) && $0.member.isReady
                }
                // A service that is known by its selector alone says nothing of being ready.
                let hostnames = endpoints.isEmpty ? [""] : own.map(\.member.hostname)
                for hostname in hostnames {
                    let host = hostname.isEmpty ? ReverseZone.dashed(address) : hostname
                    found.append(name([host, service, pod.namespace]))
                }
            }
        }
        return sorted(found)
    }

    private func name(_ labels: [String]) -> DNSLabels? {
        DNSLabels(labels.map { Array($0.utf8) })?.below(services)
    }

    private func sorted(_ names: [DNSLabels?]) -> [DNSLabels] {
        let distinct = Set(names.compactMap(\.self))
        return Array(distinct.sorted { "\($0)" < "\($1)" }.prefix(ReverseZone.namesMax))
    }

    /// The name that an endpoint without one gets: its address with dashes.
    private static func dashed(_ address: IPAddress) -> String {
        String("\(address)".map { $0 == "." || $0 == ":" ? "-" : $0 })
    }
}
