import assert from "node:assert/strict";
import { test } from "node:test";
import type { Graph, GraphEdge, GraphNode } from "../src/api/types";
import { convexHull, overlaps } from "../src/map/geometry";
import { layoutGraph } from "../src/map/layout";
import { buildScene, edgeWidth } from "../src/map/scene";
import { keptScroll, visibleRows } from "../src/flows/windowing";

function graphOf(namespaces: number, perNamespace: number): Graph {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  for (let n = 0; n < namespaces; n += 1) {
    for (let w = 0; w < perNamespace; w += 1) {
      nodes.push({ id: `ns${n}/w${w}`, namespace: `ns${n}`, kind: "Deployment", name: `w${w}`, sentBytes: 10 ** (w % 7), receivedBytes: 5, flows: 1, pods: 1 });
      const target = w % 5 === 4 ? `ns${(n + 1) % namespaces}/w0` : `ns${n}/w${(w * 7 + 1) % perNamespace}`;
      edges.push({
        id: `ns${n}/w${w}→${target}`, source: `ns${n}/w${w}`, target, forward: { bytes: 1, packets: 1 }, backward: { bytes: 1, packets: 1 },
        bytes: 10 ** (w % 7), flows: 1, bytesPerSecond: 1, ports: [], services: [], lastSeen: "",
      });
    }
  }
  return {
    from: "", to: "", seconds: 1, scope: "workload", nodes, edges, hidden: { nodes: 0, edges: 0, bytes: 0 },
    totals: { bytes: 0, packets: 0, flows: 0, reports: 0, countedTwiceAvoided: 0 },
  };
}

for (const [namespaces, perNamespace] of [[3, 9], [2, 200]] as const) {
  test(`the layout of ${namespaces} × ${perNamespace} depends on the graph alone, not on its order`, () => {
    const graph = graphOf(namespaces, perNamespace);
    const shuffled = { ...graph, nodes: [...graph.nodes].reverse() };
    assert.deepEqual([...layoutGraph(graph).nodes].sort(), [...layoutGraph(shuffled).nodes].sort());
  });
}

test("cards and islands do not overlap", () => {
  const layout = layoutGraph(graphOf(5, 11));
  const boxes = [...layout.nodes.values()];
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => assert.ok(!overlaps(a, b, 0))));
  layout.islands.forEach((a, i) => layout.islands.slice(i + 1).forEach((b) => assert.ok(!overlaps(a, b, 0))));
});

test("what stays keeps its place when something is added or goes", () => {
  const graph = graphOf(3, 9);
  const before = layoutGraph(graph);
  const fewer = layoutGraph({ ...graph, nodes: graph.nodes.filter((node) => node.id !== "ns1/w3") }, before);
  for (const [id, box] of fewer.nodes) {
    assert.ok(Math.abs(box.x - (before.nodes.get(id)?.x ?? NaN)) < 1e-6 && Math.abs(box.y - (before.nodes.get(id)?.y ?? NaN)) < 1e-6, id);
  }
  const added: GraphNode = { id: "ns2/new", namespace: "ns2", kind: "Pod", name: "new", sentBytes: 1, receivedBytes: 1, flows: 1, pods: 1 };
  const more = layoutGraph({ ...graph, nodes: [...graph.nodes, added] }, before);
  for (const [id, box] of more.nodes) {
    if (!id.startsWith("ns2/")) assert.ok(Math.abs(box.x - (before.nodes.get(id)?.x ?? NaN)) < 250, id);
  }
});

test("400 elements are laid out within a second", () => {
  const start = Date.now();
  layoutGraph(graphOf(10, 40));
  assert.ok(Date.now() - start < 1_000);
});

test("every edge between known nodes is drawn; widths follow bytes", () => {
  const graph = graphOf(3, 9);
  assert.equal(buildScene(graph, layoutGraph(graph)).edges.length, graph.edges.length);
  assert.ok(edgeWidth(1_000_000, 1_000_000) > edgeWidth(10_000, 1_000_000));
  assert.ok(edgeWidth(1, 1_000_000) >= 1);
});

test("the hull of a square with a point inside is the square", () => {
  const square = [{ x: 0, y: 0 }, { x: 2, y: 0 }, { x: 2, y: 2 }, { x: 0, y: 2 }];
  assert.equal(convexHull([...square, { x: 1, y: 1 }]).length, 4);
});

test("rows are rendered around the view, and new ones do not move a reader", () => {
  assert.deepEqual(visibleRows(0, 520, 5), { first: 0, end: 5 });
  assert.deepEqual(visibleRows(52 * 100, 520, 1000), { first: 92, end: 118 });
  assert.equal(keptScroll(0, 3), 0);
  assert.equal(keptScroll(520, 3), 520 + 3 * 52);
});
