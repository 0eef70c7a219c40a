import Foundation
import PacketParsing
import TestSupport
import Testing

/// Every payload of UDP and TCP in the shared captures, given to the parsers of applications.
struct ApplicationCorpusTests {
    /// Datagrams of the ports of DNS that are no DNS messages, or broken ones, by file.
    private static let refused: [String: Int] = [
        "ndpi/cfgs__default__pcap__dnscrypt-v2.pcap": 6,
        // Names that loop, point forward or do not end.
        "tcpdump/dns-badlabel.pcap": 1, "tcpdump/dns_fwdptr.pcap": 1, "tcpdump/dns-zlip-1.pcap": 1,
        "tcpdump/dns-zlip-2.pcap": 1, "tcpdump/dns-zlip-3.pcap": 1, "zeek/dns__dns-invalid-names.pcap": 3,
        // Frames within frames, of which the innermost is cut.
        "zeek/pbb-recursive-frames.pcapng": 1,
        // RTP.
        "tcpdump/rtp-seg-fault-1.pcapng": 1,
    ]

    @Test(.needsSharedData)
    func `every DNS message is read from real datagrams, whole and cut, and nothing else on these ports`() throws {
        var (read, cut) = (0, 0)
        var refused: [String: Int] = [:]
        try CorpusPayload.forEach(of: 17) { payload in
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
        #expect(read == 1494)
    }

    @Test(.needsSharedData)
    func `every segment of TCP is survived as DNS and as HTTP`() throws {
        var (messages, requests, responses, cutRequests) = (0, 0, 0, 0)
        var whole: [String: CorpusDirection] = [:]
        var cut: [String: CorpusDirection] = [:]
        try CorpusPayload.forEach(of: 6) { payload in
            let isDNS = ReadDNS(payload.bytes, DNSMessage(segment: payload.bytes.bytes, payloadBytes: payload.length))
            if isDNS != nil, payload.isPort(53) { messages += 1 }
            let key = "\(payload.file) \(payload.packet.source) \(payload.packet.destination)"
            for message in whole[key, default: CorpusDirection()].feed(payload, captured: .max) {
                if case .request = message { requests += 1 } else { responses += 1 }
            }
            for message in cut[key, default: CorpusDirection()].feed(payload, captured: 138) {
                if case .request = message { cutRequests += 1 }
            }
        }
        print("TCP: \(messages) DNS messages, \(requests) HTTP requests (cut: \(cutRequests)), \(responses) responses")
        #expect(messages > 0 && requests > 0 && responses > 0)
        #expect(cutRequests <= requests && cutRequests * 10 > requests * 9)
    }
}
