import assert from "node:assert/strict";
import { test } from "node:test";
import type { OwnerIdentity } from "../src/api/types";
import { isCurrent, ownerFilter, ownerName, spanText } from "../src/model/owners";

const pod: OwnerIdentity = { kind: "pod", namespace: "shop", name: "web-1", uid: "u", node: "n", workload: null, services: [] };

test("an owner is named by kind and namespace", () => {
  assert.equal(ownerName(pod), "pod shop/web-1");
  assert.equal(ownerName({ ...pod, kind: "node", namespace: null, name: "minikube" }), "node minikube");
});

test("a moment is in a span from its beginning until before its end, to the nanosecond", () => {
  const span = { from: "2026-11-21T01:36:35.000000000Z", until: "2026-11-21T01:38:08.687023878Z" };
  assert.equal(isCurrent(span, "2026-11-21T01:36:35.000000000Z"), true);
  assert.equal(isCurrent(span, "2026-11-21T01:38:08.687023877Z"), true);
  assert.equal(isCurrent(span, "2026-11-21T01:38:08.687023878Z"), false);
  assert.equal(isCurrent(span, "2026-11-21T01:36:34.999999999Z"), false);
  assert.equal(isCurrent({ from: null, until: null }, "2026-11-21T01:36:34.999999999Z"), true);
});

test("an open span says which end is known", () => {
  assert.ok(/^since /.test(spanText({ from: "2026-11-21T01:36:35Z", until: null })));
  assert.ok(/^until /.test(spanText({ from: null, until: "2026-11-21T01:36:35Z" })));
  assert.equal(spanText({ from: null, until: null }), "for all that is known");
});

test("only what a filter can name has one", () => {
  assert.equal(ownerFilter(pod), "pod=web-1 ns=shop");
  assert.equal(ownerFilter({ ...pod, kind: "network" }), "");
});
