import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

/// Tunnels taken apart beside what tshark 4.0.17 sees in the same frames.
struct TunnelOracleTests {
    /// Frames with a tunnel of each kind, and in how many the whole chain of headers is the same.
    private struct Tally {
        var compared = 0
        var agreeing = 0

        static func += (tally: inout Tally, isEqual: Bool) {
            tally.compared += 1
            tally.agreeing += isEqual ? 1 : 0
        }
    }

    /// A frame of a capture with the chain that one of the two makes of it.
    private struct Chain {
        let file: String
        let frame: Int
        let steps: [TunnelStep]

        var place: String { "\(file) \(frame)" }
    }

    @Test(.needsSharedData)
    func `every tunnel is opened as tshark opens it, or the documentation says why not`() throws {
        let judged = try DocumentedDifferences(heading: "Tunnels").rows
        let files = try SharedData.lines("pcap/index.jsonl").map(Self.file)
        let ours = try files.flatMap(Self.chains).filter { $0.steps.count > 1 }
        var theirs: [String: Chain] = [:]
        for line in try SharedData.lines("pcap/oracle-tunnels.jsonl") {
            let frame = try JSONDecoder().decode(TunnelledFrame.self, from: Data(line.utf8))
            let chain = Chain(file: frame.file, frame: frame.frame, steps: frame.chain)
            if chain.steps.count > 1 { theirs[chain.place] = chain }
        }
        var tallies: [TunnelKind: Tally] = [:]
        func count(_ chain: Chain, _ isEqual: Bool) {
            for kind in Set(chain.steps.compactMap(\.kind)) { tallies[kind, default: Tally()] += isEqual }
        }
        var open: [Chain] = []
        for mine in ours {
            if let other = theirs[mine.place], TunnelStep.agree(mine.steps, other.steps) {
                theirs[mine.place] = nil
                count(mine, true)
            } else {
                open.append(mine)
            }
        }
        // Some rows of the oracle name another file than the frame is of, so that what they hold must do.
        open = open.filter { mine in
            let match = theirs.first { TunnelStep.agree(mine.steps, $0.value.steps) }
            guard let match else { return true }
            theirs[match.key] = nil
            count(mine, true)
            return false
        }
        for chain in open { count(chain, false) }
        for (kind, tally) in tallies.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            print("\(kind.name): \(tally.compared) frames, \(tally.agreeing) as tshark has them")
        }
        let differing = Dictionary(grouping: open + theirs.values, by: \.file)
        for (file, chains) in differing where judged[file] == nil {
            Issue.record("\(file) \(chains.prefix(3).map { "\($0.frame): \($0.steps)" })")
        }
        #expect(Set(judged.keys).isSubset(of: differing.keys), "they agree and need no row in the documentation")
    }

    private static func file(_ line: String) throws -> String {
        struct Entry: Decodable { let file: String }
        return try JSONDecoder().decode(Entry.self, from: Data(line.utf8)).file
    }

    /// What is made of each frame that is IP.
    private static func chains(of file: String) throws -> [Chain] {
        let bytes = try SharedData.bytes("pcap/\(file)")
        var chains: [Chain] = []
        bytes.withUnsafeBytes { bytes in
            guard var reader = try? CaptureFileReader(bytes) else { return }
            var frame = 0
            while let packet = reader.next() {
                frame += 1
                chains.append(Chain(file: file, frame: frame, steps: TunnelStep.chain(of: packet)))
            }
        }
        return chains
    }
}

/// An IP header, and the tunnel that it was found in.
struct TunnelStep: CustomStringConvertible {
    var kind: TunnelKind?
    /// The oracle has none of ERSPAN and PPTP.
    var identifier: UInt32?
    /// Without them the tunnel holds nothing that is IP.
    var ends: String?

    var description: String {
        "\(kind?.name ?? "outer") \(identifier.map { "\($0)" } ?? "-") \(ends ?? "opaque")"
    }

    /// Whether two chains are of the same headers.
    static func agree(_ ours: [TunnelStep], _ theirs: [TunnelStep]) -> Bool {
        ours.count == theirs.count
            && zip(ours, theirs).allSatisfy { mine, other in
                let hasIdentifier = mine.identifier != nil && other.identifier != nil
                return mine.kind == other.kind && mine.ends == other.ends
                    && (!hasIdentifier || mine.identifier == other.identifier)
            }
    }

    /// The outermost header of a packet and those of the tunnels within.
    static func chain(of packet: CapturedPacket) -> [TunnelStep] {
        let decoder = PacketDecoder(linkType: packet.linkType)
        let bytes = packet.bytes.bytes
        var outer = ParsedPacket()
        guard decoder.decode(bytes, wireLength: packet.originalLength, into: &outer) == .metered else { return [] }
        var chain = [TunnelStep(ends: ends(outer))]
        for _ in 0..<16 {
            var inner = ParsedPacket()
            let length = packet.originalLength
            switch decoder.decapsulate(bytes, outer, wireLength: length, kinds: .all, into: &inner) {
            case .notTunnel: return chain
            // The oracle tells nothing of a protocol number behind which there is no IP.
            case .opaque(.ipip): return chain
            case .opaque(let kind): return chain + [TunnelStep(kind: kind)]
            case .inner(let kind, let identifier):
                chain.append(TunnelStep(kind: kind, identifier: identifier, ends: ends(inner)))
                outer = inner
            }
        }
        return chain
    }

    private static func ends(_ packet: ParsedPacket) -> String {
        let hasPorts = (packet.transport == 6 || packet.transport == 17) && packet.fragment != .later
        let ports = hasPorts ? " \(packet.sourcePort) \(packet.destinationPort)" : ""
        return "\(packet.source.address) \(packet.destination.address)\(ports)"
    }
}

/// A line of `oracle-tunnels.jsonl`: all occurrences of each field, outermost first.
struct TunnelledFrame: Decodable {
    let file: String
    let frame: Int
    private let fields: [String: [String]]
    private let layers: [String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let values = try container.decode([String: Value].self)
        var fields: [String: [String]] = [:]
        for (name, value) in values { fields[name] = value.texts }
        file = fields["file"]?.first ?? ""
        frame = fields["frame"].flatMap(\.first).flatMap { Int($0) } ?? 0
        layers = (fields["frame.protocols"]?.first ?? "").split(separator: ":").map(String.init)
        self.fields = fields
    }

    /// The headers that tunnels of the kinds read here lead to, as far as there are only such tunnels.
    var chain: [TunnelStep] {
        var chain: [TunnelStep] = []
        var next: [String: Int] = [:]
        var pending: (kind: TunnelKind, identifier: UInt32?)?
        func take(_ field: String) -> String? {
            defer { next[field, default: 0] += 1 }
            return fields[field].flatMap {
                $0.indices.contains(next[field, default: 0]) ? $0[next[field, default: 0]] : nil
            }
        }
        for (index, layer) in layers.enumerated() {
            switch layer {
            case "ip", "ipv6":
                guard let source = take("\(layer).src"), let destination = take("\(layer).dst") else { return chain }
                let isDirect = index > 0 && layers[index - 1].hasPrefix("ip")
                if pending == nil, isDirect { pending = (.ipip, nil) }
                guard chain.isEmpty || pending != nil else { return chain }
                chain.append(
                    TunnelStep(
                        kind: pending?.kind,
                        identifier: pending?.identifier,
                        ends: "\(Self.address(source)) \(Self.address(destination))"
                    )
                )
                pending = nil
            case "udp", "tcp":
                guard let source = take("\(layer).srcport"), let destination = take("\(layer).dstport") else { break }
                if let ends = chain.last?.ends { chain[chain.count - 1].ends = "\(ends) \(source) \(destination)" }
            case "vxlan": pending = (.vxlan, Self.number(take("vxlan.vni")))
            case "geneve": pending = (.geneve, Self.number(take("geneve.vni")))
            case "gtp" where fields["udp.dstport"]?.contains("2152") == true:
                pending = (.gtpu, Self.number(take("gtp.teid")))
            case "gre" where layers[index - 1] != "udp": pending = (.gre, Self.number(take("gre.key")))
            case "icmp", "icmpv6", "ah", "esp", "nhrp", "data": return chain + opaque(pending)
            default: break
            }
        }
        return chain + opaque(pending)
    }

    private func opaque(_ pending: (kind: TunnelKind, identifier: UInt32?)?) -> [TunnelStep] {
        pending.map { [TunnelStep(kind: $0.kind)] } ?? []
    }

    private static func address(_ text: String) -> String {
        IPAddress(text).map { "\($0)" } ?? text
    }

    private static func number(_ text: String?) -> UInt32? {
        guard let text else { return nil }
        return text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
    }

    private enum Value: Decodable {
        case text(String)
        case number(Int)
        case list([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else {
                self = .list(try container.decode([String].self))
            }
        }

        var texts: [String] {
            switch self {
            case .text(let text): [text]
            case .number(let number): ["\(number)"]
            case .list(let list): list
            }
        }
    }
}
