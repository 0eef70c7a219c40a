import FlowModel
import Testing

private let now = Timestamp(seconds: 1_795_224_920, nanoseconds: 5)

@Test(arguments: [
    ("2026-11-21T01:35:20Z", 1_795_224_920_000_000_000), ("2026-11-21 02:35:20.5+01:00", 1_795_224_920_500_000_000),
    ("now", 1_795_224_920_000_000_005), ("now-15m", 1_795_224_020_000_000_005),
    ("5m", 1_795_224_620_000_000_005), ("2h", 1_795_217_720_000_000_005), ("1.5h", 1_795_219_520_000_000_005),
    ("250ms", 1_795_224_919_750_000_005), ("7d", 1_794_620_120_000_000_005), ("0s", 1_795_224_920_000_000_005),
    ("0", 0), ("1795224920", 1_795_224_920_000_000_000), ("1795224920.7016962", 1_795_224_920_701_696_200),
    ("1795224920701", 1_795_224_920_701_000_000), ("1795224920701.5", 1_795_224_920_701_500_000),
    ("1795224920701696", 1_795_224_920_701_696_000), ("1795224920701696200", 1_795_224_920_701_696_200),
    ("99999999999", Int64.max), ("1.000000000000000000000000001", 1_000_000_000),
])
func `a time is a date, a duration ago, or a number whose magnitude tells its unit`(text: String, expected: Int64) {
    // The year 5138 is after what nanoseconds in 64 bits can hold.
    #expect(TimeExpression.parse(text, now: now)?.nanoseconds == (expected == .max ? nil : expected))
}

@Test(arguments: [
    "", " ", "yesterday", "-5m", "5x", "5m ", " 5m", "5 m", "m", ".5h", "5.h", "1e9", "0x10", "nowhere", "now-",
    "now+5m", "2026-02-30T00:00:00Z", "2026-11-21", "9999-12-31T00:00:00Z", "1..5s",
    "99999999999999999999999999",
    "9999999999999d", "18446744073709551615", String(repeating: "1", count: 65), "５m",
])
func `what is no time is refused`(text: String) {
    #expect(TimeExpression.parse(text, now: now) == nil)
}

@Test func `a duration has a unit`() {
    #expect(TimeExpression.duration("1.5h") == 5_400_000_000_000)
    #expect(TimeExpression.duration("90") == nil)
    #expect(TimeExpression.duration("") == nil)
}
