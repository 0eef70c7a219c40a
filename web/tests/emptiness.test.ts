import assert from "node:assert/strict";
import { test } from "node:test";
import type { Graph, Status } from "../src/api/types";
import { emptiness } from "../src/model/emptiness";
import { findings } from "../src/model/findings";

function status(flows: number, packets: number): Status {
  return {
    version: "0", mode: "live", started: "", now: "",
    store: {
      path: "", bytes: 0, flows, blocks: 0, oldest: flows ? "2026-01-01T10:00:00Z" : null, newest: flows ? "2026-01-01T11:00:00Z" : null,
      retentionSeconds: 0, bytesMax: 0, writeFailures: 0, flowsNotStored: 0,
    },
    capture: { points: [], totals: { packets, metered: packets, notIP: 0, malformed: 0, dropped: 0 } },
    metering: { activeFlows: 0, reports: 0, queueDropped: 0 },
    cluster: { connected: true, source: "", message: "", objects: {}, pods: 0, services: 0, lastEvent: null, gaps: 0, errors: 0 },
    translations: { known: 0, source: "none" }, attribution: {},
  };
}

function graph(from: string, to: string, flows = 0): Graph {
  return {
    from, to, seconds: 1, scope: "workload", nodes: [], edges: [], hidden: { nodes: 0, edges: 0, bytes: 0 },
    totals: { bytes: 0, packets: 0, flows, reports: 0, countedTwiceAvoided: 0 },
  };
}

const within = graph("2026-01-01T10:10:00Z", "2026-01-01T10:20:00Z");

test("emptiness names the most fundamental reason", () => {
  assert.equal(emptiness(status(0, 0), within, "ns=a", null)?.kind, "no-packets");
  assert.equal(emptiness(status(0, 9), within, "", null)?.kind, "no-flows-yet");
  assert.equal(emptiness(status(9, 9), graph("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"), "ns=a", 0)?.kind, "outside-stored");
  assert.deepEqual(emptiness(status(9, 9), within, "ns=a", 5), { kind: "filtered-out", unfiltered: 5 });
  assert.equal(emptiness(status(9, 9), within, "ns=a", 0)?.kind, "quiet");
  assert.equal(emptiness(status(9, 9), { ...within, totals: { ...within.totals, flows: 1 } }, "", null), null);
});

test("losses come first, and a sound status has no findings", () => {
  assert.deepEqual(findings(status(9, 9)), []);
  const lossy = status(9, 9);
  lossy.cluster.errors = 1;
  lossy.capture.totals.dropped = 3;
  assert.deepEqual(findings(lossy).map((finding) => finding.level), ["bad", "warn"]);
});
