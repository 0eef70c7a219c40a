import Foundation
import PacketParsing
import TestSupport
import Testing

/// Every payload of UDP and TCP in the shared captures, given to the parsers of applications.
struct ApplicationCorpusTests {
    /// One payload of the corpus.
    private struct Payload {
        let file: String
        let number: Int
        let packet: ParsedPacket
        let bytes: UnsafeRawBufferPointer
        /// Its length on the wire.
        let length: Int

        func isPort(_ ports: UInt16...) -> Bool {
            ports.contains(packet.sourcePort) || ports.contains(packet.destinationPort)
        }
    }

    private static func forEachPayload(of transport: UInt8, _ body: (Payload) -> Void) throws {
        for source in ["arkime", "community-id-spec", "gopacket", "ndpi", "skydive", "tcpdump", "zeek"] {
            let folder = SharedData.folder.appending(path: "pcap/\(source)")
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
                try SharedData.bytes("pcap/\(source)/\(file)").withUnsafeBytes { capture in
                    guard var reader = try? CaptureFileReader(capture) else { return }
                    var number = 0
                    while let captured = reader.next() {
                        number += 1
                        var packet = ParsedPacket()
                        let decoder = PacketDecoder(linkType: captured.linkType)
                        let outcome = decoder.decode(
                            captured.bytes.bytes,
                            wireLength: captured.originalLength,
                            into: &packet
                        )
                        guard outcome == .metered, packet.transport == transport, packet.fragment == .whole else {
                            continue
                        }
                        let start = min(Int(packet.payloadOffset), captured.bytes.count)
                        let end = min(start + Int(packet.payloadBytes), captured.bytes.count)
                        body(
                            Payload(
                                file: "\(source)/\(file)",
                                number: number,
                                packet: packet,
                                bytes: UnsafeRawBufferPointer(rebasing: captured.bytes[start..<end]),
                                length: Int(packet.payloadBytes)
                            )
                        )
                    }
                }
            }
        }
    }

    /// Datagrams of the ports of DNS that are no DNS messages, or broken ones, by file.
    private static let refused: [String: Int] = [
        "ndpi/cfgs__default__pcap__dnscrypt-v2.pcap": 6,
        // Names that loop, point forward or do not end.
        "tcpdump/dns-badlabel.pcap": 1, "tcpdump/dns_fwdptr.pcap": 1, "tcpdump/dns-zlip-1.pcap": 1,
        "tcpdump/dns-zlip-2.pcap": 1, "tcpdump/dns-zlip-3.pcap": 1, "zeek/dns__dns-invalid-names.pcap": 3,
        // RTP.
        "tcpdump/rtp-seg-fault-1.pcapng": 1,
    ]

    @Test(.needsSharedData)
    func `every DNS message is read from real datagrams, whole and cut, and nothing else on these ports`() throws {
        var (read, cut) = (0, 0)
        var refused: [String: Int] = [:]
        try Self.forEachPayload(of: 17) { payload in
            let message = ReadDNS(payload.bytes, DNSMessage(payload.bytes.bytes))
            guard payload.isPort(53, 5353, 5355), !payload.bytes.isEmpty else { return }
            guard let message else {
                refused[payload.file, default: 0] += 1
                return
            }
            read += 1
            for length in stride(from: 0, to: payload.bytes.count, by: 7) {
                let part = UnsafeRawBufferPointer(rebasing: payload.bytes.prefix(length))
                guard let partly = ReadDNS(part, DNSMessage(part.bytes)) else { continue }
                cut += 1
                let isSame =
                    partly.name == message.name && partly.message.nameHash == message.message.nameHash
                    && partly.addresses == Array(message.addresses.prefix(partly.addresses.count))
                if !isSame { Issue.record("\(payload.file) packet \(payload.number) cut to \(length)") }
            }
        }
        print("DNS: \(read) datagrams and \(cut) cut ones read")
        #expect(refused == Self.refused)
        #expect(read == 1474)
    }

    @Test(.needsSharedData)
    func `every segment of TCP is survived as DNS and as HTTP`() throws {
        var (messages, requests, responses, cutRequests) = (0, 0, 0, 0)
        var whole: [String: Direction] = [:]
        var cut: [String: Direction] = [:]
        try Self.forEachPayload(of: 6) { payload in
            let isDNS = ReadDNS(payload.bytes, DNSMessage(segment: payload.bytes.bytes, payloadBytes: payload.length))
            if isDNS != nil, payload.isPort(53) { messages += 1 }
            let key = "\(payload.file) \(payload.packet.source) \(payload.packet.destination)"
            let told = whole[key, default: Direction()].feed(payload, captured: .max)
            requests += told.requests
            responses += told.responses
            cutRequests += cut[key, default: Direction()].feed(payload, captured: 138).requests
        }
        print("TCP: \(messages) DNS messages, \(requests) HTTP requests (cut: \(cutRequests)), \(responses) responses")
        #expect(messages > 0 && requests > 0 && responses > 0)
        #expect(cutRequests <= requests && cutRequests * 10 > requests * 9)
    }

    /// One direction of a connection, as far as its segments come in order.
    private struct Direction {
        var stream = HTTPStream()
        var next: UInt32?

        mutating func feed(_ payload: Payload, captured: Int) -> (requests: Int, responses: Int) {
            let sequence = payload.packet.tcpSequence
            if payload.packet.tcpFlags & 2 != 0 {
                self = Direction()
                next = sequence &+ 1
            }
            guard payload.length > 0 else { return (0, 0) }
            let ahead = Int32(bitPattern: sequence &- (next ?? sequence))
            guard ahead >= 0 else { return (0, 0) }
            if ahead > 0 || next == nil { stream.lose() }
            next = sequence &+ UInt32(payload.length)
            let bytes = UnsafeRawBufferPointer(rebasing: payload.bytes.prefix(captured))
            var (offset, requests, responses) = (0, 0, 0)
            while true {
                switch stream.next(in: bytes.bytes, length: payload.length, from: &offset) {
                case .none, .notHTTP: return (requests, responses)
                case .response: responses += 1
                case .request(let request):
                    requests += 1
                    #expect(request.name.upperBound < request.path.lowerBound)
                    #expect(request.path.upperBound <= bytes.count && request.host.upperBound <= bytes.count)
                }
            }
        }
    }
}
