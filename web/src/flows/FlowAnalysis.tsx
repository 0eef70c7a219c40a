import type { ReactNode } from "react";
import type { DNSReport, Exchanges, Flow, HTTPReport, TCPCounts, TCPQuality } from "../api/types";
import { formatBytes, formatCount, formatNanoseconds, plural, words } from "../model/format";

/** What analysis found in one flow report; nothing where it found nothing. */
export function FlowAnalysis({ flow }: { flow: Flow }) {
  const { tcp, exchanges, dns, http, tunnel, super_packets: superPackets } = flow.podsight ?? {};
  return (
    <>
      {tcp?.state && <Connection tcp={tcp} />}
      {exchanges && exchanges.count > 0 && <Latencies exchanges={exchanges} />}
      {dns && <DNS report={dns} />}
      {http && <HTTP report={http} />}
      {tunnel && <p className="muted">In a {words(tunnel.kind)} tunnel{tunnel.id > 0 ? ` ${tunnel.id}` : ""} from {tunnel.source} to {tunnel.destination}.</p>}
      {superPackets !== undefined && (
        <p className="muted">{plural(superPackets, "frame")} stood for several segments and {superPackets === 1 ? "counts" : "count"} as one packet each: the capture does not say how many.</p>
      )}
    </>
  );
}

function Section({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  return (
    <section className="finding-card">
      <h3>{title} <span className="muted">{note}</span></h3>
      {children}
    </section>
  );
}

const counts: [title: string, text: (counts: TCPCounts) => string, isTrouble: (counts: TCPCounts) => boolean][] = [
  ["Payload", (counts) => formatBytes(counts.payload_bytes), () => false],
  ["Sent again", (counts) => formatCount(counts.retransmitted), (counts) => counts.retransmitted > 0],
  ["Out of order", (counts) => formatCount(counts.out_of_order), () => false],
  ["Lost", (counts) => formatCount(counts.lost), (counts) => counts.lost > 0],
  ["Zero windows", (counts) => formatCount(counts.zero_windows), (counts) => counts.zero_windows > 0],
  ["Resets", (counts) => formatCount(counts.resets), (counts) => counts.resets > 0],
];

function Connection({ tcp }: { tcp: TCPQuality }) {
  const { source, destination, handshake_rtt: roundTrip } = tcp;
  const half = (end: string, time: number | undefined) => (time === undefined ? "" : ` · ${formatNanoseconds(time)} to the ${end}`);
  return (
    <Section title="Connection" note={words(tcp.state ?? "")}>
      {roundTrip !== undefined && (
        <p>Handshake {formatNanoseconds(roundTrip)}<span className="muted">{half("source", source?.handshake_rtt)}{half("destination", destination?.handshake_rtt)}</span></p>
      )}
      {source && destination && (
        <table className="plain-table">
          <thead><tr><td />{counts.map(([title]) => <th key={title} scope="col" className="number">{title}</th>)}</tr></thead>
          <tbody>
            {([["Source", source], ["Destination", destination]] as const).map(([name, end]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {counts.map(([title, text, isTrouble]) => <td key={title} className={isTrouble(end) ? "number trouble" : "number"}>{text(end)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function Latencies({ exchanges: { count, latency } }: { exchanges: Exchanges }) {
  if (!latency) return null;
  const facts: [string, number][] = [["Median", latency.p50], ["90 %", latency.p90], ["99 %", latency.p99], ["Longest", latency.max]];
  return (
    <Section title="Exchanges" note={`${plural(count, "request")} answered`}>
      <Histogram values={latency.histogram.values} counts={latency.histogram.counts} />
      <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{formatNanoseconds(value)}</dd></div>)}</dl>
    </Section>
  );
}

/** Bars over a logarithmic axis of time. */
function Histogram({ values, counts }: { values: number[]; counts: number[] }) {
  const shortest = values[0];
  const longest = values[values.length - 1];
  if (shortest === undefined || longest === undefined || values.length < 2) return null;
  const most = Math.max(...counts);
  const place = (value: number) => Math.log(Math.max(1, value));
  const span = place(longest) - place(shortest) || 1;
  return (
    <div className="histogram">
      <svg viewBox="0 0 400 40" preserveAspectRatio="none" role="img" aria-label={`Latencies from ${formatNanoseconds(shortest)} to ${formatNanoseconds(longest)}`}>
        {values.map((value, index) => {
          const height = Math.max(2, (40 * (counts[index] ?? 0)) / most);
          return <rect key={value} x={(392 * (place(value) - place(shortest))) / span} y={40 - height} width={8} height={height} rx={1} />;
        })}
      </svg>
      <p className="muted"><span>{formatNanoseconds(shortest)}</span><span>{formatNanoseconds(longest)}</span></p>
    </div>
  );
}

function omittedNote(omitted: number): ReactNode {
  return omitted > 0 && <p className="muted">{formatCount(omitted)} more were counted, not kept.</p>;
}

const time = (latency: number | undefined) => (latency === undefined ? "–" : formatNanoseconds(latency));

function DNS({ report }: { report: DNSReport }) {
  return (
    <Section title="DNS" note={`${plural(report.queries, "query", "queries")}, ${plural(report.failures, "failure")}`}>
      <Rows
        titles={["Name", "Type", "Code", "Time", "Answers"]} long={["Name", "Answers"]}
        rows={(report.exchanges ?? []).map(({ name, type, code, latency, answers }) => [
          name ?? "?", type, <Code key="code" text={code ?? "no answer"} isTrouble={code !== "NOERROR"} />, time(latency), (answers ?? []).join(" "),
        ])}
      />
      {omittedNote(report.omitted)}
    </Section>
  );
}

function HTTP({ report }: { report: HTTPReport }) {
  const classes = Object.entries(report.responses).filter(([, count]) => count > 0).map(([name, count]) => `${formatCount(count)} × ${name}`);
  return (
    <Section title="HTTP" note={[plural(report.requests, "request"), ...classes].join(", ")}>
      <Rows
        titles={["Method", "Host and path", "Status", "Time"]} long={["Host and path"]}
        rows={(report.exchanges ?? []).map(({ method, host, path, status, latency }) => [
          method ?? "?", `${host ?? ""}${path ?? ""}` || "?", <Code key="status" text={String(status ?? "no answer")} isTrouble={status === undefined || status >= 400} />, time(latency),
        ])}
      />
      {omittedNote(report.omitted)}
    </Section>
  );
}

function Code({ text, isTrouble }: { text: string; isTrouble: boolean }) {
  return <span className={isTrouble ? "trouble" : undefined}>{text}</span>;
}

/** Exchanges in the order in which they were complete; two may be alike, so that only their place tells them apart. */
function Rows({ titles, long, rows }: { titles: string[]; long: string[]; rows: ReactNode[][] }) {
  if (rows.length === 0) return null;
  return (
    <table className="plain-table">
      <thead><tr>{titles.map((title) => <th key={title} scope="col">{title}</th>)}</tr></thead>
      <tbody>
        {rows.map((cells, row) => (
          <tr key={row}>{titles.map((title, column) => <td key={title} className={long.includes(title) ? "long" : undefined}>{cells[column]}</td>)}</tr>
        ))}
      </tbody>
    </table>
  );
}
