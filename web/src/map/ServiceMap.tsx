import { useEffect, useMemo, useRef, useState } from "react";
import type { KeyboardEvent, PointerEvent } from "react";
import type { Graph } from "../api/types";
import { formatBytes, plural } from "../model/format";
import { fitted } from "./camera";
import { layoutGraph } from "./layout";
import type { Layout } from "./layout";
import { Legend } from "./Legend";
import { MapKeyboardList } from "./MapKeyboardList";
import { readPalette } from "./palette";
import { Renderer } from "./renderer";
import { buildScene } from "./scene";

interface Props {
  graph: Graph;
  /** Changes when the question changes: then the map is laid out afresh and fitted. */
  question: string;
  selected: string;
  theme: "light" | "dark";
  onSelect: (id: string) => void;
  onDrawn: () => void;
}

const insets = { left: 28, right: 28, top: 24, bottom: 58 };

export function ServiceMap({ graph, question, selected, theme, onSelect, onDrawn }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const renderer = useRef<Renderer | null>(null);
  const kept = useRef<{ question: string; layout: Layout } | null>(null);
  const isMoved = useRef(false);
  const [hover, setHover] = useState("");
  const [generation, setGeneration] = useState(0);

  const layout = useMemo(() => {
    const key = `${question}#${generation}`;
    const previous = kept.current?.question === key ? kept.current.layout : null;
    if (!previous) isMoved.current = false;
    const next = layoutGraph(graph, previous);
    kept.current = { question: key, layout: next };
    return next;
  }, [graph, question, generation]);
  const scene = useMemo(() => buildScene(graph, layout), [graph, layout]);

  const fit = (isAnimated: boolean) => {
    const element = frame.current;
    if (!element || !kept.current) return;
    const view = { w: element.clientWidth, h: element.clientHeight };
    renderer.current?.moveTo(fitted(kept.current.layout.bounds, view, insets), isAnimated);
  };

  useEffect(() => {
    const element = canvas.current;
    const parent = frame.current;
    if (!element || !parent) return undefined;
    const created = new Renderer(element, onDrawn);
    renderer.current = created;
    const observer = new ResizeObserver(() => {
      if (!isMoved.current) fit(false);
      created.resize(parent.clientWidth, parent.clientHeight);
    });
    observer.observe(parent);
    // React's wheel listeners are passive; this one must keep the page from scrolling.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      isMoved.current = true;
      const box = element.getBoundingClientRect();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 20 : 1);
      created.zoom(Math.exp(-pixels * 0.0016), { x: event.clientX - box.left, y: event.clientY - box.top });
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener("wheel", onWheel);
      created.stop();
    };
  }, []);

  useEffect(() => {
    if (frame.current) renderer.current?.paint(readPalette(frame.current));
  }, [theme]);
  const bounds = `${question}#${generation}#${layout.bounds.w | 0}x${layout.bounds.h | 0}`;
  useEffect(() => {
    if (!isMoved.current) fit(false);
  }, [bounds]);
  useEffect(() => renderer.current?.show(scene), [scene]);
  useEffect(() => renderer.current?.emphasise({ hover, selected }), [hover, selected]);

  const drag = usePointerDrag(renderer, isMoved, setHover, onSelect);
  const onKeyDown = (event: KeyboardEvent) => {
    const map = renderer.current;
    if (!map || event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 60;
    const actions: Record<string, () => void> = {
      "+": () => map.zoom(1.25), "=": () => map.zoom(1.25), "-": () => map.zoom(0.8),
      ArrowLeft: () => map.pan(step, 0), ArrowRight: () => map.pan(-step, 0),
      ArrowUp: () => map.pan(0, step), ArrowDown: () => map.pan(0, -step),
    };
    const action = actions[event.key];
    if (event.key === "0") {
      isMoved.current = false;
      fit(true);
    } else if (action) {
      isMoved.current = true;
      action();
    } else return;
    event.preventDefault();
  };

  const kinds = useMemo(() => [...new Set(graph.nodes.map((node) => node.kind))].sort(), [graph]);
  const summary =
    `Map of ${plural(graph.nodes.length, "element")} in ${plural(layout.islands.length, "island")} with ` +
    `${plural(graph.edges.length, "connection")}, ${formatBytes(graph.totals.bytes)} in total.`;
  return (
    <div
      className="map" ref={frame} role="group" tabIndex={0} onKeyDown={onKeyDown}
      aria-label={`${summary} Plus and minus zoom, arrow keys move, 0 fits.`}
    >
      <canvas ref={canvas} className={hover ? "map-canvas over" : "map-canvas"} aria-hidden="true" {...drag} />
      <MapKeyboardList scene={scene} onFocus={setHover} onSelect={onSelect} />
      <Legend layout={layout} hues={scene.islands} kinds={kinds} />
      <div className="map-buttons" role="group" aria-label="Map view">
        <button type="button" title="Zoom in (+)" aria-label="Zoom in" onClick={() => { isMoved.current = true; renderer.current?.zoom(1.3); }}>+</button>
        <button type="button" title="Zoom out (-)" aria-label="Zoom out" onClick={() => { isMoved.current = true; renderer.current?.zoom(1 / 1.3); }}>−</button>
        <button type="button" title="Fit everything (0)" onClick={() => { isMoved.current = false; fit(true); }}>Fit</button>
        <button type="button" title="Lay the map out afresh" onClick={() => setGeneration((value) => value + 1)}>Tidy</button>
      </div>
    </div>
  );
}

/** Dragging pans; a press that does not move selects. */
function usePointerDrag(
  renderer: { current: Renderer | null },
  isMoved: { current: boolean },
  setHover: (id: string) => void,
  onSelect: (id: string) => void,
) {
  const press = useRef<{ x: number; y: number; travelled: number } | null>(null);
  const place = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  return {
    onPointerDown: (event: PointerEvent<HTMLCanvasElement>) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      press.current = { x: event.clientX, y: event.clientY, travelled: 0 };
    },
    onPointerMove: (event: PointerEvent<HTMLCanvasElement>) => {
      const start = press.current;
      if (!start) {
        setHover(renderer.current?.hit(place(event)) ?? "");
        return;
      }
      const dx = event.clientX - start.x;
      const dy = event.clientY - start.y;
      press.current = { x: event.clientX, y: event.clientY, travelled: start.travelled + Math.abs(dx) + Math.abs(dy) };
      if (press.current.travelled > 4) {
        isMoved.current = true;
        renderer.current?.pan(dx, dy);
      }
    },
    onPointerUp: (event: PointerEvent<HTMLCanvasElement>) => {
      const start = press.current;
      press.current = null;
      if (start && start.travelled <= 4) onSelect(renderer.current?.hit(place(event)) ?? "");
    },
    onPointerLeave: () => setHover(""),
  };
}
