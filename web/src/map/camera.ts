import type { Box, Point } from "./geometry";

/** Screen = world × k + (x, y). */
export interface Camera {
  x: number;
  y: number;
  k: number;
}

export const zoomLimits = { least: 0.03, most: 3 };

export function toWorld(camera: Camera, screen: Point): Point {
  return { x: (screen.x - camera.x) / camera.k, y: (screen.y - camera.y) / camera.k };
}

/** Zooms by a factor; the point under `at` stays under it. */
export function zoomed(camera: Camera, factor: number, at: Point): Camera {
  const k = Math.max(zoomLimits.least, Math.min(zoomLimits.most, camera.k * factor));
  const ratio = k / camera.k;
  return { k, x: at.x - (at.x - camera.x) * ratio, y: at.y - (at.y - camera.y) * ratio };
}

export interface Insets {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The camera that shows all of a box in a view of this size. */
export function fitted(box: Box, view: { w: number; h: number }, insets: Insets): Camera {
  const w = Math.max(50, view.w - insets.left - insets.right);
  const h = Math.max(50, view.h - insets.top - insets.bottom);
  const k = Math.max(zoomLimits.least, Math.min(1.25, w / Math.max(1, box.w), h / Math.max(1, box.h)));
  return { k, x: insets.left + w / 2 - box.x * k, y: insets.top + h / 2 - box.y * k };
}
