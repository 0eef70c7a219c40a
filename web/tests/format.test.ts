import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBytes, formatCount, formatNanoseconds, formatRate, formatSeconds, parseTime, plural, words } from "../src/model/format";

test("bytes have three digits and a unit", () => {
  const cases: [number, string][] = [
    [0, "0 B"], [999, "999 B"], [1000, "1.00 kB"], [12_345, "12.3 kB"], [123_456, "123 kB"], [999_999, "1.00 MB"], [5e12, "5.00 TB"],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

test("a rate too small to print is not zero", () => {
  assert.equal(formatRate(0.01), "< 0.1 B/s");
  assert.equal(formatRate(0), "0 B/s");
  assert.equal(formatRate(1500), "1.50 kB/s");
});

test("durations choose their unit", () => {
  assert.equal(formatNanoseconds(500), "500 ns");
  assert.equal(formatNanoseconds(2_954_000), "2.95 ms");
  assert.equal(formatNanoseconds(61_000_000_000), "1 min 1 s");
  assert.equal(formatSeconds(900), "15 min");
  assert.equal(formatSeconds(604_800), "7 d");
});

test("times keep their milliseconds where nine digits are given", () => {
  assert.equal(parseTime("2026-11-21T01:35:20.500000000Z"), Date.UTC(2026, 10, 21, 1, 35, 20, 500));
});

test("counts and words", () => {
  assert.equal(formatCount(1_234_567), "1,234,567");
  assert.equal(plural(1, "flow"), "1 flow");
  assert.equal(plural(2, "flow"), "2 flows");
  assert.equal(words("tcp_handshake"), "TCP handshake");
});
