import { useEffect, useState } from "react";
import type { FormEvent } from "react";
import { getOwner } from "../api/client";
import type { AddressReport, OwnerInterval, OwnerSpan } from "../api/types";
import { formatDateTime, words } from "../model/format";
import { isCurrent, ownerFilter, ownerName, spanText } from "../model/owners";

interface Props {
  ip: string;
  at: string;
  onAsk: (ip: string, at: string) => void;
  onShowFlows: (filter: string) => void;
}

/** Who had this address, then; and everyone who ever had it. */
export function OwnersView({ ip, at, onAsk, onShowFlows }: Props) {
  const [report, setReport] = useState<AddressReport | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    setReport(null);
    setError("");
    if (ip === "") return undefined;
    const abort = new AbortController();
    getOwner(ip, at, abort.signal).then(setReport, (failure: Error) => {
      if (!abort.signal.aborted) setError(failure.message);
    });
    return () => abort.abort();
  }, [ip, at]);
  return (
    <div className="owners" tabIndex={0} role="region" aria-label="Addresses">
      <h2>Who had this address?</h2>
      <QuestionForm ip={ip} at={at} error={error} onAsk={onAsk} />
      {report && <Answer report={report} onShowFlows={onShowFlows} />}
      {report?.intervals && report.intervals.length > 0 && <Intervals report={report} intervals={report.intervals} onAsk={onAsk} ip={ip} />}
    </div>
  );
}

function QuestionForm({ ip, at, error, onAsk }: Pick<Props, "ip" | "at" | "onAsk"> & { error: string }) {
  const [address, setAddress] = useState(ip);
  const [time, setTime] = useState(at);
  useEffect(() => setAddress(ip), [ip]);
  useEffect(() => setTime(at), [at]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAsk(address.trim(), time.trim());
  };
  return (
    <form className="owner-form" onSubmit={submit} role="search" aria-label="Address and time">
      <label>Address
        <input name="ip" value={address} onChange={(event) => setAddress(event.target.value)} placeholder="172.17.0.9 or 10.96.0.10:53" autoComplete="off" spellCheck={false} aria-invalid={error ? true : undefined} aria-describedby={error ? "owner-error" : undefined} />
      </label>
      <label>Time
        <input name="at" value={time} onChange={(event) => setTime(event.target.value)} placeholder="now, 5m (ago), 2026-11-21T01:36:00Z" autoComplete="off" spellCheck={false} />
      </label>
      <button type="submit" className="primary">Ask</button>
      {error && <p id="owner-error" className="finding bad" role="alert">{error}</p>}
    </form>
  );
}

function Answer({ report, onShowFlows }: { report: AddressReport; onShowFlows: (filter: string) => void }) {
  const { identity, candidates, certainty } = report;
  const level = { certain: "good", uncertain: "warn", ambiguous: "warn", unknown: "info" }[certainty];
  const rows: [string, string][] = [["At", formatDateTime(report.at)]];
  if (identity) {
    if (identity.workload) rows.push(["Workload", `${identity.workload.kind} ${identity.workload.name}`]);
    if (identity.kind === "pod") rows.push(["Services then", identity.services.join(", ") || "none"]);
    if (identity.node && identity.kind !== "node") rows.push(["Node", identity.node]);
    if (identity.uid) rows.push(["UID", identity.uid]);
    rows.push(["Had it", spanText(report)]);
  }
  rows.push(["Basis", words(report.basis)], ["Before", neighbour(report.previous)], ["After", neighbour(report.next)]);
  const others = (report.holders ?? []).filter((holder) => holder.identity.uid !== identity?.uid);
  if (others.length > 0) rows.push(["Shared with", others.map((holder) => ownerName(holder.identity)).join(", ")]);
  const filter = identity ? ownerFilter(identity) : "";
  return (
    <section className="card owner-answer" aria-label="Answer">
      <h3 className="owner-name">{identity ? ownerName(identity) : candidates.length > 0 ? candidates.map(ownerName).join(" or ") : "Nobody known"}</h3>
      <p className={`finding ${level}`}><b>{words(certainty)}</b>{report.reason ? `: ${report.reason}` : ""}</p>
      <dl className="fact-list">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      {filter && <p><button type="button" className="link" onClick={() => onShowFlows(filter)}>Show its flows</button></p>}
    </section>
  );
}

function neighbour(span: OwnerSpan | null): string {
  return span ? `${ownerName(span.identity)}, ${spanText(span)}` : "nobody known";
}

function Intervals({ report, intervals, ip, onAsk }: { report: AddressReport; intervals: OwnerInterval[]; ip: string; onAsk: (ip: string, at: string) => void }) {
  return (
    <section className="card" aria-label="All owners">
      <h3>Everyone who had it</h3>
      <div className="table-wrap" tabIndex={0} role="region" aria-label="All owners of the address">
        <table className="data-table">
          <thead>
            <tr><th scope="col">Owner</th><th scope="col">From</th><th scope="col">Until</th><th scope="col">How</th><th scope="col">UID</th></tr>
          </thead>
          <tbody>
            {intervals.map((interval) => (
              <tr key={`${interval.identity.uid} ${interval.from}`} className={isCurrent(interval, report.at) ? "selected" : undefined}>
                <th scope="row"><button type="button" className="link" onClick={() => onAsk(ip, interval.from ?? report.at)}>{ownerName(interval.identity)}</button></th>
                <td>{interval.from ? formatDateTime(interval.from) : "always"}{interval.fromCertain ? "" : " (listed)"}</td>
                <td>{interval.until ? formatDateTime(interval.until) : "still"}{interval.untilCertain ? "" : " (inferred)"}</td>
                <td>{words(interval.holding)}</td>
                <td className="mono">{interval.identity.uid}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
