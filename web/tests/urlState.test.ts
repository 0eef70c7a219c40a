import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultState, formatURLState, frozenURLState, isNavigation, parseURLState } from "../src/model/urlState";
import type { ConsoleState } from "../src/model/urlState";

test("defaults leave no trace in the URL", () => {
  assert.equal(formatURLState(defaultState), "");
  assert.deepEqual(parseURLState(""), defaultState);
});

test("a state survives the URL", () => {
  const states: ConsoleState[] = [
    { ...defaultState, view: "flows", q: 'src.ns=a (b or "c d")', window: "1h", theme: "dark" },
    { ...defaultState, sel: "a/Deployment/web→a/Deployment/cart", as: "table", scope: "pod" },
    { ...defaultState, from: "2026-11-21T01:35:20.500000000Z", to: "2026-11-21T01:38:00Z", live: false },
    { ...defaultState, live: false },
    { ...defaultState, view: "owners", ip: "10.96.0.10:53/udp", at: "2026-11-21T01:35:20.5Z" },
  ];
  for (const state of states) assert.deepEqual(parseURLState(formatURLState(state)), state);
});

test("values that do not exist fall back to defaults", () => {
  assert.deepEqual(parseURLState("?view=x&scope=y&theme=z&as=w&window=soon"), defaultState);
});

test("a copied link has the range that is on screen instead of a relative one", () => {
  const frozen = frozenURLState({ ...defaultState, window: "5m" }, { from: "2026-01-01T00:00:00Z", to: "2026-01-01T00:05:00Z" });
  assert.equal(frozen.from, "2026-01-01T00:00:00Z");
  assert.equal(frozen.window, "");
  assert.equal(frozen.live, false);
});

test("a theme is no navigation, a filter is", () => {
  assert.equal(isNavigation(defaultState, { ...defaultState, theme: "dark" }), false);
  assert.equal(isNavigation(defaultState, { ...defaultState, q: "ns=a" }), true);
});
