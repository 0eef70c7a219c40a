// The few parts of d3 that the map uses; Debian ships d3 without types.
declare module "d3-force" {
  export interface SimulationNode {
    x: number;
    y: number;
    vx?: number;
    vy?: number;
    index?: number;
  }
  export interface Force<N> {
    (alpha: number): void;
    initialize?(nodes: N[]): void;
  }
  export interface Simulation<N extends SimulationNode> {
    force(name: string, force: Force<N> | null): this;
    stop(): this;
    tick(iterations?: number): this;
    alphaDecay(value: number): this;
    velocityDecay(value: number): this;
  }
  interface PositionForce<N> extends Force<N> {
    strength(value: number | ((node: N) => number)): this;
  }
  interface ManyBodyForce<N> extends Force<N> {
    strength(value: number): this;
    distanceMax(value: number): this;
  }
  interface CollideForce<N> extends Force<N> {
    strength(value: number): this;
    iterations(value: number): this;
  }
  interface LinkForce<N, L> extends Force<N> {
    distance(value: number | ((link: L) => number)): this;
    strength(value: number | ((link: L) => number)): this;
  }
  export function forceSimulation<N extends SimulationNode>(nodes: N[]): Simulation<N>;
  export function forceManyBody<N>(): ManyBodyForce<N>;
  export function forceCollide<N>(radius: number | ((node: N) => number)): CollideForce<N>;
  export function forceX<N>(x: number | ((node: N) => number)): PositionForce<N>;
  export function forceY<N>(y: number | ((node: N) => number)): PositionForce<N>;
  export function forceLink<N, L extends { source: number | N; target: number | N }>(links: L[]): LinkForce<N, L>;
}

// Node's own modules as far as the unit tests use them.
declare module "node:test" {
  export function test(name: string, body: () => void | Promise<void>): void;
}
declare module "node:assert/strict" {
  interface Assert {
    equal(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    ok(value: unknown, message?: string): void;
  }
  const assert: Assert;
  export default assert;
}
