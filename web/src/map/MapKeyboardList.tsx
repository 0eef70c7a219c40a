import { useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { formatBytes, plural } from "../model/format";
import { titleOf } from "./layout";
import type { Scene } from "./scene";

/** The map for keyboard and screen reader: one tab stop, arrow keys go from node to node, Enter selects. */
export function MapKeyboardList({ scene, onFocus, onSelect }: {
  scene: Scene;
  onFocus: (id: string) => void;
  onSelect: (id: string) => void;
}) {
  const [current, setCurrent] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const nodes = scene.nodes;
  const active = Math.min(current, Math.max(0, nodes.length - 1));

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || nodes.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = Math.max(0, Math.min(nodes.length - 1, active + step));
    setCurrent(next);
    list.current?.querySelectorAll<HTMLButtonElement>("button")[next]?.focus();
  };

  return (
    <ul className="offscreen" ref={list} aria-label="Elements of the map" onKeyDown={onKeyDown}>
      {nodes.map(({ node }, index) => (
        <li key={node.id}>
          <button
            type="button" tabIndex={index === active ? 0 : -1}
            onFocus={() => { setCurrent(index); onFocus(node.id); }}
            onBlur={() => onFocus("")}
            onClick={() => onSelect(node.id)}
          >
            {`${node.name}, ${node.kind}, ${titleOf(node.namespace)}: ${formatBytes(node.sentBytes)} sent, ` +
              `${formatBytes(node.receivedBytes)} received, ${plural(scene.incident.get(node.id)?.length ?? 0, "connection")}`}
          </button>
        </li>
      ))}
    </ul>
  );
}
