import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow, TCPCounts } from "../src/api/types";
import { endName, endTerms, nodeFilter } from "../src/model/filter";
import { words } from "../src/model/format";
import { troubles } from "../src/model/trouble";

const counts = (changes: Partial<TCPCounts> = {}): TCPCounts =>
  ({ payload_bytes: 10, retransmitted: 0, out_of_order: 0, lost: 0, zero_windows: 0, resets: 0, ...changes });
const flow = (podsight: Flow["podsight"]): Flow =>
  ({ "@timestamp": "", event: {}, source: { ip: "10.0.0.1" }, destination: { ip: "10.0.0.2" }, network: {}, podsight });

test("a flow without analysis, and one without trouble, have none", () => {
  assert.deepEqual(troubles(flow(undefined)), []);
  assert.deepEqual(troubles(flow({ tcp: { source_flags: "S" } })), []);
  assert.deepEqual(troubles(flow({ tcp: { state: "closed", source: counts({ out_of_order: 3 }), destination: counts() } })), []);
  const answered = { queries: 1, responses: 1, failures: 0, omitted: 0, exchanges: [{ time: "", type: "A", code: "NOERROR" }] };
  assert.deepEqual(troubles(flow({ dns: answered })), []);
});

test("trouble is named, the worst first, with the filter that finds its like", () => {
  const tcp = { state: "reset_by_source", source: counts({ retransmitted: 2, lost: 1 }), destination: counts({ retransmitted: 1 }) };
  assert.deepEqual(troubles(flow({ tcp })), [
    { text: "reset", term: "tcp.state=reset_by_source", isMild: false },
    { text: "3 resent", term: "retransmitted>0", isMild: false },
    { text: "1 lost", term: "lost>0", isMild: false },
  ]);
  const dns = { queries: 2, responses: 2, failures: 2, omitted: 0, exchanges: [{ time: "", type: "A", code: "NXDOMAIN" }, { time: "", type: "AAAA", code: "NXDOMAIN" }] };
  assert.deepEqual(troubles(flow({ dns })), [{ text: "NXDOMAIN", term: "dns.code=NXDOMAIN", isMild: true }]);
  const http = { requests: 3, responses: { "2xx": 1, "3xx": 0, "4xx": 1, "5xx": 2 }, omitted: 0 };
  assert.deepEqual(troubles(flow({ dns, http })).map(({ text }) => text), ["2 × 5xx", "NXDOMAIN", "1 × 4xx"]);
});

test("an end outside is called by its domain", () => {
  assert.deepEqual(endName({ ip: "93.184.216.34", domain: "example.com" }), { namespace: "", name: "example.com", kind: "External", field: "domain" });
  const node = (name: string) => ({ id: name, namespace: "", kind: "External", name, sentBytes: 0, receivedBytes: 0, flows: 0, pods: 0 });
  assert.equal(nodeFilter(node("example.com")), "domain=example.com");
  assert.equal(nodeFilter(node("abc.de")), "domain=abc.de");
  assert.equal(nodeFilter(node("2001:db8::1")), "ip=2001:db8::1");
  assert.deepEqual(endTerms(node("outside"), "dst."), ["dst.kind=External"]);
});

test("identifiers of either style become words", () => {
  assert.equal(words("dns_answer"), "DNS answer");
  assert.equal(words("queueDropped"), "Queue dropped");
  assert.equal(words("notIP"), "Not IP");
});
