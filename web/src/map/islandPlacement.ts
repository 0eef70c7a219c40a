// Where the islands stand: close to those they talk to, callers to the left, in a picture of the screen's shape.
import { boundsOf, overlaps } from "./geometry";
import type { Box, Point } from "./geometry";

export interface PlacedIsland extends Box {
  namespace: string;
}

export interface IslandLink {
  source: string;
  target: string;
  /** Where in each island the edge ends, relative to the island's centre. */
  sourceAt: Point;
  targetAt: Point;
  weight: number;
}

const gap = 56;
/** Of the map on a usual screen, below the header and the filter. */
const aspect = 2.2;

/** Places every island that has no place yet; those that have keep it, unless they have come to overlap. */
export function placeIslands(
  sizes: Map<string, { w: number; h: number }>,
  links: IslandLink[],
  kept: Map<string, Point> = new Map(),
): Map<string, PlacedIsland> {
  const placed = new Map<string, PlacedIsland>();
  for (const [namespace, size] of sizes) {
    const place = kept.get(namespace);
    if (place) placed.set(namespace, { namespace, ...size, ...place });
  }
  const area = (namespace: string) => (sizes.get(namespace)?.w ?? 0) * (sizes.get(namespace)?.h ?? 0);
  const waiting = [...sizes.keys()].filter((name) => !placed.has(name)).sort((a, b) => area(b) - area(a) || (a < b ? -1 : 1));
  for (const namespace of waiting) {
    const size = sizes.get(namespace) ?? { w: 0, h: 0 };
    placed.set(namespace, bestPlace(namespace, size, [...placed.values()], links));
  }
  if (kept.size > 0) pushApart([...placed.values()]);
  return placed;
}

function bestPlace(namespace: string, size: { w: number; h: number }, placed: PlacedIsland[], links: IslandLink[]): PlacedIsland {
  if (placed.length === 0) return { namespace, ...size, x: 0, y: 0 };
  const own = links.filter((link) => link.source === namespace || link.target === namespace);
  const byName = new Map(placed.map((island) => [island.namespace, island]));
  const heaviest = own.reduce((most, link) => Math.max(most, link.weight), 0) || 1;
  let best: PlacedIsland | null = null;
  let lowest = Infinity;
  for (const candidate of candidates(size, placed)) {
    const island = { namespace, ...size, ...candidate };
    if (placed.some((other) => overlaps(island, other, gap - 1))) continue;
    let cost = shapeCost([...placed, island]);
    for (const link of own) {
      const isSource = link.source === namespace;
      const other = byName.get(isSource ? link.target : link.source);
      if (!other) continue;
      const mine = isSource ? link.sourceAt : link.targetAt;
      const theirs = isSource ? link.targetAt : link.sourceAt;
      const dx = other.x + theirs.x - island.x - mine.x;
      const dy = other.y + theirs.y - island.y - mine.y;
      const weight = (0.4 + (0.6 * link.weight) / heaviest) / own.length;
      cost += weight * Math.hypot(dx, dy);
      // What calls stands left of what it calls.
      if ((isSource ? dx : -dx) < 0) cost += weight * 260;
    }
    if (cost < lowest - 1e-6) {
      lowest = cost;
      best = island;
    }
  }
  return best ?? { namespace, ...size, x: boundsOf(placed).x + boundsOf(placed).w / 2 + gap + size.w / 2, y: 0 };
}

function shapeCost(islands: Box[]): number {
  const bounds = boundsOf(islands);
  return Math.max(bounds.w, bounds.h * aspect) * 0.8;
}

/** Beside, above and below each island that stands, aligned at either end or in the middle. */
function candidates(size: { w: number; h: number }, placed: PlacedIsland[]): Point[] {
  const points: Point[] = [];
  for (const island of placed) {
    const dx = (island.w + size.w) / 2 + gap;
    const dy = (island.h + size.h) / 2 + gap;
    const slideY = (island.h - size.h) / 2;
    const slideX = (island.w - size.w) / 2;
    for (const share of [0, -0.5, 0.5, -1, 1]) {
      points.push({ x: island.x + dx, y: island.y + share * slideY }, { x: island.x - dx, y: island.y + share * slideY });
      points.push({ x: island.x + share * slideX, y: island.y + dy }, { x: island.x + share * slideX, y: island.y - dy });
    }
  }
  return points;
}

/** Moves islands that have grown into each other apart, along the shorter way; the larger moves less. */
function pushApart(islands: PlacedIsland[]): void {
  for (let round = 0; round < 60; round += 1) {
    let moved = false;
    for (let i = 0; i < islands.length; i += 1) {
      for (let j = i + 1; j < islands.length; j += 1) {
        const a = islands[i];
        const b = islands[j];
        if (!a || !b || !overlaps(a, b, gap - 1)) continue;
        moved = true;
        const share = (b.w * b.h) / (a.w * a.h + b.w * b.h);
        const overX = (a.w + b.w) / 2 + gap - Math.abs(a.x - b.x);
        const overY = (a.h + b.h) / 2 + gap - Math.abs(a.y - b.y);
        if (overX < overY) {
          const direction = a.x <= b.x ? 1 : -1;
          a.x -= direction * overX * share;
          b.x += direction * overX * (1 - share);
        } else {
          const direction = a.y <= b.y ? 1 : -1;
          a.y -= direction * overY * share;
          b.y += direction * overY * (1 - share);
        }
      }
    }
    if (!moved) return;
  }
}
