// Newer than TypeScript 4.8's DOM library; in all browsers since 2023.
interface CanvasPath {
  roundRect(x: number, y: number, w: number, h: number, radii: number): void;
}
