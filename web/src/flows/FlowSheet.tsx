import { useEffect, useRef } from "react";
import type { KeyboardEvent } from "react";
import type { EndAttribution, Flow, FlowEnd } from "../api/types";
import { endName, term } from "../model/filter";
import { formatBytes, formatCount, formatDateTime, formatNanoseconds, words } from "../model/format";
import { troubles } from "../model/trouble";
import { FlowAnalysis } from "./FlowAnalysis";

interface Props {
  flow: Flow;
  onClose: () => void;
  onTerm: (term: string, isExcluded: boolean) => void;
}

/** Everything about one flow report. */
export function FlowSheet({ flow, onClose, onTerm }: Props) {
  const sheet = useRef<HTMLDivElement>(null);
  const opener = useRef<Element | null>(null);
  useEffect(() => {
    opener.current = document.activeElement;
    sheet.current?.focus();
    return () => {
      if (opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus();
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
  };
  const { network, podsight, event } = flow;
  const trouble = troubles(flow).filter(({ isMild }) => !isMild).map(({ text }) => text).join(" · ");
  const title = `${endName(flow.source, flow.podsight?.attribution?.source).name || flow.source.ip} → ${endName(flow.destination, flow.podsight?.attribution?.destination).name || flow.destination.ip}`;
  return (
    <div className="sheet" role="dialog" aria-label="Flow" tabIndex={-1} ref={sheet} onKeyDown={onKeyDown}>
      <button type="button" className="icon-button close" aria-label="Close flow" onClick={onClose}>×</button>
      <p className="eyebrow">{(network.transport ?? "").toUpperCase()} · {network.direction ?? ""}</p>
      <h2>{title}</h2>
      <p className="muted">{formatDateTime(event.start)} · {formatNanoseconds(event.duration ?? 0)} · {words(podsight?.direction_evidence ?? "unknown")}{event.reason ? ` · ${event.reason}` : ""}</p>
      {trouble && <p className="trouble">▲ {trouble}</p>}
      <div className="ends">
        <EndCard title="Source" end={flow.source} attribution={podsight?.attribution?.source} flags={podsight?.tcp?.source_flags} />
        <EndCard title="Destination" end={flow.destination} attribution={podsight?.attribution?.destination} flags={podsight?.tcp?.destination_flags} />
      </div>
      <FlowAnalysis flow={flow} />
      {network.community_id && (
        <p className="ports">
          <span className="muted">Community ID </span>
          <button type="button" className="link mono" onClick={() => onTerm(term("community_id", network.community_id ?? ""), false)}>{network.community_id}</button>
        </p>
      )}
      <p className="muted">Observed at {flow.observer?.name ?? "?"}{podsight?.side ? `, the ${podsight.side}'s side` : ""}; report {formatCount(event.sequence ?? 0)} of this flow.</p>
      <h3>Record (ECS)</h3>
      <pre className="record" tabIndex={0} aria-label="ECS document">{JSON.stringify(flow, null, 2)}</pre>
    </div>
  );
}

function EndCard({ title, end, attribution, flags }: { title: string; end: FlowEnd; attribution: EndAttribution | undefined; flags: string | undefined }) {
  const kubernetes = end.kubernetes;
  const before = end.orig_ip;
  const beforePort = end.orig_port;
  const rows: [string, string][] = [];
  const add = (name: string, value: string | undefined) => {
    if (value) rows.push([name, value]);
  };
  add("Address", end.port === undefined ? end.ip : `${end.ip}:${end.port}`);
  add("Domain", end.domain);
  if (before) add("Before NAT", beforePort === undefined ? before : `${before}:${beforePort}`);
  add("Namespace", kubernetes?.namespace);
  add("Workload", kubernetes?.workload ? `${kubernetes.workload.kind ?? ""} ${kubernetes.workload.name ?? ""}`.trim() : undefined);
  add("Pod", kubernetes?.pod?.name);
  add("UID", kubernetes?.pod?.uid);
  add("Service", kubernetes?.service?.name);
  add("Node", kubernetes?.node?.name);
  add("Labels", kubernetes?.labels ? Object.entries(kubernetes.labels).map(([key, value]) => `${key}=${value}`).join(" ") : undefined);
  add("Sent", `${formatBytes(end.bytes ?? 0)}, ${formatCount(end.packets ?? 0)} packets`);
  add("TCP flags", flags);
  add("Known by", attribution ? words(attribution.basis) : undefined);
  add("Reason", attribution?.reason);
  add("Could be", attribution?.candidates?.join(", "));
  return (
    <section className="end-card">
      <h3>{title}</h3>
      <dl>{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}
