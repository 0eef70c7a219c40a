import type { Camera } from "./camera";
import { toWorld, zoomed } from "./camera";
import { drawFrame } from "./drawing";
import type { Emphasis } from "./frame";
import { distanceTo } from "./geometry";
import type { Point } from "./geometry";
import type { Palette } from "./palette";
import type { Scene } from "./scene";

const glideMilliseconds = 260;

/** Owns the canvas: draws at most once per animation frame, and only when something has changed. */
export class Renderer {
  camera: Camera = { x: 0, y: 0, k: 1 };
  private scene: Scene | null = null;
  private palette: Palette | null = null;
  private emphasis: Emphasis = { hover: "", selected: "" };
  private view = { w: 0, h: 0 };
  private ratio = 1;
  private pending = 0;
  private glide: { from: Camera; to: Camera; start: number } | null = null;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly onDrawn: () => void) {}

  show(scene: Scene): void {
    this.scene = scene;
    this.invalidate();
  }

  paint(palette: Palette): void {
    this.palette = palette;
    this.invalidate();
  }

  emphasise(emphasis: Emphasis): void {
    if (emphasis.hover === this.emphasis.hover && emphasis.selected === this.emphasis.selected) return;
    this.emphasis = emphasis;
    this.invalidate();
  }

  resize(w: number, h: number): void {
    this.ratio = window.devicePixelRatio || 1;
    this.view = { w, h };
    this.canvas.width = Math.round(w * this.ratio);
    this.canvas.height = Math.round(h * this.ratio);
    // A resized canvas is blank until drawn: waiting for the next frame would flicker.
    this.draw();
  }

  moveTo(camera: Camera, isAnimated = false): void {
    const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.glide = isAnimated && !isStill ? { from: this.camera, to: camera, start: performance.now() } : null;
    if (!this.glide) this.camera = camera;
    this.invalidate();
  }

  zoom(factor: number, at: Point = { x: this.view.w / 2, y: this.view.h / 2 }): void {
    this.moveTo(zoomed(this.camera, factor, at));
  }

  pan(dx: number, dy: number): void {
    this.moveTo({ ...this.camera, x: this.camera.x + dx, y: this.camera.y + dy });
  }

  stop(): void {
    cancelAnimationFrame(this.pending);
  }

  /** The node under a point of the canvas, else the edge close to it, else "". */
  hit(screen: Point): string {
    const { scene } = this;
    if (!scene) return "";
    const at = toWorld(this.camera, screen);
    const slack = 3 / this.camera.k;
    for (const { box, node } of scene.nodes) {
      if (Math.abs(at.x - box.x) <= box.w / 2 + slack && Math.abs(at.y - box.y) <= box.h / 2 + slack) return node.id;
    }
    let nearest = "";
    let distance = 7 / this.camera.k;
    // Beyond this many edges a pointer cannot tell one from another anyway.
    for (const item of scene.edges.slice(0, 600)) {
      for (const curve of item.curves) {
        const next = distanceTo(curve, at) - item.width / 2;
        if (next < distance) {
          distance = next;
          nearest = item.edge.id;
        }
      }
    }
    return nearest;
  }

  private invalidate(): void {
    if (this.pending) return;
    this.pending = requestAnimationFrame((now) => {
      this.pending = 0;
      this.advance(now);
      this.draw();
    });
  }

  private advance(now: number): void {
    if (!this.glide) return;
    const { from, to, start } = this.glide;
    const t = Math.min(1, Math.max(0, (now - start) / glideMilliseconds));
    const eased = 1 - (1 - t) ** 3;
    const between = (a: number, b: number) => a + (b - a) * eased;
    this.camera = { x: between(from.x, to.x), y: between(from.y, to.y), k: between(from.k, to.k) };
    if (t >= 1) this.glide = null;
    else this.invalidate();
  }

  private draw(): void {
    const context = this.canvas.getContext("2d");
    if (!context || !this.scene || !this.palette || this.view.w === 0) return;
    performance.mark("podsight-frame-start");
    drawFrame({
      context, scene: this.scene, camera: this.camera, palette: this.palette, emphasis: this.emphasis,
      view: this.view, ratio: this.ratio,
    });
    performance.measure("podsight-frame", "podsight-frame-start");
    if (performance.getEntriesByName("podsight-frame").length > 200) performance.clearMeasures("podsight-frame");
    performance.clearMarks("podsight-frame-start");
    this.onDrawn();
  }
}
