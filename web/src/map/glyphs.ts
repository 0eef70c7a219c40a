// A picture for each kind of thing, as SVG path data in a 16 by 16 square; drawn as strokes.

const deployment = "M8 1.8 14 5 8 8.2 2 5Z M2 8.2 8 11.4 14 8.2 M2 11.2 8 14.4 14 11.2";
const cylinder = "M2.5 4c0-1.3 2.4-2.2 5.5-2.2s5.5 .9 5.5 2.2-2.4 2.2-5.5 2.2S2.5 5.3 2.5 4Z M2.5 4v8c0 1.3 2.4 2.2 5.5 2.2s5.5-.9 5.5-2.2V4 M2.5 8c0 1.3 2.4 2.2 5.5 2.2s5.5-.9 5.5-2.2";
const grid = "M2 2h5v5H2Z M9 2h5v5H9Z M2 9h5v5H2Z M9 9h5v5H9Z";
const clock = "M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4Z M8 4.5V8l2.5 1.8";
const box = "M8 1.5 14 4.8v6.4L8 14.5 2 11.2V4.8Z M2 4.8 8 8l6-3.2 M8 8v6.5";
const fork = "M8 2v5 M8 7 3.5 11 M8 7l4.5 4 M8 7v5 M2 11.5h3v2.5H2Z M11 11.5h3v2.5h-3Z M6.5 12h3v2.5h-3Z";
const server = "M2 2.5h12v4.5H2Z M2 9h12v4.5H2Z M4.5 4.75h.6 M4.5 11.25h.6";
const globe = "M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4Z M1.8 8h12.4 M8 1.8c-4.2 3.6-4.2 8.8 0 12.4c4.2-3.6 4.2-8.8 0-12.4Z";
const cloud = "M4.5 12.5h7a3 3 0 0 0 .4-6a4 4 0 0 0-7.6-.6a3.3 3.3 0 0 0 .2 6.6Z";
const question = "M5.5 5.8a2.5 2.5 0 1 1 3.7 2.2c-.8.5-1.2.9-1.2 1.9 M8 12.4v.4";
const dots = "M3 8h.5 M7.75 8h.5 M12.5 8h.5";
const brackets = "M5.5 2H2.5v12h3 M10.5 2h3v12h-3";

const byKind: Record<string, string> = {
  Deployment: deployment,
  ReplicaSet: deployment,
  StatefulSet: cylinder,
  DaemonSet: grid,
  Job: clock,
  CronJob: clock,
  Pod: box,
  Service: fork,
  Node: server,
  Host: server,
  External: globe,
  Network: cloud,
  Namespace: brackets,
  WellKnown: cloud,
  More: dots,
};

export function glyphPath(kind: string): string {
  return byKind[kind] ?? question;
}

const cache = new Map<string, Path2D>();

export function glyph(kind: string): Path2D {
  let path = cache.get(kind);
  if (!path) {
    path = new Path2D(glyphPath(kind));
    cache.set(kind, path);
  }
  return path;
}
