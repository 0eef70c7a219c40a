import { formatBytes, plural } from "../model/format";
import type { Frame } from "./frame";
import { overlaps } from "./geometry";
import type { Box } from "./geometry";
import { glyph } from "./glyphs";
import { hueColor } from "./palette";
import { traffic } from "./scene";
import type { SceneNode } from "./scene";

/** `text` as far as it fits, with an ellipsis in its middle, where names of one workload differ least. */
export function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let keep = text.length - 1;
  while (keep > 3) {
    const head = Math.ceil(keep / 2);
    const shorter = `${text.slice(0, head)}…${text.slice(text.length - (keep - head))}`;
    if (context.measureText(shorter).width <= width) return shorter;
    keep -= 1;
  }
  return `${text.slice(0, 2)}…`;
}

export function drawCard({ context, camera, palette, emphasis }: Frame, item: SceneNode): void {
  const { x, y, w, h } = item.box;
  const color = hueColor(palette, item.hue);
  const left = x - w / 2;
  const top = y - h / 2;
  const isEmphasised = emphasis.selected === item.node.id || emphasis.hover === item.node.id;
  const alpha = context.globalAlpha;
  // Edges must not show through a faded card.
  context.globalAlpha = 1;
  context.fillStyle = palette.card;
  context.strokeStyle = isEmphasised ? palette.accent : palette.cardBorder;
  context.lineWidth = isEmphasised ? 2 : 1;
  context.beginPath();
  context.roundRect(left, top, w, h, 10);
  context.fill();
  context.globalAlpha = alpha;
  context.stroke();
  if (camera.k < 0.3) {
    context.fillStyle = color;
    context.fillRect(left + 10, top + 14, w - 20, h - 28);
    return;
  }
  drawGlyph(context, item.node.kind, left + 9, top + 9, h - 18, color);
  context.textAlign = "left";
  context.textBaseline = "middle";
  const textLeft = left + h - 1;
  const room = w - h - 8;
  context.fillStyle = palette.text;
  context.font = `600 12.5px ${palette.font}`;
  context.fillText(fitText(context, item.node.name, room), textLeft, y - 7.5);
  context.fillStyle = palette.muted;
  context.font = `400 10.5px ${palette.font}`;
  const bytes = formatBytes(traffic(item.node));
  const detail = item.node.pods > 0 ? `${plural(item.node.pods, "pod")} · ${bytes}` : bytes;
  context.fillText(fitText(context, detail, room), textLeft, y + 9);
}

function drawGlyph(context: CanvasRenderingContext2D, kind: string, x: number, y: number, size: number, color: string): void {
  const alpha = context.globalAlpha;
  context.fillStyle = color;
  context.globalAlpha = alpha * 0.16;
  context.beginPath();
  context.roundRect(x, y, size, size, 7);
  context.fill();
  context.globalAlpha = alpha;
  const scale = (size - 10) / 16;
  context.save();
  context.translate(x + 5, y + 5);
  context.scale(scale, scale);
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.lineJoin = context.lineCap = "round";
  context.stroke(glyph(kind));
  context.restore();
}

const labelledNodes = 40;

export function drawCircle({ context, camera, palette, emphasis }: Frame, item: SceneNode): void {
  const { x, y, w } = item.box;
  const color = hueColor(palette, item.hue);
  const isEmphasised = emphasis.selected === item.node.id || emphasis.hover === item.node.id;
  const radius = w / 2;
  context.fillStyle = color;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  if (isEmphasised) {
    context.strokeStyle = palette.accent;
    context.lineWidth = 3 / camera.k;
    context.stroke();
  }
}

/**
 * The name under a circle, where it covers no other name; drawn after all circles, so that none covers it.
 * Returns the box it takes.
 */
export function drawCircleLabel({ context, camera, palette }: Frame, item: SceneNode, isNear: boolean, taken: Box[]): Box | null {
  const isLabelled = isNear || (item.rank < labelledNodes ? camera.k > 0.35 : camera.k > 0.85);
  if (!isLabelled) return null;
  const { x, y, w } = item.box;
  const radius = w / 2;
  const size = Math.min(24, 11 / Math.max(0.45, Math.min(1.2, camera.k)));
  context.font = `${isNear ? 600 : 500} ${size}px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "top";
  const text = item.node.name.length > 24 ? `${item.node.name.slice(0, 12)}…${item.node.name.slice(-8)}` : item.node.name;
  const box = { x, y: y + radius + 2 + size / 2, w: context.measureText(text).width, h: size };
  if (!isNear && taken.some((other) => overlaps(other, box, 0))) return null;
  context.strokeStyle = palette.background;
  context.lineWidth = size / 4;
  context.lineJoin = "round";
  context.strokeText(text, x, y + radius + 2);
  context.fillStyle = palette.text;
  context.fillText(text, x, y + radius + 2);
  return box;
}
