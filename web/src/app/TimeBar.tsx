import { useState } from "react";
import type { FormEvent } from "react";
import type { FeedData } from "../api/feed";
import { formatBytes, formatCount, formatRange, formatRate, formatSeconds, parseTime } from "../model/format";
import { scopes, windows } from "../model/urlState";
import type { ConsoleState, Scope } from "../model/urlState";

interface Props {
  state: ConsoleState;
  data: FeedData;
  onChange: (change: Partial<ConsoleState>) => void;
}

/** The time range, what it holds in total, and how the map is drawn. */
export function TimeBar({ state, data, onChange }: Props) {
  const { graph, status } = data;
  const isReplay = status?.mode === "replay";
  const [isCustom, setCustom] = useState(false);
  const isFixed = state.from !== "" || state.to !== "";
  const inForce = isFixed ? "" : state.window || (isReplay ? "all" : "15m");
  const relative = (window: string) => {
    setCustom(false);
    onChange({ from: "", to: "", window, live: true });
  };
  const pause = () => onChange(graph ? { from: graph.from, to: graph.to, window: "", live: false } : { live: false });
  return (
    <section className="timebar" aria-label="Time range and totals">
      <div className="segmented small" role="group" aria-label="Time range">
        {isReplay && <button type="button" aria-pressed={inForce === "all"} onClick={() => relative("")}>All</button>}
        {windows.map((window) => (
          <button key={window} type="button" aria-pressed={inForce === window} onClick={() => relative(isReplay || window !== "15m" ? window : "")}>{window}</button>
        ))}
        <button type="button" aria-pressed={isFixed} aria-expanded={isCustom} onClick={() => setCustom(!isCustom)}>Custom</button>
      </div>
      {!isReplay && (state.live && !isFixed
        ? <button type="button" onClick={pause}>❚❚ Pause</button>
        : <button type="button" className="primary" onClick={() => relative("")}>▶ Go live</button>)}
      {isCustom && <CustomRange from={graph?.from ?? ""} to={graph?.to ?? ""} onApply={(from, to) => onChange({ from, to, window: "", live: false })} />}
      {graph && (
        <p className="totals" title={`A flow that is seen at both of its ends is counted once, as its source saw it; ${formatCount(graph.totals.countedTwiceAvoided)} second views are set aside.`}>
          <b>{formatBytes(graph.totals.bytes)}</b> in <b>{formatCount(graph.totals.flows)}</b> flows
          <span className="muted"> · {formatRate(graph.seconds > 0 ? graph.totals.bytes / graph.seconds : 0)} · {formatSeconds(graph.seconds)} · {formatRange(graph.from, graph.to)}</span>
          <span className="muted counted-once"> · each flow counted once</span>
        </p>
      )}
      {state.view === "map" && (
        <>
          <label className="scope">
            <span className="offscreen">Elements are</span>
            <select value={state.scope} onChange={(event) => onChange({ scope: event.target.value as Scope, sel: "" })}>
              {scopes.map((scope) => <option key={scope} value={scope}>by {scope}</option>)}
            </select>
          </label>
          <div className="segmented small" role="group" aria-label="Show as">
            <button type="button" aria-pressed={state.as === "map"} onClick={() => onChange({ as: "map" })}>Map</button>
            <button type="button" aria-pressed={state.as === "table"} onClick={() => onChange({ as: "table" })}>Table</button>
          </div>
        </>
      )}
    </section>
  );
}

/** The value of a datetime-local input: local time without a zone. */
function localValue(text: string): string {
  const time = parseTime(text);
  if (Number.isNaN(time)) return "";
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function CustomRange({ from, to, onApply }: { from: string; to: string; onApply: (from: string, to: string) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const start = new Date(String(form.get("from")));
    const end = new Date(String(form.get("to")));
    if (!Number.isNaN(start.getTime()) && !Number.isNaN(end.getTime()) && start < end) onApply(start.toISOString(), end.toISOString());
  };
  return (
    <form className="custom-range" onSubmit={submit}>
      <label>From <input type="datetime-local" name="from" step="1" defaultValue={localValue(from)} required /></label>
      <label>To <input type="datetime-local" name="to" step="1" defaultValue={localValue(to)} required /></label>
      <button type="submit" className="primary">Show</button>
    </form>
  );
}
