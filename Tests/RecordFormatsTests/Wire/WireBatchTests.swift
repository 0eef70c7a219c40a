import FlowModel
import NetworkAddressing
import RecordFormats
import Testing

struct WireBatchTests {
    @Test func `what is encoded is decoded`() throws {
        var random = RandomBatch(seed: 1)
        for round in 0..<300 {
            let batch = random.make(reports: round % 8)
            #expect(batch.isSame(as: try WireBatchDecoder.decode(batch.encoded)))
        }
    }

    @Test func `an encoder is empty again after a batch`() throws {
        var random = RandomBatch(seed: 2)
        let batch = random.make(reports: 3)
        var encoder = WireBatchEncoder(exporter: batch.exporter, boot: batch.boot)
        for report in batch.reports { encoder.add(report.observation, at: batch.points[report.point]) }
        #expect(encoder.reports == 3)
        _ = encoder.finish(sequence: 1, made: batch.made)
        #expect(encoder.isEmpty && encoder.reports == 0)
        encoder.add(batch.reports[0].observation, at: batch.points[batch.reports[0].point])
        let second = try WireBatchDecoder.decode(encoder.finish(sequence: 2, made: batch.made))
        #expect(second.sequence == 2 && second.points.count == 1)
        #expect(second.reports.map(\.observation) == [batch.reports[0].observation])
    }

    @Test func `every truncation is an error or holds less`() {
        var random = RandomBatch(seed: 3)
        for _ in 0..<4 {
            let batch = random.make(reports: 4)
            let bytes = batch.encoded
            for length in bytes.indices {
                let decoded = try? WireBatchDecoder.decode(Array(bytes[..<length]))
                if let decoded { #expect(!decoded.isSame(as: batch)) }
            }
        }
    }

    @Test func `no byte that is changed makes it trap`() {
        var random = RandomBatch(seed: 4)
        var chance = SeededRandom(seed: 5)
        let bytes = random.make(reports: 12).encoded
        for _ in 0..<3_000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &chance) {
                changed[Int.random(in: changed.indices, using: &chance)] = UInt8.random(in: 0...255, using: &chance)
            }
            _ = try? WireBatchDecoder.decode(changed)
        }
        for _ in 0..<3_000 {
            let noise = (0..<Int.random(in: 0...64, using: &chance)).map { _ in
                UInt8.random(in: 0...255, using: &chance)
            }
            _ = try? WireBatchDecoder.decode(noise)
        }
    }

    @Test func `a newer exporter's fields are passed over`() throws {
        var random = RandomBatch(seed: 6)
        let batch = random.make(reports: 2)
        // Field 100: a varint, eight bytes, a text and four bytes.
        let unknown: [UInt8] = [
            0xa0, 6, 0xff, 1, 0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 6, 2, 0x68, 0x69, 0xa5, 6, 1, 2, 3, 4,
        ]
        #expect(batch.isSame(as: try WireBatchDecoder.decode(unknown + batch.encoded + unknown)))
    }

    @Test(arguments: [
        ([] as [UInt8], "byte 0, in Batch: there is no exporter"),
        ([0x0a, 1, 0x61], "byte 3, in Batch: there is no sequence"),
        ([0x0a, 5, 0x61], "byte 2, in Batch: field 1 has 5 bytes, and 1 are left"),
        ([0x0a, 1, 0xff], "byte 3, in Batch: field 1 is not UTF-8"),
        ([0x08, 1], "byte 1, in Batch: field 1 has the wire type 0, not 2"),
        ([0x4a, 2, 0x1a, 3], "byte 4, in Observation: field 3 has 3 bytes, and 0 are left"),
        ([0x4a, 5, 0x1a, 3, 1, 2, 3], "byte 7, in Observation: an address of 3 bytes"),
        ([0x4a, 0], "byte 2, in Observation: there is no address at one of the ends"),
        ([0x4a, 3, 0x82, 1, 9], "byte 4, in Observation: field 16 has the wire type 2, not 0"),
        ([0x4a, 3, 0x80, 1, 9], "byte 5, in Observation: 9 is no end reason that is known"),
        ([0x4a, 4, 0x20, 0x80, 0x80, 4], "byte 6, in Observation: field 4 is 65536, more than 65535"),
        ([0x52, 0], "byte 2, in Loss: there is no known reason"),
        ([0x18] + [UInt8](repeating: 0xff, count: 10), "byte 10, in Batch: a varint has more than 64 bits"),
        ([0x00], "byte 1, in Batch: 0 is no field"),
        ([0x0b], "byte 1, in Batch: field 1 has the wire type 3, not 2"),
        ([0xa3, 6], "byte 2, in Batch: field 100 has the wire type 3"),
    ])
    func `an error says where and why`(bytes: [UInt8], message: String) {
        #expect { try WireBatchDecoder.decode(bytes) } throws: { "\($0)" == message }
    }

    @Test func `a report of a point that is not there is refused`() {
        var random = RandomBatch(seed: 7)
        var bytes = random.make(reports: 0).encoded
        // An observation of point 9 with two addresses and an end reason.
        bytes += [0x4a, 17, 0x08, 9, 0x1a, 4, 1, 2, 3, 4, 0x2a, 4, 1, 2, 3, 4, 0x80, 1, 1]
        #expect { try WireBatchDecoder.decode(bytes) } throws: { "\($0)".contains("point that is not there") }
    }

    @Test func `a small input cannot claim much memory`() {
        // A latency entry takes two bytes.
        let entries = [UInt8](repeating: 0, count: 2 * (WireBatchDecoder.messagesMax + 1)).enumerated().map {
            $0.offset % 2 == 0 ? UInt8(0x0a) : 0
        }
        func field(_ tag: [UInt8], _ body: [UInt8]) -> [UInt8] {
            var length = body.count
            var bytes = tag
            while length > 127 {
                bytes.append(UInt8(length & 127) | 128)
                length >>= 7
            }
            return bytes + [UInt8(length)] + body
        }
        let bytes = field([0x4a], field([0xb2, 1], entries))
        #expect { try WireBatchDecoder.decode(bytes) } throws: { "\($0)".contains("too many messages") }
    }
}
