// The picture as data: what to draw where, before any zoom.
import type { Graph, GraphEdge, GraphNode } from "../api/types";
import type { Box, Curve, Point } from "./geometry";
import { hash } from "./hash";
import { islandOf } from "./layout";
import type { Island, Layout } from "./layout";

export const hueCount = 8;

export interface SceneNode {
  node: GraphNode;
  box: Box;
  hue: number;
  /** Rank by traffic, the busiest is 0. */
  rank: number;
}

export interface SceneEdge {
  edge: GraphEdge;
  curves: Curve[];
  width: number;
  hue: number;
  rank: number;
  /** Whether it leaves its namespace; such edges cross others and are drawn quieter. */
  isCrossing: boolean;
}

export interface Scene {
  layout: Layout;
  nodes: SceneNode[];
  edges: SceneEdge[];
  islands: (Island & { hue: number })[];
  nodeByID: Map<string, SceneNode>;
  edgeByID: Map<string, SceneEdge>;
  /** Edges at each node. */
  incident: Map<string, SceneEdge[]>;
}

/** A colour per namespace by its name, the next free one where two names meet; -1 is grey, for the outside. */
export function islandHues(namespaces: string[]): Map<string, number> {
  const hues = new Map<string, number>();
  const taken = new Set<number>();
  for (const namespace of [...namespaces].sort()) {
    if (namespace === "" || namespace === "+") {
      hues.set(namespace, -1);
      continue;
    }
    let hue = hash(namespace) % hueCount;
    while (taken.has(hue) && taken.size < hueCount) hue = (hue + 1) % hueCount;
    taken.add(hue);
    hues.set(namespace, hue);
  }
  return hues;
}

/** 1 to 6 pixels, by the logarithm of bytes relative to the busiest edge. */
export function edgeWidth(bytes: number, most: number): number {
  if (bytes <= 0 || most <= 0) return 1;
  // Three decades below the busiest are drawn apart; what is less is a hairline.
  const share = 1 - (Math.log10(most) - Math.log10(bytes)) / 3;
  return 1 + 5 * Math.max(0, Math.min(1, share)) ** 1.6;
}

export function buildScene(graph: Graph, layout: Layout): Scene {
  const hues = islandHues(layout.islands.map((island) => island.namespace));
  const byTraffic = [...graph.nodes].sort((a, b) => traffic(b) - traffic(a) || (a.id < b.id ? -1 : 1));
  const nodes: SceneNode[] = [];
  byTraffic.forEach((node, rank) => {
    const box = layout.nodes.get(node.id);
    if (box) nodes.push({ node, box, hue: hues.get(islandOf(node)) ?? -1, rank });
  });
  const nodeByID = new Map(nodes.map((node) => [node.node.id, node]));
  const edgesByTraffic = [...graph.edges].sort((a, b) => b.bytes - a.bytes || (a.id < b.id ? -1 : 1));
  const most = edgesByTraffic[0]?.bytes ?? 0;
  const route = layout.style === "cards" ? cardRouter(edgesByTraffic, layout) : circleRoute(layout);
  const edges: SceneEdge[] = [];
  edgesByTraffic.forEach((edge, rank) => {
    const curves = route(edge);
    const source = nodeByID.get(edge.source);
    const target = nodeByID.get(edge.target);
    if (!source || !target || curves.length === 0) return;
    const isCrossing = source.node.namespace !== target.node.namespace;
    edges.push({ edge, curves, width: edgeWidth(edge.bytes, most), hue: source.hue, rank, isCrossing });
  });
  const incident = new Map<string, SceneEdge[]>();
  for (const edge of edges) {
    for (const id of new Set([edge.edge.source, edge.edge.target])) {
      const list = incident.get(id);
      if (list) list.push(edge);
      else incident.set(id, [edge]);
    }
  }
  return {
    layout, nodes, edges, nodeByID, incident,
    edgeByID: new Map(edges.map((edge) => [edge.edge.id, edge])),
    islands: layout.islands.map((island) => ({ ...island, hue: hues.get(island.namespace) ?? -1 })),
  };
}

export function traffic(node: GraphNode): number {
  return node.sentBytes + node.receivedBytes;
}

type Side = "left" | "right" | "top" | "bottom";

/** Which sides of two cards face each other. */
function sides(a: Box, b: Box): [Side, Side] {
  if (b.x - a.x > (a.w + b.w) / 2 + 8) return ["right", "left"];
  if (a.x - b.x > (a.w + b.w) / 2 + 8) return ["left", "right"];
  return b.y >= a.y ? ["bottom", "top"] : ["top", "bottom"];
}

/** Curves between cards; ends at one side are spread in the order of where they lead, so that they do not cross. */
function cardRouter(edges: GraphEdge[], layout: Layout): (edge: GraphEdge) => Curve[] {
  const ends = new Map<string, { key: string; toward: number }[]>();
  const plan = new Map<string, { from: Box; to: Box; fromSide: Side; toSide: Side; points: Point[] }>();
  for (const edge of edges) {
    const from = layout.nodes.get(edge.source);
    const to = layout.nodes.get(edge.target);
    if (!from || !to || edge.source === edge.target) continue;
    const [fromSide, toSide] = sides(from, to);
    const points = layout.waypoints.get(edge.id) ?? [];
    plan.set(edge.id, { from, to, fromSide, toSide, points });
    const note = (node: string, side: Side, key: string, other: Point) => {
      const slot = `${node}\n${side}`;
      const list = ends.get(slot) ?? [];
      list.push({ key, toward: side === "left" || side === "right" ? other.y : other.x });
      ends.set(slot, list);
    };
    note(edge.source, fromSide, `${edge.id}>`, points[0] ?? to);
    note(edge.target, toSide, `${edge.id}<`, points[points.length - 1] ?? from);
  }
  const share = new Map<string, number>();
  for (const list of ends.values()) {
    list.sort((a, b) => a.toward - b.toward || (a.key < b.key ? -1 : 1));
    list.forEach((end, index) => share.set(end.key, (index + 1) / (list.length + 1) - 0.5));
  }
  return (edge) => {
    if (edge.source === edge.target) {
      const box = layout.nodes.get(edge.source);
      return box ? [loop(box)] : [];
    }
    const way = plan.get(edge.id);
    if (!way) return [];
    const start = port(way.from, way.fromSide, share.get(`${edge.id}>`) ?? 0);
    const end = port(way.to, way.toSide, share.get(`${edge.id}<`) ?? 0);
    return through(start, way.fromSide, way.points, end, way.toSide, way.from.w / 2);
  };
}

function port(box: Box, side: Side, share: number): Point {
  if (side === "left" || side === "right") {
    return { x: box.x + (side === "left" ? -box.w / 2 : box.w / 2), y: box.y + share * (box.h - 8) };
  }
  return { x: box.x + share * (box.w - 20), y: box.y + (side === "top" ? -box.h / 2 : box.h / 2) };
}

/** A path that crosses each lane level, bending only between the columns. */
function through(start: Point, fromSide: Side, lanes: Point[], end: Point, toSide: Side, laneHalf: number): Curve[] {
  const curves: Curve[] = [];
  const direction = fromSide === "right" ? 1 : -1;
  let at = start;
  for (const lane of lanes) {
    const enter = { x: lane.x - direction * laneHalf, y: lane.y };
    const leave = { x: lane.x + direction * laneHalf, y: lane.y };
    curves.push(bend(at, fromSide, enter, fromSide === "right" ? "left" : "right"));
    curves.push([enter.x, enter.y, enter.x, enter.y, leave.x, leave.y, leave.x, leave.y]);
    at = leave;
  }
  curves.push(bend(at, fromSide, end, toSide));
  return curves;
}

function bend(a: Point, aSide: Side, b: Point, bSide: Side): Curve {
  if (aSide === "left" || aSide === "right") {
    const pull = Math.max(24, Math.abs(b.x - a.x) * 0.5);
    return [a.x, a.y, a.x + (aSide === "right" ? pull : -pull), a.y, b.x + (bSide === "right" ? pull : -pull), b.y, b.x, b.y];
  }
  const pull = Math.max(16, Math.abs(b.y - a.y) * 0.5);
  return [a.x, a.y, a.x, a.y + (aSide === "bottom" ? pull : -pull), b.x, b.y + (bSide === "bottom" ? pull : -pull), b.x, b.y];
}

function loop(box: Box): Curve {
  const x = box.x + box.w / 2 - 18;
  const y = box.y - box.h / 2;
  return [x - 16, y, x - 22, y - 30, x + 22, y - 30, x + 6, y];
}

/** Between circles: a slight bend to the left of the way, so that the two directions of a pair lie apart. */
function circleRoute(layout: Layout): (edge: GraphEdge) => Curve[] {
  return (edge) => {
    const from = layout.nodes.get(edge.source);
    const to = layout.nodes.get(edge.target);
    if (!from || !to) return [];
    if (edge.source === edge.target) return [loop(from)];
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const length = Math.hypot(dx, dy) || 1;
    const [ux, uy] = [dx / length, dy / length];
    const start = { x: from.x + (ux * from.w) / 2, y: from.y + (uy * from.h) / 2 };
    const end = { x: to.x - ux * (to.w / 2 + 2), y: to.y - uy * (to.h / 2 + 2) };
    const lift = Math.min(40, length * 0.1);
    const [nx, ny] = [uy * lift, -ux * lift];
    return [[
      start.x, start.y, start.x + dx * 0.3 + nx, start.y + dy * 0.3 + ny,
      end.x - dx * 0.3 + nx, end.y - dy * 0.3 + ny, end.x, end.y,
    ]];
  };
}
