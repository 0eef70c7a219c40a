import Foundation
import FuzzTargets
import NetworkAddressing
import PacketParsing

/// Makes inputs to begin with from real captures: `fuzz-seeds CAPTURES CORPUS` fills a folder for each fuzzer.
@main
struct Seeds {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            print("usage: fuzz-seeds CAPTURES CORPUS")
            exit(64)
        }
        var corpus = try Corpus(folder: URL(filePath: arguments[2]))
        let files = FileManager.default.enumerator(at: URL(filePath: arguments[1]), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard let bytes = try? Data(contentsOf: file) else { continue }
            try bytes.withUnsafeBytes { try corpus.add(capture: $0) }
        }
        print("\(corpus.written) seeds in \(arguments[2])")
    }
}

/// The folders of seeds: a few of each capture, so that no protocol drowns the others.
private struct Corpus {
    private let folder: URL
    private(set) var written = 0

    init(folder: URL) throws {
        self.folder = folder
        for target in FuzzTarget.all {
            let place = folder.appending(path: target.name)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        }
    }

    private mutating func write(_ bytes: [UInt8], for target: FuzzTarget) throws {
        written += 1
        try Data(bytes).write(to: folder.appending(path: "\(target.name)/seed-\(written)"))
    }

    mutating func add(capture: UnsafeRawBufferPointer) throws {
        guard var reader = try? CaptureFileReader(capture) else { return }
        try write(Array(capture.prefix(2048)), for: .captures)
        var (frames, messages) = (0, 0)
        var metered: [UInt8] = []
        var asked: [UInt8] = []
        var spoken: [UInt8] = []
        var conversations: [Conversation: [UInt8]] = [:]
        while let packet = reader.next() {
            frames += 1
            if frames <= 4 { try write(FrameInput.bytes(of: packet), for: .packets) }
            if metered.count < 1024 {
                if metered.isEmpty { metered = MeterInput.configuration(linkType: packet.linkType) }
                metered += MeterInput.record(of: packet.bytes, wireLength: packet.originalLength)
            }
            guard let payload = Payload(packet) else { continue }
            if messages < 4, payload.isDNS {
                messages += 1
                try write(Array(payload.bytes.prefix(512)), for: .dns)
                let isAnswer = payload.packet.sourcePort < payload.packet.destinationPort
                asked += MeterInput.datagram(isAnswer: isAnswer, payload.bytes)
            }
            let conversation = payload.conversation
            guard payload.isHTTP || conversations[conversation] != nil else { continue }
            let room = 2048 - conversations[conversation, default: []].count
            guard room > 0 else { continue }
            if spoken.count < 1024 {
                let isAnswer = payload.packet.source == conversation.greater
                spoken += MeterInput.segment(isAnswer: isAnswer, payload.bytes)
            }
            conversations[conversation, default: []] += ConversationInput.segment(
                isAnswer: payload.packet.source == conversation.greater,
                answering: .get,
                payload.bytes.prefix(room)
            )
        }
        let seeds = conversations.values.sorted { $0.lexicographicallyPrecedes($1) }.prefix(2)
        for seed in seeds { try write(seed, for: .http) }
        if !metered.isEmpty { try write(metered, for: .meter) }
        if !asked.isEmpty { try write(MeterInput.configuration(linkType: .ethernet) + asked, for: .meter) }
        if !spoken.isEmpty { try write(MeterInput.configuration(linkType: .ethernet) + spoken, for: .meter) }
    }
}

extension FrameInput {
    fileprivate static func bytes(of packet: CapturedPacket) -> [UInt8] {
        let frame = UnsafeRawBufferPointer(rebasing: packet.bytes.prefix(256))
        return bytes(linkType: packet.linkType, wireLength: packet.originalLength, frame: frame)
    }
}

/// The two ends of a connection, in one order for both directions.
private struct Conversation: Hashable {
    let lesser: Endpoint
    let greater: Endpoint

    init(_ one: Endpoint, _ other: Endpoint) {
        let isOrdered = one.address == other.address ? one.port < other.port : one.address < other.address
        lesser = isOrdered ? one : other
        greater = isOrdered ? other : one
    }
}

/// What a packet of TCP or UDP carries, if it carries anything.
private struct Payload {
    let packet: ParsedPacket
    let bytes: UnsafeRawBufferPointer

    init?(_ captured: CapturedPacket) {
        var packet = ParsedPacket()
        let decoder = PacketDecoder(linkType: captured.linkType)
        let outcome = decoder.decode(captured.bytes.bytes, wireLength: captured.originalLength, into: &packet)
        guard outcome == .metered, packet.transport == 6 || packet.transport == 17, packet.fragment == .whole else {
            return nil
        }
        self.packet = packet
        let behindHeaders = captured.bytes.dropFirst(Int(packet.payloadOffset))
        bytes = UnsafeRawBufferPointer(rebasing: behindHeaders.prefix(Int(packet.payloadBytes)))
        guard !bytes.isEmpty else { return nil }
    }

    var conversation: Conversation { Conversation(packet.source, packet.destination) }

    var isDNS: Bool {
        let ports: Set<UInt16> = [53, 5353, 5355]
        return ports.contains(packet.sourcePort) || ports.contains(packet.destinationPort)
    }

    /// Whether a message of HTTP/1 begins in this segment.
    var isHTTP: Bool {
        var stream = HTTPStream()
        var offset = 0
        guard packet.transport == 6 else { return false }
        switch stream.next(in: bytes.bytes, length: bytes.count, from: &offset) {
        case .request, .response: return true
        case .none, .notHTTP: return false
        }
    }
}
