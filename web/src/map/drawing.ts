// One frame of the map. Detail follows the zoom: cards with text, plain shapes, dots.
import { formatBytes, formatRate } from "../model/format";
import type { Frame } from "./frame";
import type { Box, Curve } from "./geometry";
import { pointOn } from "./geometry";
import { drawCard, drawCircle, drawCircleLabel } from "./nodeDrawing";
import { hueColor } from "./palette";
import type { Scene, SceneEdge } from "./scene";

/** Nodes and edges to bring forward; null when nothing is emphasised. */
export interface Neighbourhood {
  nodes: Set<string>;
  edges: Set<string>;
  centre: string;
}

export function neighbourhood(scene: Scene, id: string): Neighbourhood | null {
  const edge = scene.edgeByID.get(id);
  if (edge) return { nodes: new Set([edge.edge.source, edge.edge.target]), edges: new Set([id]), centre: "" };
  if (!scene.nodeByID.has(id)) return null;
  const nodes = new Set([id]);
  const edges = new Set<string>();
  for (const near of scene.incident.get(id) ?? []) {
    edges.add(near.edge.id);
    nodes.add(near.edge.source);
    nodes.add(near.edge.target);
  }
  return { nodes, edges, centre: id };
}

export function drawFrame(frame: Frame): void {
  const { context, scene, camera, palette, view, ratio } = frame;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, view.w, view.h);
  drawDots(frame);
  context.setTransform(camera.k * ratio, 0, 0, camera.k * ratio, camera.x * ratio, camera.y * ratio);
  const visible: Box = {
    x: (view.w / 2 - camera.x) / camera.k, y: (view.h / 2 - camera.y) / camera.k, w: view.w / camera.k, h: view.h / camera.k,
  };
  const near = neighbourhood(scene, frame.emphasis.hover || frame.emphasis.selected);
  for (const island of scene.islands) drawIsland(frame, island);
  drawEdges(frame, near);
  for (const item of scene.nodes) {
    if (!touches(item.box, visible)) continue;
    context.globalAlpha = near && !near.nodes.has(item.node.id) ? 0.28 : 1;
    if (scene.layout.style === "cards") drawCard(frame, item);
    else drawCircle(frame, item);
  }
  context.globalAlpha = 1;
  if (scene.layout.style === "circles") drawNames(frame, near, visible);
  for (const island of scene.islands) drawIslandTitle(frame, island);
  drawLabels(frame, near, visible);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = palette.text;
}

/** Names of circles, the busiest first; those of the neighbourhood always, the rest of them only without one. */
function drawNames(frame: Frame, near: Neighbourhood | null, visible: Box): void {
  const taken: Box[] = [];
  for (const item of frame.scene.nodes) {
    const isNear = near?.nodes.has(item.node.id) ?? false;
    if ((near && !isNear) || !touches(item.box, visible)) continue;
    const box = drawCircleLabel(frame, item, isNear, taken);
    if (box) taken.push(box);
  }
}

function touches(a: Box, b: Box): boolean {
  return Math.abs(a.x - b.x) < (a.w + b.w) / 2 && Math.abs(a.y - b.y) < (a.h + b.h) / 2;
}

/** A quiet grid of dots that moves with the map, so that panning can be seen. */
function drawDots({ context, camera, palette, view }: Frame): void {
  let pitch = 28 * camera.k;
  while (pitch < 18) pitch *= 2;
  const left = ((camera.x % pitch) + pitch) % pitch;
  const top = ((camera.y % pitch) + pitch) % pitch;
  context.fillStyle = palette.dot;
  for (let x = left; x < view.w; x += pitch) {
    for (let y = top; y < view.h; y += pitch) context.fillRect(x, y, 1.2, 1.2);
  }
}

function islandPath(context: CanvasRenderingContext2D, island: Scene["islands"][number]): void {
  context.beginPath();
  context.roundRect(island.x - island.w / 2, island.y - island.h / 2, island.w, island.h, 22);
}

function drawIsland({ context, camera, palette }: Frame, island: Scene["islands"][number]): void {
  const color = hueColor(palette, island.hue);
  context.fillStyle = color;
  context.strokeStyle = color;
  context.lineWidth = 1.2 / camera.k;
  if (island.hull) {
    context.globalAlpha = palette.islandAlpha;
    context.lineJoin = "round";
    context.lineWidth = 64;
    context.beginPath();
    island.hull.forEach((point, index) => (index === 0 ? context.moveTo(point.x, point.y) : context.lineTo(point.x, point.y)));
    context.closePath();
    // Fill and a wide stroke overlap, so both go opaque over the background instead of through each other.
    context.globalAlpha = 1;
    context.fillStyle = context.strokeStyle = mix(palette.background, color, palette.islandAlpha * 1.5);
    context.stroke();
    context.fill();
  } else {
    islandPath(context, island);
    context.globalAlpha = palette.islandAlpha;
    context.fill();
    context.globalAlpha = 0.38;
    context.setLineDash([5 / camera.k, 4 / camera.k]);
    context.stroke();
    context.setLineDash([]);
  }
  context.globalAlpha = 1;
}

/** Colours are #rrggbb. */
function mix(below: string, above: string, share: number): string {
  const channel = (text: string, at: number) => parseInt(text.slice(at, at + 2), 16) || 0;
  const mixed = [1, 3, 5].map((at) => Math.round(channel(below, at) * (1 - share) + channel(above, at) * share));
  return `rgb(${mixed.join(",")})`;
}

function drawIslandTitle({ context, camera, palette, scene }: Frame, island: Scene["islands"][number]): void {
  // Titles keep a readable size while zooming out, up to the island's own width.
  const size = Math.min(13 / Math.min(1, camera.k), Math.max(13, island.w / Math.max(4, island.title.length)));
  if (size * camera.k < 6) return;
  context.font = `600 ${size}px ${palette.font}`;
  context.textBaseline = "middle";
  const count = island.members.length;
  const top = island.y - island.h / 2;
  const isCards = scene.layout.style === "cards";
  context.textAlign = isCards ? "left" : "center";
  const x = isCards ? island.x - island.w / 2 + 26 : island.x;
  const y = isCards ? top + 23 : top + 6;
  const color = hueColor(palette, island.hue);
  context.fillStyle = color;
  context.fillText(island.title, x, y);
  if (!isCards || camera.k < 0.55) return;
  const width = context.measureText(island.title).width;
  context.font = `400 11px ${palette.font}`;
  context.fillStyle = palette.muted;
  if (island.w > width + 80 && count > 1) context.fillText(`${count}`, x + width + 8, y + 0.5);
}

function trace(context: CanvasRenderingContext2D, curves: Curve[]): void {
  const first = curves[0];
  if (!first) return;
  context.moveTo(first[0], first[1]);
  for (const curve of curves) context.bezierCurveTo(curve[2], curve[3], curve[4], curve[5], curve[6], curve[7]);
}

const batchBeyond = 600;

function drawEdges(frame: Frame, near: Neighbourhood | null): void {
  const { scene } = frame;
  if (scene.edges.length > batchBeyond) drawEdgeBatches(frame, near);
  else {
    for (const item of scene.edges) {
      if (!near?.edges.has(item.edge.id)) drawEdge(frame, item, near ? 0.08 : item.isCrossing ? 0.34 : 0.6, hueColor(frame.palette, item.hue));
    }
  }
  if (!near) return;
  for (const item of scene.edges) {
    if (!near.edges.has(item.edge.id)) continue;
    const { palette } = frame;
    const color = near.centre === "" ? palette.accent : item.edge.source === near.centre ? palette.outgoing : palette.incoming;
    drawEdge(frame, item, 0.95, color);
  }

}

/** Thousands of edges: straight lines, one path per width, the smallest left out while zoomed far out. */
function drawEdgeBatches({ context, scene, camera, palette }: Frame, near: Neighbourhood | null): void {
  const shown = camera.k < 0.25 ? 2_500 : camera.k < 0.6 ? 5_000 : Infinity;
  context.strokeStyle = palette.neutral;
  for (const [least, most] of [[0, 2.2], [2.2, 3.6], [3.6, 99]] as const) {
    context.beginPath();
    for (const item of scene.edges) {
      if (item.rank >= shown) break;
      const curve = item.curves[0];
      if (!curve || item.width < least || item.width >= most) continue;
      context.moveTo(curve[0], curve[1]);
      context.lineTo(curve[6], curve[7]);
    }
    context.globalAlpha = near ? 0.05 : least === 0 ? 0.16 : 0.3;
    context.lineWidth = Math.max(least, 1) * (camera.k < 0.5 ? 0.8 : 0.6);
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawEdge({ context, camera }: Frame, item: SceneEdge, alpha: number, color: string): void {
  const last = item.curves[item.curves.length - 1];
  if (!last) return;
  const width = Math.max(item.width, 0.8 / camera.k);
  context.globalAlpha = alpha;
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = width;
  context.lineCap = "butt";
  context.beginPath();
  trace(context, item.curves);
  context.stroke();
  const tip = { x: last[6], y: last[7] };
  const tail = pointOn(last, 0.93);
  const angle = Math.atan2(tip.y - tail.y, tip.x - tail.x);
  const size = 5.5 + width * 0.8;
  context.globalAlpha = Math.min(1, alpha + 0.3);
  context.beginPath();
  context.moveTo(tip.x, tip.y);
  context.lineTo(tip.x - size * Math.cos(angle - 0.45), tip.y - size * Math.sin(angle - 0.45));
  context.lineTo(tip.x - size * Math.cos(angle + 0.45), tip.y - size * Math.sin(angle + 0.45));
  context.closePath();
  context.fill();
  context.globalAlpha = 1;
}

const labelledEdges = 14;

/** Rates at the busiest edges, or at those of the neighbourhood; a label that would cover another is left out. */
function drawLabels(frame: Frame, near: Neighbourhood | null, visible: Box): void {
  const { context, scene, camera, palette } = frame;
  const isDense = scene.layout.style === "circles" || camera.k < 0.5;
  if (!near && isDense) return;
  const scale = 1 / Math.max(0.75, Math.min(1.25, camera.k));
  context.font = `600 ${10.5 * scale}px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const taken: Box[] = scene.layout.style === "cards" ? scene.nodes.map((item) => item.box) : [];
  let drawn = 0;
  for (const item of scene.edges) {
    if (near ? !near.edges.has(item.edge.id) : drawn >= labelledEdges) continue;
    const text = item.edge.bytesPerSecond > 0 ? formatRate(item.edge.bytesPerSecond) : formatBytes(item.edge.bytes);
    const box = labelPlace(item, { w: context.measureText(text).width + 12 * scale, h: 17 * scale }, taken);
    if (!box || !touches(box, visible)) continue;
    taken.push(box);
    drawn += 1;
    context.globalAlpha = 0.94;
    context.fillStyle = palette.card;
    context.strokeStyle = near ? palette.accent : hueColor(palette, item.hue);
    context.lineWidth = 1 * scale;
    context.beginPath();
    context.roundRect(box.x - box.w / 2, box.y - box.h / 2, box.w, box.h, box.h / 2);
    context.fill();
    context.globalAlpha = 0.6;
    context.stroke();
    context.globalAlpha = 1;
    context.fillStyle = palette.text;
    context.fillText(text, box.x, box.y + 0.5 * scale);
  }
}

function labelPlace(item: SceneEdge, size: { w: number; h: number }, taken: Box[]): Box | null {
  const order = [...item.curves.keys()].sort((a, b) => Math.abs(a - item.curves.length / 2) - Math.abs(b - item.curves.length / 2));
  for (const index of order) {
    const curve = item.curves[index];
    if (!curve) continue;
    for (const t of [0.5, 0.4, 0.6, 0.3, 0.7]) {
      const box = { ...pointOn(curve, t), ...size };
      if (!taken.some((other) => touches({ ...other, w: other.w + 3, h: other.h + 3 }, box))) return box;
    }
  }
  return null;
}
