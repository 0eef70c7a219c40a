import FlowModel
import Foundation
import Testing

@Test func `times are written as Foundation writes them, with nine decimals`() {
    let formatter = ISO8601DateFormatter()
    for _ in 0..<2_000 {
        let seconds = Int64.random(in: -62_000_000_000...250_000_000_000)
        let expected = formatter.string(from: Date(timeIntervalSince1970: TimeInterval(seconds)))
        let text = Timestamp(seconds: seconds, nanoseconds: 0).rfc3339
        guard seconds.multipliedReportingOverflow(by: 1_000_000_000).overflow == false else { continue }
        #expect(text == expected.dropLast() + ".000000000Z")
        #expect(Timestamp(rfc3339: text) == Timestamp(seconds: seconds))
    }
}

@Test(arguments: [
    ("2026-11-21T01:35:20Z", 1_795_224_920, 0), ("2026-11-21T01:35:20.5Z", 1_795_224_920, 500_000_000),
    ("2026-11-21T02:35:20.000000001+01:00", 1_795_224_920, 1),
    ("2026-11-20t20:05:20.1234567899-05:30", 1_795_224_920, 123_456_789),
    ("1969-12-31T23:59:59.9Z", -1, 900_000_000),
])
func `reads RFC 3339`(text: String, seconds: Int64, nanoseconds: Int64) {
    #expect(Timestamp(rfc3339: text) == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
}

@Test(arguments: [
    "", "2026", "2026-11-21", "2026-11-21T01:35:20", "2026-13-21T01:35:20Z", "2026-11-21T24:00:00Z",
    "2026-11-21T01:35:20.Z", "2026-11-21T01:35:20Zx", "2026-11-21T01:35:20+0100", "x026-11-21T01:35:20Z",
])
func `refuses what is not RFC 3339`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
}

@Test func `arithmetic saturates at the ends of time`() {
    #expect(Timestamp.distantFuture.advanced(by: 1) == .distantFuture)
    #expect(Timestamp.distantPast.advanced(by: -1) == .distantPast)
    #expect(Timestamp.distantFuture.since(.distantPast) == .max)
    #expect(Timestamp(seconds: .max) == .distantFuture)
    #expect(Timestamp.distantPast.rfc3339.count == 30)
}
