// From a graph to places: each namespace by itself, then the islands beside each other.
import type { Graph, GraphNode } from "../api/types";
import { boundsOf, convexHull } from "./geometry";
import type { Box, Point } from "./geometry";
import { forceIsland } from "./forceIsland";
import { placeIslands } from "./islandPlacement";
import type { IslandLink } from "./islandPlacement";
import { cardSize, layeredIsland } from "./layeredIsland";
import type { IslandEdge, IslandLayout } from "./layeredIsland";

export interface Island extends Box {
  namespace: string;
  title: string;
  members: string[];
  /** The outline of a large island; small ones are rectangles. */
  hull: Point[] | null;
}

export interface Layout {
  /** Cards with text while there are few nodes, circles beyond. */
  style: "cards" | "circles";
  nodes: Map<string, Box>;
  islands: Island[];
  waypoints: Map<string, Point[]>;
  bounds: Box;
}

export const cardLimit = 60;
const layeredLimit = 40;
const padding = { x: 26, top: 44, bottom: 24 };

export function radiusOf(node: GraphNode): number {
  const bytes = node.sentBytes + node.receivedBytes;
  return 8 + Math.min(14, Math.max(0, Math.log10(1 + bytes) - 2) * 2);
}

/** The island of what the server summed up as "+N more"; no namespace can have this name. */
const restIsland = "+";
/** Where a node stands for a whole namespace, all of them share one island. */
const namespacesIsland = "*";

export function islandOf(node: GraphNode): string {
  return node.kind === "More" ? restIsland : node.kind === "Namespace" ? namespacesIsland : node.namespace;
}

export function titleOf(namespace: string): string {
  const titles: Record<string, string> = { "": "outside Kubernetes", [restIsland]: "the rest", [namespacesIsland]: "namespaces" };
  return titles[namespace] ?? namespace;
}

/** Depends on the graph alone, or on the graph and where things already are: what stays keeps its place. */
export function layoutGraph(graph: Graph, previous: Layout | null = null): Layout {
  const style = graph.nodes.length <= cardLimit ? "cards" : "circles";
  const before = previous?.style === style ? previous : null;
  const members = groupByNamespace(graph.nodes);
  const namespaceOf = new Map(graph.nodes.map((node) => [node.id, islandOf(node)]));
  const inner = new Map<string, IslandEdge[]>();
  for (const edge of graph.edges) {
    const namespace = namespaceOf.get(edge.source);
    if (namespace === undefined || namespace !== namespaceOf.get(edge.target)) continue;
    const list = inner.get(namespace) ?? [];
    list.push({ id: edge.id, source: edge.source, target: edge.target, weight: edge.bytes });
    inner.set(namespace, list);
  }

  const local = new Map<string, IslandLayout>();
  const sizes = new Map<string, { w: number; h: number }>();
  const kept = new Map<string, Point>();
  for (const [namespace, nodes] of members) {
    const old = before?.islands.find((island) => island.namespace === namespace);
    if (old) kept.set(namespace, { x: old.x, y: old.y });
    const { places, isStanding } = islandPlaces(nodes, inner.get(namespace) ?? [], style, before, old);
    const box = boundsOf(nodes.map((node) => ({ ...sizeOf(node, style), ...(places.positions.get(node.id) ?? { x: 0, y: 0 }) })));
    const shift = centre(places, box);
    // An island whose nodes stand does not move under them, even if it has lost some.
    if (old && isStanding) kept.set(namespace, { x: old.x + shift.x, y: old.y + shift.y });
    sizes.set(namespace, { w: Math.max(box.w + 2 * padding.x, titleOf(namespace).length * 9 + 60), h: box.h + padding.top + padding.bottom });
    local.set(namespace, places);
  }

  const links: IslandLink[] = [];
  for (const edge of graph.edges) {
    const source = namespaceOf.get(edge.source);
    const target = namespaceOf.get(edge.target);
    if (source === undefined || target === undefined || source === target) continue;
    const sourceAt = local.get(source)?.positions.get(edge.source);
    const targetAt = local.get(target)?.positions.get(edge.target);
    if (sourceAt && targetAt) links.push({ source, target, sourceAt, targetAt, weight: Math.log10(10 + edge.bytes) });
  }
  return assemble(style, members, local, placeIslands(sizes, bundled(links), kept));
}

/** One link per pair of islands once there are many: the placement looks at every link for every place it tries. */
function bundled(links: IslandLink[]): IslandLink[] {
  if (links.length <= 200) return links;
  const pairs = new Map<string, IslandLink>();
  for (const link of links) {
    const key = `${link.source}\n${link.target}`;
    const pair = pairs.get(key);
    if (pair) pair.weight += link.weight;
    else pairs.set(key, { ...link, sourceAt: { x: 0, y: 0 }, targetAt: { x: 0, y: 0 } });
  }
  return [...pairs.values()];
}

function groupByNamespace(nodes: GraphNode[]): Map<string, GraphNode[]> {
  const members = new Map<string, GraphNode[]>();
  for (const node of [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    members.set(islandOf(node), [...(members.get(islandOf(node)) ?? []), node]);
  }
  return members;
}

function sizeOf(node: GraphNode, style: Layout["style"]): { w: number; h: number } {
  const diameter = 2 * radiusOf(node);
  return style === "cards" ? cardSize : { w: diameter, h: diameter };
}

/** Positions relative to the island's centre, as far as it had one. */
function islandPlaces(
  nodes: GraphNode[], edges: IslandEdge[], style: Layout["style"], before: Layout | null, old: Island | undefined,
): { places: IslandLayout; isStanding: boolean } {
  const ids = nodes.map((node) => node.id);
  const known = new Map<string, Point>();
  if (before && old) {
    for (const id of ids) {
      const box = before.nodes.get(id);
      if (box && old.members.includes(id)) known.set(id, { x: box.x - old.x, y: box.y - old.y });
    }
    if (known.size === ids.length) {
      const waypoints = new Map<string, Point[]>();
      for (const edge of edges) {
        const points = before.waypoints.get(edge.id);
        if (points) waypoints.set(edge.id, points.map((point) => ({ x: point.x - old.x, y: point.y - old.y })));
      }
      return { places: { positions: known, waypoints }, isStanding: true };
    }
  }
  if (style === "cards" && ids.length <= layeredLimit) return { places: layeredIsland(ids, edges), isStanding: false };
  const radius = new Map(nodes.map((node) => [node.id, style === "cards" ? cardSize.w / 2 : radiusOf(node)]));
  const positions = forceIsland(ids, edges, (id) => radius.get(id) ?? 10, known);
  return { places: { positions, waypoints: new Map() }, isStanding: known.size > 0 };
}

/** Moves the places so that (0, 0) is the middle of the island with its title; returns where that middle was. */
function centre(places: IslandLayout, box: Box): Point {
  const dx = box.x;
  const dy = box.y - (padding.top - padding.bottom) / 2;
  const shift = (point: Point): Point => ({ x: point.x - dx, y: point.y - dy });
  for (const [id, point] of places.positions) places.positions.set(id, shift(point));
  for (const [id, points] of places.waypoints) places.waypoints.set(id, points.map(shift));
  return { x: dx, y: dy };
}

function assemble(
  style: Layout["style"],
  members: Map<string, GraphNode[]>,
  local: Map<string, IslandLayout>,
  placed: Map<string, Box>,
): Layout {
  const nodes = new Map<string, Box>();
  const waypoints = new Map<string, Point[]>();
  const islands: Island[] = [];
  for (const [namespace, list] of members) {
    const box = placed.get(namespace);
    const places = local.get(namespace);
    if (!box || !places) continue;
    const move = (point: Point): Point => ({ x: point.x + box.x, y: point.y + box.y });
    for (const node of list) {
      nodes.set(node.id, { ...move(places.positions.get(node.id) ?? { x: 0, y: 0 }), ...sizeOf(node, style) });
    }
    for (const [id, points] of places.waypoints) waypoints.set(id, points.map(move));
    const corners = list.flatMap((node) => {
      const at = nodes.get(node.id);
      return at ? [{ x: at.x, y: at.y }] : [];
    });
    const hull = style === "circles" && list.length > 2 ? convexHull(corners) : null;
    islands.push({
      namespace, title: titleOf(namespace), members: list.map((node) => node.id), hull,
      x: box.x, y: box.y, w: box.w, h: box.h,
    });
  }
  return { style, nodes, islands, waypoints, bounds: boundsOf(islands) };
}
