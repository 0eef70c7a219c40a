import Foundation
import PacketParsing
import TestSupport
import Testing

/// Every capture of the shared data beside what tshark 4.0.17 says of it.
struct CaptureOracleTests {
    private struct Oracle: Decodable {
        let file: String
        let tshark_err: [String]
        let packets: Int
        let wire_bytes: Int
        let captured_bytes: Int
        let first: String?
        let last: String?
    }

    private struct Reading {
        var packets = 0
        var wireBytes = 0
        var capturedBytes = 0
        var first: Int64?
        var last: Int64?
        var failure: CaptureFileError?
    }

    private enum Field {
        case packets, wireBytes, capturedBytes, first, last, failure
    }

    /// Where the two differ, and why ours is what the file says.
    private static let explained: [String: Set<Field>] = {
        var explained: [String: Set<Field>] = [
            // Wireshark counts ATM without the four bytes of its pseudo-header.
            "tcpdump/atm-heapoverflow.pcap": [.wireBytes, .capturedBytes],
            "tcpdump/atm-oam-heapoverflow.pcap": [.wireBytes, .capturedBytes],
            // A count of microseconds above a million overflows 32 bits of nanoseconds in Wireshark.
            "tcpdump/atm-oam-loopback-print-overrun.pcap": [.wireBytes, .capturedBytes, .first, .last],
            "tcpdump/timestamp_invalid_micro.pcap": [.last],
            "tcpdump/timestamp_invalid_nano.pcap": [.last],
        ]
        for order in ["be", "le"] {
            func name(_ test: String) -> String { "gopacket/pcapgo__tests__\(order)__test\(test).pcapng" }
            // Simple Packet Blocks have no time.
            explained[name("010")] = [.first, .last]
            for test in ["011", "016", "100"] { explained[name(test)] = [.first] }
            // tshark shows Custom Blocks as packets; capinfos counts as we do.
            for test in ["017", "102", "202"] { explained[name(test)] = [.packets, .wireBytes, .capturedBytes] }
            explained[name("018")] = [.packets, .wireBytes, .capturedBytes, .first]
        }
        return explained
    }()

    /// tshark reads nothing of a file with a link type that it does not know.
    private static let unknownToTshark: Set<Field> = [
        .packets, .wireBytes, .capturedBytes, .first, .last, .failure,
    ]

    @Test(
        .needsSharedData,
        arguments: ["arkime", "community-id-spec", "gopacket", "ndpi", "skydive", "tcpdump", "zeek"]
    )
    func `packets, times and bytes are what tshark says`(source: String) throws {
        var (files, packets, equal) = (0, 0, 0)
        for line in try SharedData.lines("pcap/oracle/\(source).jsonl") {
            let oracle = try JSONDecoder().decode(Oracle.self, from: Data(line.utf8))
            let path = "pcap/\(oracle.file)"
            let file = SharedData.folder.appending(path: path).path
            guard FileManager.default.fileExists(atPath: file) else { continue }
            let reading = Self.read(try SharedData.bytes(path))
            let differences = Self.differences(reading, oracle)
            let isUnknown = oracle.tshark_err.contains { $0.contains("unknown or unsupported") }
            let expected = isUnknown ? Self.unknownToTshark : Self.explained[oracle.file] ?? []
            #expect(differences == expected, "\(oracle.file): \(reading)")
            files += 1
            packets += reading.packets
            equal += differences.isEmpty ? 1 : 0
        }
        print("\(source): \(files) files, \(packets) packets, \(equal) files equal to tshark")
        #expect(files > 0)
    }

    private static func differences(_ reading: Reading, _ oracle: Oracle) -> Set<Field> {
        var differences: Set<Field> = []
        func compare<Value: Equatable>(_ field: Field, _ ours: Value, _ theirs: Value) {
            if ours != theirs { differences.insert(field) }
        }
        compare(.packets, reading.packets, oracle.packets)
        compare(.wireBytes, reading.wireBytes, oracle.wire_bytes)
        compare(.capturedBytes, reading.capturedBytes, oracle.captured_bytes)
        compare(.first, reading.first, oracle.first.flatMap(nanoseconds))
        compare(.last, reading.last, oracle.last.flatMap(nanoseconds))
        compare(.failure, reading.failure != nil, !oracle.tshark_err.isEmpty)
        return differences
    }

    private static func read(_ bytes: [UInt8]) -> Reading {
        var reading = Reading()
        bytes.withUnsafeBytes { bytes in
            do throws(CaptureFileError) {
                var reader = try CaptureFileReader(bytes)
                while let packet = reader.next() {
                    reading.packets += 1
                    reading.wireBytes += packet.originalLength
                    reading.capturedBytes += packet.bytes.count
                    reading.first = reading.first ?? packet.nanoseconds
                    reading.last = packet.nanoseconds
                }
                reading.failure = reader.failure
            } catch {
                reading.failure = error
            }
        }
        return reading
    }

    /// Nanoseconds of a text of seconds with nine decimals.
    private static func nanoseconds(_ text: String) -> Int64? {
        Int64(text.replacing(".", with: ""))
    }
}
