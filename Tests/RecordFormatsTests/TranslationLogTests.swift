import FlowModel
import Foundation
import NetworkAddressing
import TestSupport
import Testing

@testable import RecordFormats

@Suite struct TranslationLogTests {
    /// Folds conntrack lines; a translation given out again replaces its former version, as in the table.
    private func fold(_ text: [UInt8], limit: Int = 1 << 20) -> (log: TranslationLog, all: [Translation]) {
        struct Identity: Hashable {
            let source: Endpoint
            let destination: Endpoint
            let from: Timestamp
            let id: UInt32?
        }
        var lines = ConntrackLog()
        var log = TranslationLog(limit: limit)
        var places: [Identity: Int] = [:]
        var all: [Translation] = []
        lines.read(text + [10]) { result in
            guard case .success(let event) = result else { return }
            log.fold(event) { translation in
                let identity = Identity(
                    source: translation.originalSource,
                    destination: translation.originalDestination,
                    from: translation.from,
                    id: translation.id
                )
                if let place = places[identity] {
                    all[place] = translation
                } else {
                    places[identity] = all.count
                    all.append(translation)
                }
            }
        }
        return (log, all)
    }

    private func line(
        _ kind: String,
        at time: Int,
        id: Int?,
        answer: String = "10.0.9.9",
        port: Int = 1000
    ) -> String {
        """
        [\(time).000000] [\(kind)] tcp 6 1 X src=10.0.0.1 dst=10.96.0.1 sport=\(port) dport=80 \
        src=\(answer) dst=10.0.0.1 sport=8080 dport=\(port)\(id.map { " id=\($0)" } ?? "")
        """
    }

    private func fold(_ lines: [String]) -> (log: TranslationLog, all: [Translation]) {
        fold(Array(lines.joined(separator: "\n").utf8))
    }

    @Test func `NEW opens and DESTROY closes`() {
        let (log, all) = fold([
            line("NEW", at: 10, id: 1), line("UPDATE", at: 11, id: 1), line("DESTROY", at: 20, id: 1),
        ])
        #expect(all.count == 1)
        #expect(all.first?.from == Timestamp(seconds: 10))
        #expect(all.first?.until == Timestamp(seconds: 20))
        #expect(all.first?.replySource.description == "10.0.9.9:8080")
        #expect(log.openCount == 0)
        #expect(log.skipped.isEmpty)
    }

    @Test func `a connection older than the log has been there since before`() {
        let (_, all) = fold([line("UPDATE", at: 11, id: 1), line("DESTROY", at: 20, id: 1)])
        #expect(all.map(\.from) == [.distantPast])
        #expect(all.map(\.until) == [Timestamp(seconds: 20)])
        let (_, ended) = fold([line("DESTROY", at: 20, id: 1)])
        #expect(ended.map(\.from) == [.distantPast])
        #expect(ended.map(\.until) == [Timestamp(seconds: 20)])
    }

    @Test func `a tuple used again by another id closes the former`() {
        let (_, all) = fold([
            line("NEW", at: 10, id: 1), line("NEW", at: 15, id: 2, answer: "10.0.9.8"),
            line("DESTROY", at: 16, id: 1), line("DESTROY", at: 30, id: 2, answer: "10.0.9.8"),
        ])
        #expect(all.map(\.from) == [10, 15].map { Timestamp(seconds: $0) })
        #expect(all.map(\.until) == [15, 30].map { Timestamp(seconds: $0) })
    }

    @Test func `an unknown connection never overlaps an earlier one of its tuple`() {
        let (_, all) = fold([
            line("NEW", at: 10, id: 1), line("DESTROY", at: 12, id: 1), line("UPDATE", at: 15, id: 2),
            line("UPDATE", at: 18, id: 3),
        ])
        #expect(all.map(\.from) == [10, 12, 18].map { Timestamp(seconds: $0) })
        #expect(all.map(\.until) == [Timestamp(seconds: 12), Timestamp(seconds: 18), .distantFuture])
    }

    @Test func `the end of an unseen connection comes late, after its tuple was taken again`() {
        let (_, all) = fold([line("NEW", at: 10, id: 2), line("DESTROY", at: 12, id: 1)])
        #expect(all.map(\.from) == [Timestamp(seconds: 10), .distantPast])
        #expect(all.map(\.until) == [.distantFuture, Timestamp(seconds: 10)])
    }

    @Test func `without ids a second NEW of a tuple is another connection`() {
        let (_, all) = fold([
            line("NEW", at: 10, id: nil), line("UPDATE", at: 11, id: nil),
            line("NEW", at: 15, id: nil, answer: "10.0.9.8"),
        ])
        #expect(all.map(\.until) == [Timestamp(seconds: 15), .distantFuture])
    }

    @Test func `events without a time are counted and skipped, entries of a dump stand`() throws {
        var lines = ConntrackLog()
        var log = TranslationLog()
        var all: [Translation] = []
        let text = "tcp 6 1 X src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1\n"
        lines.read(Array(("[NEW] " + text + text).utf8)) { result in
            guard case .success(let event) = result else { return }
            log.fold(event) { all.append($0) }
        }
        #expect(log.skipped == [.untimed: 1])
        #expect(all.map(\.from) == [.distantPast])
    }

    @Test func `two pings through one masquerade are two translations of one tuple`() {
        func ping(_ id: Int, _ source: String) -> String {
            """
            [10.000000] [NEW] icmp 1 30 src=\(source) dst=8.8.8.8 type=8 code=0 id=\(id) \
            src=8.8.8.8 dst=192.0.2.1 type=0 code=0 id=\(id) id=\(id)
            """
        }
        let (_, all) = fold([ping(1, "10.0.0.1"), ping(2, "10.0.0.1"), ping(3, "10.0.0.2")])
        #expect(all.count == 3)
        #expect(all.allSatisfy { $0.until == .distantFuture })
        #expect(all.first?.originalSource.port == 8)
        #expect(all.first?.originalDestination.port == 0)
        #expect(all.first?.replySource.port == 0)
        #expect(all.first?.replyDestination.port == 8)
    }

    @Test func `memory is bounded and an evicted connection finds its beginning again`() {
        let lines = (1...100).map { line("NEW", at: $0, id: $0, port: $0) }
        let text = (lines + [line("DESTROY", at: 200, id: 1, port: 1), line("UPDATE", at: 201, id: 2, port: 2)])
            .joined(separator: "\n")
        let (log, all) = fold(Array(text.utf8), limit: 64)
        #expect(log.openCount <= 64)
        #expect((log.skipped[.evicted] ?? 0) >= 36)
        for translation in all { #expect(translation.from <= translation.until) }
    }

    @Test(.needsSharedData) func `the real log tells who answered each true connection`() throws {
        let (log, all) = fold(try SharedData.bytes("robot-shop/conntrack.txt"))
        #expect(log.skipped.isEmpty)
        #expect(all.filter { $0.from != .distantPast }.count >= 790)
        let truth = try SharedData.lines("robot-shop/traffic_truth.jsonl").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        var addresses: [String: Set<String>] = [:]
        for entry in truth {
            if let pod = entry["src_pod"] as? String, let address = entry["src_ip"] as? String {
                addresses[pod, default: []].insert(address)
            }
        }
        let bySource = Dictionary(grouping: all, by: \.originalSource)
        var checked = 0
        var checkedAddress = 0
        for entry in truth {
            guard let address = (entry["src_ip"] as? String).flatMap({ IPAddress($0) }),
                let port = entry["src_port"] as? Int, let answer = entry["answer"] as? String,
                let start = entry["t"] as? Double, let end = entry["t_end"] as? Double
            else { continue }
            let from = Timestamp(nanoseconds: Int64((start - 0.02) * 1e9))
            let until = Timestamp(nanoseconds: Int64((end + 0.02) * 1e9))
            let source = Endpoint(address, port: UInt16(truncatingIfNeeded: port))
            let matches = (bySource[source] ?? []).filter {
                $0.originalDestination.address.description == entry["dst_ip"] as? String
                    && $0.from <= until && from < $0.until
            }
            #expect(matches.count == 1, "\(entry)")
            guard let match = matches.first else { continue }
            checked += 1
            let words = answer.split(separator: " ")
            let client = words.first { $0.hasPrefix("from=") }?.dropFirst("from=::ffff:".count)
            #expect(match.replyDestination.description == client.map(String.init), "\(entry)")
            guard let known = words.first.flatMap({ addresses[String($0)] }) else { continue }
            checkedAddress += 1
            #expect(known.contains(match.replySource.address.description), "\(entry)")
        }
        #expect(checked >= 700)
        #expect(checkedAddress >= 300)
    }

    @Test(.needsSharedData) func `translations of one tuple never overlap`() throws {
        let (_, all) = fold(try SharedData.bytes("robot-shop/conntrack.txt"))
        let groups = Dictionary(grouping: all) { [$0.originalSource, $0.originalDestination] }
        for group in groups.values {
            let sorted = group.sorted { $0.from < $1.from }
            for (former, latter) in zip(sorted, sorted.dropFirst()) { #expect(former.until <= latter.from) }
        }
    }
}
