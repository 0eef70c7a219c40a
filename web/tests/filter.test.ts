import assert from "node:assert/strict";
import { test } from "node:test";
import type { GraphNode } from "../src/api/types";
import { addTerm, cliCommand, nodeFilter, quoteValue, removeTerm, splitTerms } from "../src/model/filter";

const node = (namespace: string, kind: string, name: string): GraphNode =>
  ({ id: name, namespace, kind, name, sentBytes: 0, receivedBytes: 0, flows: 0, pods: 0 });

test("values are quoted only where they must be", () => {
  assert.equal(quoteValue("web-1.a"), "web-1.a");
  assert.equal(quoteValue('a "b" \\'), '"a \\"b\\" \\\\"');
});

test("a term is added once, and binds all of an or", () => {
  assert.equal(addTerm("", "ns=a"), "ns=a");
  assert.equal(addTerm("ns=a", "ns=a"), "ns=a");
  assert.equal(addTerm("ns=a or ns=b", "port=80"), "(ns=a or ns=b) port=80");
  assert.equal(addTerm("ns=a", "port=80", true), "ns=a not port=80");
  assert.equal(addTerm("", "ns=a pod=b", true), "not (ns=a pod=b)");
});

test("terms split at the top level alone", () => {
  assert.deepEqual(splitTerms('ns=a not (b or c) "d e" !x=1'), ["ns=a", "not (b or c)", '"d e"', "!x=1"]);
  assert.equal(removeTerm("ns=a not b=c d=e", 1), "ns=a d=e");
});

test("a node's filter holds for one end, not for a mixture of both", () => {
  assert.equal(nodeFilter(node("shop", "Deployment", "web")), "(src.ns=shop src.workload=web or dst.ns=shop dst.workload=web)");
  assert.equal(nodeFilter(node("", "External", "203.0.113.9")), "ip=203.0.113.9");
  assert.equal(nodeFilter(node("", "More", "+3 more")), "");
});

test("the command asks the same question", () => {
  assert.equal(cliCommand("ns='a'", { from: "", to: "", window: "15m" }), "podsight flows 'ns='\\''a'\\''' --since 15m");
  assert.equal(cliCommand("", { from: "", to: "", window: "" }), "podsight flows");
});
