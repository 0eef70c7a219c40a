import FlowMetering
import FlowModel
import Foundation
import NetworkAddressing
import PacketParsing
import TestSupport
import Testing

/// A row of Zeek's `conn.log` whose counters are those of tshark.
private struct ZeekConnection: Decodable {
    let pcap: String
    let proto: String
    let check: String
    let originator: String
    let originatorPort: String
    let responder: String
    let responderPort: String
    let state: String
    let history: String
    let originatorBytes: String
    let responderBytes: String

    enum CodingKeys: String, CodingKey {
        case pcap, proto, check, history
        case originator = "id.orig_h"
        case originatorPort = "id.orig_p"
        case responder = "id.resp_h"
        case responderPort = "id.resp_p"
        case state = "conn_state"
        case originatorBytes = "orig_bytes"
        case responderBytes = "resp_bytes"
    }

    var source: Endpoint? { ZeekConnection.endpoint(originator, originatorPort) }
    var destination: Endpoint? { ZeekConnection.endpoint(responder, responderPort) }

    private static func endpoint(_ address: String, _ port: String) -> Endpoint? {
        guard let address = IPAddress(address), let port = UInt16(port) else { return nil }
        return Endpoint(address, port: port)
    }

    static func load() throws -> [ZeekConnection] {
        try SharedData.lines("zeek/conn.jsonl")
            .map { try JSONDecoder().decode(ZeekConnection.self, from: Data($0.utf8)) }
            .filter { $0.proto == "tcp" && $0.check.hasPrefix("agrees") }
    }
}

extension Observation {
    /// The letters of Zeek's `history` that follow from a report, capital ones for the source.
    fileprivate var historyLetters: Set<Character> {
        guard let tcp else { return [] }
        var letters: Set<Character> = []
        for (counts, flags, isSource) in [(tcp.forward, forwardFlags, true), (tcp.backward, backwardFlags, false)] {
            func note(_ letter: Character, _ isSeen: Bool) {
                if isSeen { letters.insert(isSource ? Character(letter.uppercased()) : letter) }
            }
            note("d", counts.payloadBytes > 0)
            note("f", flags & 0x01 != 0)
            note("r", counts.resets > 0)
            note("t", counts.retransmitted > 0)
            note("w", counts.zeroWindows > 0)
        }
        return letters
    }
}

struct ZeekConnectionTests {
    /// One report for each flow of a capture, however long it was silent.
    private static func reports(_ file: String) throws -> [Observation] {
        let bytes = try SharedData.bytes("pcap/\(file)")
        return try bytes.withUnsafeBytes { bytes in
            var reader = try CaptureFileReader(bytes)
            var meter = FlowMeter(configuration: .init(interval: nil, idleTimeout: nil))
            var reports: [Observation] = []
            while let packet = reader.next() {
                meter.add(
                    packet.bytes,
                    wireLength: packet.originalLength,
                    timestamp: Timestamp(nanoseconds: packet.nanoseconds),
                    linkType: packet.linkType,
                    into: &reports
                )
            }
            meter.finish(into: &reports)
            return reports
        }
    }

    @Test(.needsSharedData)
    func `states and histories agree with Zeek's`() throws {
        var states = 0
        var histories = 0
        var synsRepeated = 0
        var differing: [String] = []
        let rows = try ZeekConnection.load()
        for row in rows {
            let found = try Self.reports(row.pcap).filter {
                $0.transport == .tcp
                    && ([$0.source, $0.destination] == [row.source, row.destination]
                        || [$0.destination, $0.source] == [row.source, row.destination])
            }
            guard found.count == 1, let report = found.first, let tcp = report.tcp else {
                differing.append("\(row.pcap) \(row.originatorPort): \(found.count) flows")
                continue
            }
            // Zeek flips a connection that begins with the answer, and says so.
            let isTurned = report.source != row.source
            let state = isTurned ? tcp.state.turned.zeekName : tcp.state.zeekName
            if state == row.state {
                states += 1
            } else {
                differing.append("\(row.pcap) \(row.originatorPort): state \(state), Zeek \(row.state) \(row.history)")
            }
            let compared = Set("DdFfRrTtWw")
            let expected = Set(row.history).intersection(compared)
            var letters = isTurned ? report.turned(evidence: report.evidence).historyLetters : report.historyLetters
            // A SYN that is sent again is a retransmission for Wireshark and for us, not for Zeek.
            if letters.subtracting("Tt") == expected, letters.isSuperset(of: expected), letters != expected {
                synsRepeated += 1
                letters = expected
            }
            if letters == expected {
                histories += 1
            } else {
                differing.append("\(row.pcap) \(row.originatorPort): \(String(letters.sorted())), Zeek \(row.history)")
            }
        }
        print("Zeek: \(states) of \(rows.count) states, \(histories) of \(rows.count) histories agree")
        #expect(differing == [])
        #expect(synsRepeated == 17)
    }
}
