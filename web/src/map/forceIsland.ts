// The layout of a large namespace: d3-force, started from places that belong to the ids.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";
import type { SimulationNode } from "d3-force";
import type { Point } from "./geometry";
import { unit } from "./hash";
import type { IslandEdge } from "./layeredIsland";

interface Body extends SimulationNode {
  id: string;
  r: number;
  fx?: number;
  fy?: number;
}

/** Places the nodes around (0, 0). Nodes of `kept` stay where they are; the result depends on the input alone. */
export function forceIsland(
  ids: string[],
  edges: IslandEdge[],
  radius: (id: string) => number,
  kept: Map<string, Point> = new Map(),
): Map<string, Point> {
  const spread = Math.sqrt(ids.length) * 30;
  const bodies: Body[] = ids.map((id) => {
    const angle = unit(id) * 2 * Math.PI;
    const distance = Math.sqrt(unit(`${id}#distance`)) * spread;
    const place = kept.get(id);
    const start = place ?? { x: Math.cos(angle) * distance, y: Math.sin(angle) * distance };
    return { id, r: radius(id), ...start, ...(place ? { fx: place.x, fy: place.y } : {}) };
  });
  const place = new Map(bodies.map((body, index) => [body.id, index]));
  const links = edges.flatMap((edge) => {
    const source = place.get(edge.source);
    const target = place.get(edge.target);
    return source === undefined || target === undefined || source === target ? [] : [{ source, target }];
  });
  const ticks = ids.length > 300 ? 90 : 160;
  forceSimulation(bodies)
    .stop()
    .alphaDecay(1 - 0.001 ** (1 / ticks))
    .force("links", forceLink<Body, { source: number | Body; target: number | Body }>(links).distance(70).strength(0.25))
    .force("charge", forceManyBody<Body>().strength(-90).distanceMax(400))
    .force("collide", forceCollide<Body>((body) => body.r + 14).iterations(2))
    .force("x", forceX<Body>(0).strength(0.05))
    .force("y", forceY<Body>(0).strength(0.08))
    .tick(ticks);
  return new Map(bodies.map((body) => [body.id, { x: body.x, y: body.y }]));
}
