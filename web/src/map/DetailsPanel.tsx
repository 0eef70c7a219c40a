import type { Graph, GraphEdge, GraphNode } from "../api/types";
import { edgeFilter, nodeFilter } from "../model/filter";
import { formatBytes, formatCount, formatDateTime, formatRate, plural } from "../model/format";
import { titleOf } from "./layout";
import { NodeName } from "./MapTable";

interface Props {
  graph: Graph;
  selected: string;
  onSelect: (id: string) => void;
  onShowFlows: (filter: string) => void;
  onFilter: (filter: string) => void;
}

/** What is known of the selected node or connection. */
export function DetailsPanel(props: Props) {
  const { graph, selected, onSelect } = props;
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const node = nodes.get(selected);
  const edge = graph.edges.find((candidate) => candidate.id === selected);
  return (
    <aside className="details" aria-label="Details">
      <button type="button" className="icon-button close" aria-label="Close details" onClick={() => onSelect("")}>×</button>
      {node && <NodeDetails {...props} node={node} nodes={nodes} />}
      {edge && <EdgeDetails {...props} edge={edge} nodes={nodes} />}
      {!node && !edge && (
        <>
          <h2>Not in this picture</h2>
          <p className="muted">{selected} has no traffic in this time range and filter.</p>
        </>
      )}
    </aside>
  );
}

function NodeDetails({ graph, node, nodes, onSelect, onShowFlows, onFilter }: Props & { node: GraphNode; nodes: Map<string, GraphNode> }) {
  const calls = graph.edges.filter((edge) => edge.source === node.id);
  const callers = graph.edges.filter((edge) => edge.target === node.id);
  const ports = new Map<string, number>();
  for (const edge of callers) {
    for (const port of edge.ports) {
      const name = `${port.transport}/${port.port}`;
      ports.set(name, (ports.get(name) ?? 0) + port.bytes);
    }
  }
  const filter = nodeFilter(node);
  return (
    <>
      <p className="eyebrow">{node.kind} · {titleOf(node.namespace)}</p>
      <h2>{node.name}</h2>
      <dl className="facts">
        <div><dt>Sent</dt><dd>{formatBytes(node.sentBytes)}</dd></div>
        <div><dt>Received</dt><dd>{formatBytes(node.receivedBytes)}</dd></div>
        <div><dt>Flows</dt><dd>{formatCount(node.flows)}</dd></div>
        <div><dt>Pods</dt><dd>{node.pods > 0 ? node.pods : "–"}</dd></div>
      </dl>
      {ports.size > 0 && (
        <p className="ports">
          <span className="muted">Answers on </span>
          {[...ports].sort((a, b) => b[1] - a[1]).slice(0, 8).map(([name]) => <code key={name}>{name}</code>)}
        </p>
      )}
      <Actions filter={filter} onShowFlows={onShowFlows} onFilter={onFilter} />
      <Peers title="Calls" edges={calls} peer={(edge) => edge.target} nodes={nodes} onSelect={onSelect} />
      <Peers title="Called by" edges={callers} peer={(edge) => edge.source} nodes={nodes} onSelect={onSelect} />
    </>
  );
}

function EdgeDetails({ edge, nodes, onSelect, onShowFlows, onFilter }: Props & { edge: GraphEdge; nodes: Map<string, GraphNode> }) {
  const source = nodes.get(edge.source);
  const target = nodes.get(edge.target);
  return (
    <>
      <p className="eyebrow">Connection</p>
      <h2 className="edge-title">
        <button type="button" className="link" onClick={() => onSelect(edge.source)}>{source?.name ?? edge.source}</button>
        <span aria-label="to"> → </span>
        <button type="button" className="link" onClick={() => onSelect(edge.target)}>{target?.name ?? edge.target}</button>
      </h2>
      <dl className="facts">
        <div><dt>Bytes →</dt><dd>{formatBytes(edge.forward.bytes)}</dd></div>
        <div><dt>Bytes ←</dt><dd>{formatBytes(edge.backward.bytes)}</dd></div>
        <div><dt>Rate</dt><dd>{formatRate(edge.bytesPerSecond)}</dd></div>
        <div><dt>Flows</dt><dd>{formatCount(edge.flows)}</dd></div>
        <div><dt>Packets →</dt><dd>{formatCount(edge.forward.packets)}</dd></div>
        <div><dt>Packets ←</dt><dd>{formatCount(edge.backward.packets)}</dd></div>
      </dl>
      <p className="ports"><span className="muted">Ports </span>{edge.ports.map((port) => <code key={`${port.transport}${port.port}`}>{port.transport}/{port.port} · {formatBytes(port.bytes)}</code>)}</p>
      {edge.services.length > 0 && <p className="ports"><span className="muted">Through services </span>{edge.services.map((name) => <code key={name}>{name}</code>)}</p>}
      <p className="muted">Last seen {formatDateTime(edge.lastSeen)}</p>
      <Actions filter={edgeFilter(edge, nodes)} onShowFlows={onShowFlows} onFilter={onFilter} />
    </>
  );
}

function Actions({ filter, onShowFlows, onFilter }: { filter: string; onShowFlows: (filter: string) => void; onFilter: (filter: string) => void }) {
  if (filter === "") return null;
  return (
    <div className="actions">
      <button type="button" className="primary" onClick={() => onShowFlows(filter)}>Show flows</button>
      <button type="button" onClick={() => onFilter(filter)}>Filter to this</button>
    </div>
  );
}

function Peers({ title, edges, peer, nodes, onSelect }: {
  title: string;
  edges: GraphEdge[];
  peer: (edge: GraphEdge) => string;
  nodes: Map<string, GraphNode>;
  onSelect: (id: string) => void;
}) {
  if (edges.length === 0) return null;
  const sorted = [...edges].sort((a, b) => b.bytes - a.bytes);
  const most = sorted[0]?.bytes || 1;
  return (
    <section className="peers">
      <h3>{title} <span className="muted">{plural(edges.length, "peer")}</span></h3>
      <ul>
        {sorted.map((edge) => (
          <li key={edge.id}>
            <button type="button" onClick={() => onSelect(edge.id)}>
              <NodeName node={nodes.get(peer(edge))} id={peer(edge)} />
              <span className="amount">{formatBytes(edge.bytes)}</span>
              <progress max={1} value={edge.bytes / most} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
