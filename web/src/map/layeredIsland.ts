// Callers to the left, what they call to the right: the layout of a small namespace (Sugiyama's steps).
import type { Point } from "./geometry";
import { hash } from "./hash";

export interface IslandEdge {
  id: string;
  source: string;
  target: string;
  weight: number;
}

export interface IslandLayout {
  positions: Map<string, Point>;
  /** Where an edge passes between the cards of the columns it crosses, in order from its source. */
  waypoints: Map<string, Point[]>;
}

export const cardSize = { w: 150, h: 46 };
const columnPitch = cardSize.w + 74;
const rowGap = 20;
const laneHeight = 12;

interface Slot {
  id: string;
  rank: number;
  h: number;
  y: number;
  before: Slot[];
  after: Slot[];
  isCard: boolean;
}

export function layeredIsland(ids: string[], edges: IslandEdge[]): IslandLayout {
  const inner = edges.filter((edge) => edge.source !== edge.target);
  const connected = new Set(inner.flatMap((edge) => [edge.source, edge.target]));
  const ranks = ranksOf(ids.filter((id) => connected.has(id)), inner);
  const slots = new Map<string, Slot>();
  const columns: Slot[][] = [];
  const addSlot = (id: string, rank: number, isCard: boolean): Slot => {
    const slot: Slot = { id, rank, h: isCard ? cardSize.h : laneHeight, y: 0, before: [], after: [], isCard };
    slots.set(id, slot);
    (columns[rank] ??= []).push(slot);
    return slot;
  };
  for (const [id, rank] of ranks) addSlot(id, rank, true);
  const lanes = new Map<string, Slot[]>();
  for (const edge of inner) connect(edge, slots, lanes, addSlot);

  order(columns);
  assignRows(columns);
  const positions = new Map<string, Point>();
  for (const slot of slots.values()) {
    if (slot.isCard) positions.set(slot.id, { x: slot.rank * columnPitch, y: slot.y });
  }
  placeLoose(ids.filter((id) => !connected.has(id)), positions, columns.length);
  const waypoints = new Map<string, Point[]>();
  for (const [id, path] of lanes) waypoints.set(id, path.map((slot) => ({ x: slot.rank * columnPitch, y: slot.y })));
  return { positions, waypoints };
}

/** Longest path from a caller nobody calls, with the edges that close a cycle left out. */
function ranksOf(ids: string[], edges: IslandEdge[]): Map<string, number> {
  const out = new Map<string, string[]>(ids.map((id) => [id, []]));
  const balance = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const edge of edges) {
    out.get(edge.source)?.push(edge.target);
    balance.set(edge.source, (balance.get(edge.source) ?? 0) + 1);
    balance.set(edge.target, (balance.get(edge.target) ?? 0) - 1);
  }
  const starts = [...ids].sort((a, b) => (balance.get(b) ?? 0) - (balance.get(a) ?? 0) || (a < b ? -1 : 1));
  const done: string[] = [];
  const state = new Map<string, "open" | "done">();
  const forward: [string, string][] = [];
  const visit = (id: string): void => {
    state.set(id, "open");
    for (const next of [...(out.get(id) ?? [])].sort()) {
      if (state.get(next) === "open") continue;
      forward.push([id, next]);
      if (!state.has(next)) visit(next);
    }
    state.set(id, "done");
    done.push(id);
  };
  for (const id of starts) if (!state.has(id)) visit(id);

  const ranks = new Map<string, number>(ids.map((id) => [id, 0]));
  const byTarget = new Map<string, string[]>();
  const bySource = new Map<string, string[]>();
  for (const [source, target] of forward) {
    byTarget.set(target, [...(byTarget.get(target) ?? []), source]);
    bySource.set(source, [...(bySource.get(source) ?? []), target]);
  }
  for (const id of done.reverse()) {
    ranks.set(id, Math.max(0, ...(byTarget.get(id) ?? []).map((source) => (ranks.get(source) ?? 0) + 1)));
  }
  // A caller without callers moves next to what it calls, so that its edges stay short.
  for (const id of ids) {
    const callees = bySource.get(id) ?? [];
    if (!byTarget.has(id) && callees.length > 0) {
      ranks.set(id, Math.max(0, Math.min(...callees.map((callee) => ranks.get(callee) ?? 0)) - 1));
    }
  }
  return ranks;
}

function connect(
  edge: IslandEdge,
  slots: Map<string, Slot>,
  lanes: Map<string, Slot[]>,
  addSlot: (id: string, rank: number, isCard: boolean) => Slot,
): void {
  const source = slots.get(edge.source);
  const target = slots.get(edge.target);
  if (!source || !target || source.rank === target.rank) return;
  const [left, right] = source.rank < target.rank ? [source, target] : [target, source];
  const path: Slot[] = [];
  let last = left;
  for (let rank = left.rank + 1; rank < right.rank; rank += 1) {
    const lane = addSlot(`${edge.id}#${rank}`, rank, false);
    last.after.push(lane);
    lane.before.push(last);
    path.push(lane);
    last = lane;
  }
  last.after.push(right);
  right.before.push(last);
  if (path.length > 0) lanes.set(edge.id, source === left ? path : path.reverse());
}

/** Barycentre sweeps; the order with the fewest crossings wins. */
function order(columns: Slot[][]): void {
  for (const column of columns) column?.sort((a, b) => hash(a.id) - hash(b.id) || (a.id < b.id ? -1 : 1));
  let best = columns.map((column) => [...column]);
  let fewest = crossings(columns);
  for (let sweep = 0; sweep < 16; sweep += 1) {
    const isForward = sweep % 2 === 0;
    const place = new Map<Slot, number>();
    const note = (column: Slot[]) => column.forEach((slot, index) => place.set(slot, (index + 0.5) / column.length));
    columns.forEach(note);
    for (const column of isForward ? columns : [...columns].reverse()) {
      const key = new Map<Slot, number>();
      for (const slot of column) {
        const near = isForward ? slot.before : slot.after;
        const sum = near.reduce((total, neighbour) => total + (place.get(neighbour) ?? 0), 0);
        key.set(slot, near.length > 0 ? sum / near.length : place.get(slot) ?? 0);
      }
      column.sort((a, b) => (key.get(a) ?? 0) - (key.get(b) ?? 0));
      note(column);
    }
    const count = crossings(columns);
    if (count < fewest) {
      fewest = count;
      best = columns.map((column) => [...column]);
    }
  }
  best.forEach((column, index) => {
    columns[index] = column;
  });
}

function crossings(columns: Slot[][]): number {
  let count = 0;
  for (const column of columns) {
    const ends: number[] = [];
    const next = columns[(column[0]?.rank ?? 0) + 1] ?? [];
    const place = new Map(next.map((slot, index) => [slot, index]));
    for (const slot of column) {
      const targets = slot.after.map((target) => place.get(target) ?? 0).sort((a, b) => a - b);
      for (const target of targets) for (const end of ends) if (end > target) count += 1;
      ends.push(...targets);
    }
  }
  return count;
}

/** Moves every slot towards its neighbours' height, in the given order and without overlap. */
function assignRows(columns: Slot[][]): void {
  for (const column of columns) {
    let y = 0;
    for (const slot of column) {
      slot.y = y + slot.h / 2;
      y += slot.h + rowGap;
    }
    for (const slot of column) slot.y -= (y - rowGap) / 2;
  }
  for (let sweep = 0; sweep < 24; sweep += 1) {
    for (const column of sweep % 2 === 0 ? columns : [...columns].reverse()) {
      const wanted = column.map((slot) => {
        const near = [...slot.before, ...slot.after];
        if (near.length === 0) return slot.y;
        // Half way only: two columns that chase each other's means would drift apart.
        return (slot.y + near.reduce((sum, neighbour) => sum + neighbour.y, 0) / near.length) / 2;
      });
      settle(column, wanted);
    }
  }
}

/** The closest heights to those wanted that keep order and gaps (isotonic regression, pool adjacent violators). */
function settle(column: Slot[], wanted: number[]): void {
  const offsets: number[] = [];
  let offset = 0;
  column.forEach((slot, index) => {
    const above = column[index - 1];
    if (above) offset += (above.h + slot.h) / 2 + (above.isCard && slot.isCard ? rowGap : rowGap * 0.6);
    offsets.push(offset);
  });
  const pools: { sum: number; count: number }[] = [];
  wanted.forEach((y, index) => {
    let pool = { sum: y - (offsets[index] ?? 0), count: 1 };
    for (;;) {
      const above = pools[pools.length - 1];
      if (!above || above.sum / above.count <= pool.sum / pool.count) break;
      pool = { sum: pool.sum + above.sum, count: pool.count + above.count };
      pools.pop();
    }
    pools.push(pool);
  });
  let index = 0;
  for (const pool of pools) {
    for (let taken = 0; taken < pool.count; taken += 1) {
      const slot = column[index];
      if (slot) slot.y = pool.sum / pool.count + (offsets[index] ?? 0);
      index += 1;
    }
  }
}

/** What talks to nobody inside the namespace stands in rows below the rest. */
function placeLoose(ids: string[], positions: Map<string, Point>, columnCount: number): void {
  if (ids.length === 0) return;
  const bottom = Math.max(-Infinity, ...[...positions.values()].map((point) => point.y));
  const start = Number.isFinite(bottom) ? bottom + cardSize.h + rowGap * 1.5 : 0;
  const perRow = columnCount > 1 ? columnCount : Math.max(1, Math.round(Math.sqrt(ids.length / 2)));
  const pitch = columnCount > 1 ? columnPitch : cardSize.w + rowGap;
  ids.forEach((id, index) => {
    const row = Math.floor(index / perRow);
    positions.set(id, { x: (index % perRow) * pitch, y: start + row * (cardSize.h + rowGap) });
  });
}
