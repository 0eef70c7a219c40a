import FlowModel
import RecordFormats
import Testing

struct DeliveryLedgerTests {
    private let now = Timestamp(seconds: 1_795_225_062)

    private func batch(_ sequence: UInt64, of id: String = "a", boot: UInt64 = 1) -> WireBatch {
        WireBatch(exporter: WireExporter(id: id), boot: boot, sequence: sequence, made: now)
    }

    @Test func `a batch is new once`() {
        var ledger = DeliveryLedger()
        #expect(ledger.isNew(batch(1)))
        let forgotten = ledger.enter(batch(1), at: now)
        #expect(forgotten == nil)
        #expect(!ledger.isNew(batch(1)))
        // What was dropped in between does not come any more.
        _ = ledger.enter(batch(5), at: now)
        #expect(!ledger.isNew(batch(4)) && ledger.isNew(batch(6)))
        _ = ledger.enter(batch(5), at: now)
        #expect(ledger.all.map(\.batches) == [2] && ledger.all.map(\.duplicates) == [1])
    }

    @Test func `boots and exporters are told apart`() {
        var ledger = DeliveryLedger()
        _ = ledger.enter(batch(9), at: now)
        #expect(ledger.isNew(batch(1, boot: 2)) && ledger.isNew(batch(1, of: "b")))
        _ = ledger.enter(batch(1, boot: 2), at: now)
        // What an earlier boot left on its disk.
        #expect(!ledger.isNew(batch(9)) && ledger.isNew(batch(10)))
    }

    @Test func `losses are added up once`() {
        var ledger = DeliveryLedger()
        var first = batch(1)
        let lost = LossRecord(from: now, to: now, reason: .ringFull, count: 7)
        first.losses = [WireBatch.Loss(point: nil, record: lost), WireBatch.Loss(point: nil, record: lost)]
        _ = ledger.enter(first, at: now)
        _ = ledger.enter(first, at: now)
        #expect(ledger.all.map(\.losses) == [[.ringFull: 14]])
    }

    @Test func `the record tells batches apart after a restart`() throws {
        var ledger = DeliveryLedger()
        _ = ledger.enter(batch(4, boot: 3), at: now)
        _ = ledger.enter(batch(2, boot: 7), at: now)
        let record = try #require(ledger.record(of: "a"))
        var restored = DeliveryLedger()
        let isRestored = restored.restore(record, of: "a", notBefore: now)
        #expect(isRestored)
        #expect(!restored.isNew(batch(4, boot: 3)) && restored.isNew(batch(5, boot: 3)))
        #expect(!restored.isNew(batch(2, boot: 7)) && restored.isNew(batch(3, boot: 7)))
        #expect(restored.record(of: "a") == record)
        for broken in ["", "x", "1 2", "1 2:3:4", "1 a:b"] {
            let isRestored = restored.restore(broken, of: "b", notBefore: .distantPast)
            #expect(!isRestored)
        }
        let isOldRestored = restored.restore(record, of: "b", notBefore: now.advanced(by: 1))
        #expect(!isOldRestored)
    }

    @Test func `it is bounded`() {
        var ledger = DeliveryLedger()
        for boot in 1...UInt64(DeliveryLedger.bootsMax + 1) { _ = ledger.enter(batch(1, boot: boot), at: now) }
        #expect(ledger.isNew(batch(1, boot: 1)) && !ledger.isNew(batch(1, boot: 2)))
        for number in 1..<DeliveryLedger.exportersMax {
            let forgotten = ledger.enter(batch(1, of: "e\(number)"), at: now.advanced(by: Int64(number)))
            #expect(forgotten == nil)
        }
        let forgotten = ledger.enter(batch(1, of: "last"), at: now.advanced(by: 1 << 40))
        #expect(forgotten == "a")
    }
}
