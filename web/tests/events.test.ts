import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterEvent } from "../src/api/types";
import { eventSteps, eventText, isTelling } from "../src/model/events";

function event(time: string, action: string, kind: string, summary = ""): ClusterEvent {
  return {
    ts: 0, time, kind: "K8S_PODS", action: `K8S_COMPONENT_${action}`, summary, message: "{}",
    object: action === "ERROR" ? null : { kind, namespace: "shop", name: "web-1", uid: "u" },
  };
}

const start = Date.parse("2026-11-21T01:36:00Z");

test("changes are gathered by time, and the most notable colours a step", () => {
  const steps = eventSteps([
    event("2026-11-21T01:36:00.100000000Z", "ADDED", "Pod", "phase Pending"), event("2026-11-21T01:36:00.900000000Z", "DELETED", "Pod"),
    event("2026-11-21T01:36:05.000000000Z", "MODIFIED", "Pod", "phase Running"), event("2026-11-21T01:36:10.000000000Z", "ADDED", "Service"),
  ], start, start + 10_000, 10);
  assert.deepEqual(steps.map(({ place, change, events }) => [place, change, events.length]), [[0, "deleted", 2], [5, "modified", 1], [9, "added", 1]]);
});

test("what is outside of the range, or of no range at all, is no step", () => {
  const one = [event("2026-11-21T01:36:00Z", "ADDED", "Pod")];
  assert.deepEqual(eventSteps(one, start + 1, start + 10, 10), []);
  assert.deepEqual(eventSteps(one, start, start, 10), []);
  assert.deepEqual(eventSteps([{ ...event("", "ADDED", "Pod"), time: null }], start, start + 10, 10), []);
});

test("counts in a status are not told, gaps always are", () => {
  assert.equal(isTelling(event("", "MODIFIED", "Pod")), false);
  assert.equal(isTelling(event("", "MODIFIED", "Deployment", "labels")), false);
  assert.equal(isTelling(event("", "ADDED", "ReplicaSet")), false);
  assert.equal(isTelling(event("", "DELETED", "Pod")), true);
  assert.equal(isTelling(event("", "ERROR", "")), true);
});

test("a change reads as a sentence", () => {
  assert.equal(eventText(event("", "DELETED", "Pod")), "Pod shop/web-1 deleted");
  assert.equal(eventText(event("", "MODIFIED", "Pod", "phase Running")), "Pod shop/web-1: phase Running");
  assert.equal(eventText(event("", "ERROR", "", "not followed")), "not followed");
});
