import type { Camera } from "./camera";
import type { Palette } from "./palette";
import type { Scene } from "./scene";

export interface Emphasis {
  /** Node or edge under the pointer or the keyboard focus. */
  hover: string;
  selected: string;
}

/** All that one drawing of the map needs. */
export interface Frame {
  context: CanvasRenderingContext2D;
  scene: Scene;
  camera: Camera;
  palette: Palette;
  emphasis: Emphasis;
  /** Size in CSS pixels. */
  view: { w: number; h: number };
  ratio: number;
}
