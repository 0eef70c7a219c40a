import { memo } from "react";
import type { MouseEvent } from "react";
import type { EndAttribution, Flow, FlowEnd } from "../api/types";
import { KindIcon } from "../map/KindIcon";
import { endName, term } from "../model/filter";
import { troubles } from "../model/trouble";
import { formatBytes, formatClock, formatCount, formatNanoseconds, words } from "../model/format";
import { rowHeight } from "./windowing";

interface Props {
  flow: Flow;
  index: number;
  isActive: boolean;
  isOpen: boolean;
  onClick: (event: MouseEvent, flow: Flow) => void;
}

export const FlowRow = memo(function FlowRow({ flow, index, isActive, isOpen, onClick }: Props) {
  const { source, destination, network, podsight } = flow;
  const attribution = podsight?.attribution;
  return (
    <div
      role="row" aria-rowindex={index + 2} className={isOpen ? "flow-row flow-grid open" : "flow-row flow-grid"}
      tabIndex={isActive ? 0 : -1} style={{ top: index * rowHeight }} onClick={(event) => onClick(event, flow)}
    >
      <span role="cell" className="time" title={flow["@timestamp"]}>{formatClock(flow["@timestamp"])}</span>
      <End end={source} prefix="src." attribution={attribution?.source} />
      <End end={destination} prefix="dst." attribution={attribution?.destination} />
      <Protocol flow={flow} />
      <span role="cell" className="number">{formatBytes(source.bytes ?? 0)}</span>
      <span role="cell" className="number">{formatBytes(destination.bytes ?? 0)}</span>
      <span role="cell" className="number">{formatCount(network.packets ?? 0)}</span>
      <span role="cell" className="number">{formatNanoseconds(flow.event.duration ?? 0)}</span>
      <span role="cell" className="stacked">
        <span>{words(podsight?.direction_evidence ?? "unknown")}</span>
        <Basis source={attribution?.source} destination={attribution?.destination} />
      </span>
      <span role="cell" className="clipped"><Value term={term("observer", flow.observer?.name ?? "")}>{flow.observer?.name ?? ""}</Value></span>
    </div>
  );
});

function Value({ term: text, children }: { term: string; children: React.ReactNode }) {
  return <button type="button" className="value" tabIndex={-1} data-term={text} title={`${text} (Alt or Shift: exclude)`}>{children}</button>;
}

/** The protocol, and under it what went wrong or what it carries. */
function Protocol({ flow }: { flow: Flow }) {
  const { network } = flow;
  const list = troubles(flow);
  const worst = list[0];
  return (
    <span role="cell" className="stacked">
      <span><Value term={term("proto", network.transport ?? network.iana_number ?? "")}>{(network.transport ?? network.iana_number ?? "?").toUpperCase()}</Value></span>
      {worst ? (
        <span className={worst.isMild ? "address" : "trouble"} title={list.map(({ text }) => text).join(", ")}>
          {!worst.isMild && <span aria-hidden="true">▲ </span>}<Value term={worst.term}>{worst.text}</Value>{list.length > 1 && ` +${list.length - 1}`}
        </span>
      ) : network.protocol && <span className="address">{words(network.protocol)}</span>}
    </span>
  );
}

function End({ end, prefix, attribution }: { end: FlowEnd; prefix: "src." | "dst."; attribution: EndAttribution | undefined }) {
  const { namespace, name, kind, field } = endName(end, attribution);
  const isUnsure = attribution?.basis === "unknown" || attribution?.basis === "ambiguous";
  const service = prefix === "dst." ? end.kubernetes?.service?.name : undefined;
  const original = end.orig_ip;
  const originalPort = end.orig_port;
  return (
    <span role="cell" className="stacked">
      <span className="end-name">
        {name ? (
          <>
            <KindIcon kind={kind} />
            {namespace && <Value term={term(`${prefix}ns`, namespace)}><span className="muted">{namespace}/</span></Value>}
            <Value term={[...(namespace ? [term(`${prefix}ns`, namespace)] : []), term(`${prefix}${field}`, name)].join(" ")}><b>{name}</b></Value>
          </>
        ) : (
          <span className={isUnsure ? "unsure" : "muted"} title={attribution?.reason}>
            {isUnsure ? `${attribution?.basis}${attribution?.reason ? `: ${attribution.reason}` : ""}` : words(attribution?.basis ?? "address only")}
          </span>
        )}
      </span>
      <span className="address">
        <Value term={term(`${prefix}ip`, end.ip)}>{end.ip}</Value>
        {end.port !== undefined && <>:<Value term={term(`${prefix}port`, end.port)}>{end.port}</Value></>}
        {original && <span className="via" title={`Translated: ${original}:${originalPort ?? ""} on the other side`}> {service ? `via ${service} ` : "was "}{original}</span>}
        {!original && service && <span className="via"> service {service}</span>}
      </span>
    </span>
  );
}

function Basis({ source, destination }: { source: EndAttribution | undefined; destination: EndAttribution | undefined }) {
  const name = (end: EndAttribution | undefined) => (end?.basis ?? "unknown").replace(/_/g, " ");
  return <span className="address" title={`attributed by: ${name(source)} → ${name(destination)}`}>{name(source)} → {name(destination)}</span>;
}
