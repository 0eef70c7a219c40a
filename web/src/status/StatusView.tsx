import type { Status } from "../api/types";
import { findings } from "../model/findings";
import { formatBytes, formatCount, formatDateTime, formatSeconds, words } from "../model/format";

/** How far the answers can be trusted: what was seen, what was lost, what is kept, who is known. */
export function StatusView({ status }: { status: Status }) {
  const list = findings(status);
  return (
    <div className="status" tabIndex={0} role="region" aria-label="Status">
      <h2 className="offscreen">Findings</h2>
      {list.length === 0 && <p className="finding good"><b>✓ Nothing was lost.</b> Every packet seen was metered and every flow stored.</p>}
      {list.map((finding) => (
        <div key={finding.title} className={`finding ${finding.level}`}>
          <b>{finding.level === "bad" ? "✕ Loss: " : finding.level === "warn" ? "! " : "i "}{finding.title}</b>
          <p>{finding.advice}</p>
        </div>
      ))}
      <div className="cards">
        <StoreCard status={status} />
        <ClusterCard status={status} />
        <MeteringCard status={status} />
        <AttributionCard status={status} />
      </div>
      <Points status={status} />
      <p className="muted">podsight {status.version}, {status.mode === "replay" ? "replaying a recording" : "live"}, started {formatDateTime(status.started)}</p>
    </div>
  );
}

function Facts({ rows }: { rows: [string, string][] }) {
  return <dl className="fact-list">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function StoreCard({ status: { store } }: { status: Status }) {
  return (
    <section className="card">
      <h2>Store</h2>
      <Facts rows={[
        ["Flow reports", formatCount(store.flows)],
        ["From", formatDateTime(store.oldest)],
        ["To", formatDateTime(store.newest)],
        ["Size", `${formatBytes(store.bytes)}${store.bytesMax > 0 ? ` of ${formatBytes(store.bytesMax)}` : ""}`],
        ["Kept for", store.retentionSeconds > 0 ? formatSeconds(store.retentionSeconds) : "as long as it fits"],
        ["Write failures", formatCount(store.writeFailures)],
        ["Reports not stored", formatCount(store.flowsNotStored)],
      ]} />
      <p className="muted mono">{store.path}</p>
    </section>
  );
}

/** Every counter of metering that the server gives, known to this console or not. */
function MeteringCard({ status: { metering, capture } }: { status: Status }) {
  const counters = Object.entries({ ...capture.totals, ...metering }).flatMap(([name, count]): [string, string][] =>
    typeof count === "number" ? [[words(name), formatCount(count)]] : []);
  return (
    <section className="card">
      <h2>Metering</h2>
      <Facts rows={counters} />
    </section>
  );
}

function ClusterCard({ status: { cluster, translations, mode } }: { status: Status }) {
  const connected = mode === "replay" && cluster.source !== "none" ? "replayed" : "no";
  const objects = Object.entries(cluster.objects).sort((a, b) => b[1] - a[1]);
  return (
    <section className="card">
      <h2>Cluster</h2>
      <Facts rows={[
        ["Connected", cluster.connected ? "yes" : connected],
        ["Source", cluster.source],
        ["Pods, services", `${formatCount(cluster.pods)}, ${formatCount(cluster.services)}`],
        ["Last event", formatDateTime(cluster.lastEvent)],
        ["Gaps, errors", `${formatCount(cluster.gaps)}, ${formatCount(cluster.errors)}`],
        ["Translations", `${formatCount(translations.known)} from ${translations.source}`],
      ]} />
      {cluster.message && <p className="muted">{cluster.message}</p>}
      {objects.length > 0 && <p className="muted">{objects.map(([kind, count]) => `${formatCount(count)} ${kind}`).join(" · ")}</p>}
    </section>
  );
}

const unsureBases = new Set(["unknown", "ambiguous"]);

function AttributionCard({ status: { attribution } }: { status: Status }) {
  const entries = Object.entries(attribution).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return (
    <section className="card">
      <h2>Attribution</h2>
      <p className="muted">On what evidence each of {formatCount(total)} ends was named</p>
      <ul className="bars">
        {entries.map(([basis, count]) => (
          <li key={basis} className={unsureBases.has(basis) ? "unsure-bar" : undefined}>
            <span>{words(basis)}</span>
            <span className="number">{formatCount(count)} <span className="muted">{((100 * count) / total).toFixed(1)} %</span></span>
            <progress max={total} value={count} aria-label={`${words(basis)} ${count} of ${total}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Points({ status: { capture } }: { status: Status }) {
  const malformed = (reasons: Record<string, number>) => Object.values(reasons).reduce((sum, count) => sum + count, 0);
  // Losses first: a point without any is not news.
  const points = [...capture.points].sort((a, b) => b.dropped - a.dropped || malformed(b.malformed) - malformed(a.malformed) || b.packets - a.packets);
  return (
    <section className="card wide">
      <h2>Observation points</h2>
      <div className="table-wrap" tabIndex={0} role="region" aria-label="Observation points">
        <table className="data-table">
          <thead>
            <tr>
              <th scope="col">Name</th><th scope="col">Interface</th><th scope="col">Node</th>
              <th scope="col" className="number">Packets</th><th scope="col" className="number">Bytes</th>
              <th scope="col" className="number">Metered</th><th scope="col" className="number">Not IP</th>
              <th scope="col" className="number">Malformed</th><th scope="col" className="number">Dropped</th>
            </tr>
          </thead>
          <tbody>
            {points.map((point) => (
              <tr key={`${point.name} ${point.interface}`}>
                <th scope="row">{point.name}</th>
                <td>{point.interface}</td>
                <td>{point.node}</td>
                <td className="number">{formatCount(point.packets)}</td>
                <td className="number">{formatBytes(point.bytes)}</td>
                <td className="number">{formatCount(point.metered)}</td>
                <td className="number">{formatCount(point.notIP)}</td>
                <td className="number" title={Object.entries(point.malformed).map(([reason, count]) => `${reason}: ${count}`).join(", ")}>{formatCount(malformed(point.malformed))}</td>
                <td className={point.dropped > 0 ? "number loss" : "number"}>{formatCount(point.dropped)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="muted">Every packet is accounted for: packets = metered + not IP + malformed; dropped packets never reached us.</p>
    </section>
  );
}
