import FlowModel
import Foundation
import NetworkAddressing
import TestSupport
import Testing

@testable import RecordFormats

@Suite struct ConntrackLogTests {
    private func parse(_ line: String) throws -> ConntrackEvent {
        var log = ConntrackLog()
        var results: [Result<ConntrackEvent, ConntrackSyntaxError>] = []
        log.read(Array(line.utf8)) { results.append($0) }
        log.finish { results.append($0) }
        return try #require(results.first).get()
    }

    private func json(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    private func check(_ tuple: ConntrackTuple, _ expected: Any?, _ line: String) throws {
        let expected = try #require(expected as? [String: Any])
        #expect(tuple.source.description == expected["src"] as? String, "\(line)")
        #expect(tuple.destination.description == expected["dst"] as? String, "\(line)")
        #expect(Int(tuple.sourcePort) == expected["sport"] as? Int, "\(line)")
        #expect(Int(tuple.destinationPort) == expected["dport"] as? Int, "\(line)")
        #expect(tuple.traffic.map { Int($0.packets) } == expected["packets"] as? Int, "\(line)")
        #expect(tuple.traffic.map { Int($0.bytes) } == expected["bytes"] as? Int, "\(line)")
    }

    @Test(.needsSharedData) func `real lines parse as their oracle says`() throws {
        let lines = try SharedData.lines("conntrack/lines.jsonl")
        #expect(lines.count >= 24)
        for text in lines {
            let oracle = try json(text)
            let line = try #require(oracle["line"] as? String)
            let event = try parse(line)
            let kinds: [String: ConntrackEvent.Kind] = ["NEW": .new, "UPDATE": .update, "DESTROY": .destroy]
            #expect(event.kind == (oracle["event"] as? String).flatMap { kinds[$0] } ?? .entry, "\(line)")
            #expect(Int(event.transport.rawValue) == oracle["protonum"] as? Int, "\(line)")
            #expect(event.transport.name == oracle["proto"] as? String, "\(line)")
            #expect(event.timeout.map(Int.init) == oracle["timeout"] as? Int, "\(line)")
            #expect(event.state == oracle["state"] as? String, "\(line)")
            #expect(event.isUnreplied == oracle["unreplied"] as? Bool, "\(line)")
            #expect(event.isAssured == oracle["assured"] as? Bool, "\(line)")
            try check(event.original, oracle["orig"], line)
            try check(event.reply, oracle["reply"], line)
            let stamp = (oracle["timestamp"] as? String).map { text in
                let parts = text.split(separator: ".").compactMap { Int64($0) }
                return Timestamp(seconds: parts[0], nanoseconds: parts[1] * 1000)
            }
            #expect(event.timestamp == stamp, "\(line)")
            let extra = try #require(oracle["extra"] as? [String: String])
            #expect(event.id.map(String.init) == extra["id"], "\(line)")
            #expect(event.mark.map(String.init) == extra["mark"], "\(line)")
            #expect(event.zone.map(String.init) == extra["zone"], "\(line)")
            #expect(event.use.map(String.init) == extra["use"], "\(line)")
            #expect(event.helper == extra["helper"], "\(line)")
            #expect(
                (event.original.destination != event.reply.source
                    || event.original.destinationPort != event.reply.sourcePort) == oracle["dnat"] as? Bool
            )
        }
    }

    @Test(.needsSharedData) func `lines with negative ports are rejected at the port`() throws {
        let cases = try #require(
            try JSONSerialization.jsonObject(with: Data(try SharedData.bytes("conntrack/invalid.json")))
                as? [[String: Any]]
        )
        #expect(cases.count == 4)
        for entry in cases {
            let line = try #require(entry["line"] as? String)
            let error = #expect(throws: ConntrackSyntaxError.self) { try parse(line) }
            #expect(error?.expected == .sourcePort || error?.expected == .destinationPort)
            let minus = try #require(Array(line.utf8).firstIndex(of: UInt8(ascii: "-")))
            #expect(error?.column == minus + 1)
            #expect(error?.line == 1)
        }
    }

    @Test func `an ICMP line keeps the echo identifier and the entry id apart`() throws {
        let event = try parse(
            """
                [NEW] ipv4     2 icmp     1 30 src=10.0.0.1 dst=8.8.8.8 type=8 code=0 id=1234 [UNREPLIED] \
            src=8.8.8.8 dst=192.0.2.1 type=0 code=0 id=1234 id=4000000000
            """
        )
        #expect(event.original.icmp == ConntrackTuple.ICMP(type: 8, code: 0, identifier: 1234))
        #expect(event.reply.icmp?.type == 0)
        #expect(event.id == 4_000_000_000)
        #expect(event.isUnreplied)
    }

    @Test(arguments: [
        ("sctp     132 3 CLOSED src=::1 dst=::2 sport=1 dport=2 src=::2 dst=::1 sport=2 dport=1", 132, 1),
        (
            "dccp     33 9 REQUEST src=1.1.1.1 dst=2.2.2.2 sport=5 dport=6 src=2.2.2.2 dst=1.1.1.1 sport=6 dport=5", 33,
            5
        ),
        ("gre      47 9 timeout=9, srckey=0x1 src=1.1.1.1", 47, -1),
        (
            "gre      47 9 src=1.1.1.1 dst=2.2.2.2 srckey=0x0 dstkey=0x1 src=2.2.2.2 dst=1.1.1.1 srckey=0x1 dstkey=0x0",
            47, 0
        ),
        (
            "unknown  89 600 src=1.1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1 [OFFLOAD] mark=1 secctx=a:b labels=x,y",
            89, 0
        ),
        ("icmpv6   58 9 src=::1 dst=::2 type=128 code=0 id=3 src=::2 dst=::1 type=129 code=0 id=3", 58, 0),
    ])
    func `other protocols`(line: String, number: UInt8, port: Int) throws {
        guard port >= 0 else {
            #expect(throws: ConntrackSyntaxError.self) { try parse(line) }
            return
        }
        let event = try parse(line)
        #expect(event.transport.rawValue == number)
        #expect(Int(event.original.sourcePort) == port)
        #expect(event.kind == .entry)
    }

    @Test func `microseconds padded with spaces are not a decimal fraction`() throws {
        let rest = "\t[NEW] udp 17 30 src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1"
        #expect(try parse("[1700000000.396   ]" + rest).timestamp?.nanoseconds == 1_700_000_000_000_396_000)
        #expect(try parse("[1700000000.396]" + rest).timestamp?.nanoseconds == 1_700_000_000_396_000_000)
        #expect(try parse("[1700000000.000396]" + rest).timestamp?.nanoseconds == 1_700_000_000_000_396_000)
    }

    @Test(arguments: [
        ("[1x] [NEW]", ConntrackSyntaxError.Expectation.timestamp, 3),
        ("[OLD] tcp", .event, 1),
        ("conntrack v1.4.7 (conntrack-tools): 12 flow events have been shown.", .protocolName, 11),
        ("tcp 6 60 SYN src=1.2.3 dst=1.1.1.1", .source, 18),
        ("tcp 6 60 SYN src=1.2.3.4 dst=::1", .destination, 30),
        ("tcp 6 99999999999 SYN src=1.2.3.4 dst=::1", .number, 7),
        ("tcp 6 1 SYN src=1.2.3.4 dst=1.1.1.1 sport=65536 dport=1", .sourcePort, 43),
    ])
    func `errors say what was expected where`(
        line: String,
        expected: ConntrackSyntaxError.Expectation,
        column: Int
    ) {
        let error = #expect(throws: ConntrackSyntaxError.self) { try parse(line) }
        #expect(error == ConntrackSyntaxError(line: 1, column: column, expected: expected))
    }

    @Test(.needsSharedData) func `pieces of any size give the same events, and all lines of a real log parse`() throws {
        let bytes = try SharedData.bytes("robot-shop/conntrack.txt")
        var whole = ConntrackLog()
        var expected: [ConntrackEvent] = []
        whole.read(bytes) { if case .success(let event) = $0 { expected.append(event) } }
        whole.finish { _ in }
        #expect(whole.lines == 4969)
        #expect(expected.count == 4969)
        #expect(expected.allSatisfy { $0.id != nil && $0.timestamp != nil })
        for size in [1, 7, 4096] {
            var log = ConntrackLog()
            var events: [ConntrackEvent] = []
            let part = size == 1 ? Array(bytes.prefix(100_000)) : bytes
            for start in stride(from: 0, to: part.count, by: size) {
                log.read(Array(part[start..<min(start + size, part.count)])) {
                    if case .success(let event) = $0 { events.append(event) }
                }
            }
            #expect(events == Array(expected.prefix(events.count)))
            #expect(events.count >= 480)
        }
    }

    @Test func `a line without end is bounded and the next one is read`() throws {
        var log = ConntrackLog()
        var results: [Result<ConntrackEvent, ConntrackSyntaxError>] = []
        for _ in 0..<100 { log.read(Array(repeating: 65, count: 1000)) { results.append($0) } }
        let good = "\ntcp 6 1 A src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1\r\n"
        log.read(Array(good.utf8)) { results.append($0) }
        #expect(results.count == 2)
        #expect(results.first == .failure(ConntrackSyntaxError(line: 1, column: 1, expected: .shorterLine)))
        #expect(log.events == 1)
        #expect(log.rejected == [.shorterLine: 1])
    }

    @Test(.needsSharedData) func `damaged lines never trap`() throws {
        let lines = try SharedData.lines("conntrack/lines.jsonl").compactMap { try json($0)["line"] as? String }
        var generator = SplitMix(state: 7)
        var log = ConntrackLog()
        for _ in 0..<20_000 {
            var bytes = Array(lines[Int.random(in: 0..<lines.count, using: &generator)].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch UInt8.random(in: 0..<4, using: &generator) {
                case 0: bytes.remove(at: index)
                case 1: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 2: bytes.insert(contentsOf: bytes[index...].prefix(40), at: index)
                default: bytes.removeSubrange(index...)
                }
            }
            log.read(bytes + [10]) { _ in }
        }
        #expect(log.lines >= 20_000)
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
