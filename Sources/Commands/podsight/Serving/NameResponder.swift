import AddressResolution
import ArgumentParser
import FlowAttribution
import FlowModel
import Glibc
import NameService
import ReverseNames
import Terminal

/// Whether and where DNS is answered.
struct NameOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Answer DNS for addresses there, by UDP and TCP.", valueName: "address"))
    var dns: ListenAddress?

    @Option(help: ArgumentHelp("The cluster's DNS zone.", valueName: "zone"))
    var dnsZone = "cluster.local"

    func validate() throws {
        guard ReverseZone(dnsZone) != nil else {
            throw ValidationError("--dns-zone: \(dnsZone) is no name of a zone, such as cluster.local")
        }
    }

    /// The responder that was asked for; `nil` for none.
    func responder(_ resolver: @escaping @Sendable () -> AddressResolver) -> NameResponder? {
        guard let dns, let zone = ReverseZone(dnsZone) else { return nil }
        return NameResponder(address: dns, zone: zone, resolver: resolver)
    }
}

/// Answers DNS from what is known of addresses.
struct NameResponder: Sendable {
    let address: ListenAddress
    let zone: ReverseZone
    let resolver: @Sendable () -> AddressResolver

    /// Serves until cancelled, and says where.
    func run() async throws {
        let zone = zone
        let resolver = resolver
        let server = NameServer(host: address.host, port: address.port) { message, overTCP in
            let resolver = resolver()
            let history = resolver.attributor.history
            return zone.answer(message, overTCP: overTCP, history: history, now: resolver.now)
        }
        let address = address
        do {
            try await server.run { port in
                let place = address.host.contains(":") ? "[\(address.host)]:\(port)" : "\(address.host):\(port)"
                let open = address.isLoopback ? "" : "; anyone who can reach it can ask"
                StandardError.write("podsight: DNS is answered at \(place)\(open)\n")
            }
        } catch let error as NameServerError {
            throw NameResponder.failure(error)
        }
    }

    private static func failure(_ error: NameServerError) -> CommandFailure {
        switch error.errnoCode {
        case 0: CommandFailure("cannot answer DNS on \(error.address): \(error.reason)")
        case EADDRINUSE: CommandFailure("\(error.address) is in use; choose another address with --dns")
        case EACCES: CommandFailure("not permitted to answer DNS on \(error.address)", status: .notPermitted)
        default:
            CommandFailure("cannot answer DNS on \(error.address): \(String(cString: strerror(error.errnoCode)))")
        }
    }
}
