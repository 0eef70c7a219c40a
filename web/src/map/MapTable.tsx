import { useState } from "react";
import type { Graph, GraphEdge, GraphNode } from "../api/types";
import { formatBytes, formatCount, formatRate } from "../model/format";
import { KindIcon } from "./KindIcon";
import { titleOf } from "./layout";

type Column = "source" | "target" | "forward" | "backward" | "rate" | "flows";

const value: Record<Column, (edge: GraphEdge) => string | number> = {
  source: (edge) => edge.source,
  target: (edge) => edge.target,
  forward: (edge) => edge.forward.bytes,
  backward: (edge) => edge.backward.bytes,
  rate: (edge) => edge.bytes,
  flows: (edge) => edge.flows,
};

/** The same edges as the map, as a table. */
export function MapTable({ graph, selected, onSelect }: { graph: Graph; selected: string; onSelect: (id: string) => void }) {
  const [sort, setSort] = useState<{ column: Column; isAscending: boolean }>({ column: "rate", isAscending: false });
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const of = value[sort.column];
  const edges = [...graph.edges].sort((a, b) => {
    const order = of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : a.id < b.id ? -1 : 1;
    return sort.isAscending ? order : -order;
  });
  const header = (column: Column, title: string, isNumber: boolean) => (
    <th
      scope="col" className={isNumber ? "number" : undefined}
      aria-sort={sort.column === column ? (sort.isAscending ? "ascending" : "descending") : "none"}
    >
      <button
        type="button"
        onClick={() => setSort({ column, isAscending: sort.column === column ? !sort.isAscending : !isNumber })}
      >
        {title}{sort.column === column ? (sort.isAscending ? " ▲" : " ▼") : ""}
      </button>
    </th>
  );
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Connections as a table">
      <table className="data-table" id="edges">
        <caption className="offscreen">Who talks to whom, each flow counted once</caption>
        <thead>
          <tr>
            {header("source", "Source", false)}
            {header("target", "Destination", false)}
            <th scope="col">Ports</th>
            <th scope="col">Services</th>
            {header("forward", "Bytes →", true)}
            {header("backward", "Bytes ←", true)}
            {header("rate", "Rate", true)}
            {header("flows", "Flows", true)}
          </tr>
        </thead>
        <tbody>
          {edges.map((edge) => (
            <tr key={edge.id} className={edge.id === selected ? "selected" : undefined} data-edge={edge.id}>
              <td><button type="button" className="cell-button" onClick={() => onSelect(edge.id)}><NodeName node={nodes.get(edge.source)} id={edge.source} /></button></td>
              <td><NodeName node={nodes.get(edge.target)} id={edge.target} /></td>
              <td>{edge.ports.slice(0, 3).map((port) => `${port.transport}/${port.port}`).join(", ")}{edge.ports.length > 3 ? ` +${edge.ports.length - 3}` : ""}</td>
              <td>{edge.services.join(", ")}</td>
              <td className="number">{formatBytes(edge.forward.bytes)}</td>
              <td className="number">{formatBytes(edge.backward.bytes)}</td>
              <td className="number">{formatRate(edge.bytesPerSecond)}</td>
              <td className="number">{formatCount(edge.flows)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function NodeName({ node, id }: { node: GraphNode | undefined; id: string }) {
  if (!node) return <>{id}</>;
  return (
    <span className="node-name">
      <KindIcon kind={node.kind} />
      <span className="muted">{titleOf(node.namespace)}/</span>
      <b>{node.name}</b>
    </span>
  );
}
