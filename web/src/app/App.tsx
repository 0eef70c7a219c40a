import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { Feed } from "../api/feed";
import { FlowsView } from "../flows/FlowsView";
import { DetailsPanel } from "../map/DetailsPanel";
import { MapTable } from "../map/MapTable";
import { ServiceMap } from "../map/ServiceMap";
import { emptiness } from "../model/emptiness";
import { addTerm, cliCommand } from "../model/filter";
import { findings } from "../model/findings";
import { formatBytes, plural } from "../model/format";
import { formatURLState, frozenURLState } from "../model/urlState";
import { OwnersView } from "../owners/OwnersView";
import { StatusView } from "../status/StatusView";
import { Banner } from "./Banner";
import { EmptyState, WaitingState } from "./EmptyState";
import { EventLane } from "./EventLane";
import { FilterBar } from "./FilterBar";
import { Header } from "./Header";
import { markReady } from "./ready";
import { TimeBar } from "./TimeBar";
import { useTheme } from "./useTheme";
import { useURLState } from "./useURLState";

const feed = new Feed();
const titles = { map: "Service map", flows: "Flows", owners: "Addresses", status: "Status" };

export function App() {
  const [state, update] = useURLState();
  const theme = useTheme(state.theme);
  const data = useSyncExternalStore(feed.subscribe, feed.snapshot);
  const [notice, setNotice] = useState("");
  const { q, scope, from, to, window, live, view } = state;
  useEffect(() => {
    feed.show({ q, scope, from, to, window, live, flows: view === "flows" });
  }, [q, scope, from, to, window, live, view]);
  useEffect(() => {
    document.title = `${titles[view]} · Podsight`;
  }, [view]);
  useEffect(() => {
    if (notice === "") return undefined;
    const timer = setTimeout(() => setNotice(""), 2_500);
    return () => clearTimeout(timer);
  }, [notice]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && state.sel && !(event.target instanceof HTMLInputElement)) update({ sel: "" });
    };
    globalThis.addEventListener("keydown", onKey);
    return () => globalThis.removeEventListener("keydown", onKey);
  }, [state.sel, update]);

  const { status, graph } = data;
  const copy = useCallback((text: string, what: string) => {
    void copyText(text).then((isCopied) => setNotice(isCopied ? `${what} copied` : `Copying was refused: ${text}`));
  }, []);
  const addFilter = useCallback((term: string, isExcluded: boolean) => update({ q: addTerm(q, term, isExcluded) }), [q, update]);
  const nothing = status && graph && !data.loading ? emptiness(status, graph, q, data.unfiltered) : null;
  const link = () => `${location.origin}${location.pathname}${formatURLState(frozenURLState(state, graph))}`;
  const command = cliCommand(q, { from, to, window: window || (status?.mode === "replay" ? "" : "15m") });
  const isAboutFlows = view === "map" || view === "flows";
  const isWaiting = !status || (isAboutFlows && !graph);
  useEffect(() => {
    if (isWaiting ? data.error : nothing || view !== "map" || state.as === "table") markReady();
  }, [isWaiting, nothing, view, state.as, data.error]);

  const question = [q, scope, from, to, window, live].join("\n");
  const select = (sel: string) => update({ sel });
  const isMap = view === "map" && !nothing && graph !== null;
  return (
    <>
      <a className="skip" href="#content">Skip to content</a>
      <Header state={state} connection={data.connection} hasLoss={status ? findings(status).some((finding) => finding.level === "bad") : false} onChange={update} />
      {isAboutFlows && (
        <>
          <FilterBar q={q} error={data.error} command={command} onApply={(next) => update({ q: next, sel: "" })} onCopy={copy} link={link} />
          <TimeBar state={state} data={data} onChange={update} />
          {graph && <EventLane from={graph.from} to={graph.to} isMoving={live && status?.mode === "live"} onRange={(start, end) => update({ from: start, to: end, window: "", live: false })} />}
        </>
      )}
      <main id="content" className={data.error || data.connection.kind === "reconnecting" ? "content stale" : "content"} tabIndex={-1}>
        {status && <Banner status={status} onStatus={() => update({ view: "status" })} />}
        <div className="stage">
          {isWaiting && isAboutFlows && <WaitingState data={data} />}
          {!isWaiting && view === "status" && status && <StatusView status={status} />}
          {view === "owners" && <OwnersView ip={state.ip} at={state.at} onAsk={(ip, at) => update({ ip, at })} onShowFlows={(filter) => update({ view: "flows", q: filter })} />}
          {!isWaiting && isAboutFlows && nothing && (
            <EmptyState reason={nothing} onClear={() => update({ q: "" })} onJump={(start, end) => update({ from: start, to: end, window: "", live: false })} />
          )}
          {isMap && state.as === "map" && (
            <ServiceMap graph={graph} question={question} selected={state.sel} theme={theme} onSelect={select} onDrawn={markReady} />
          )}
          {isMap && state.as === "table" && <MapTable graph={graph} selected={state.sel} onSelect={select} />}
          {isMap && state.sel !== "" && (
            <DetailsPanel
              graph={graph} selected={state.sel} onSelect={select}
              onShowFlows={(filter) => update({ view: "flows", q: addTerm(q, filter), sel: "" })}
              onFilter={(filter) => update({ q: addTerm(q, filter) })}
            />
          )}
          {!isWaiting && !nothing && view === "flows" && <FlowsView data={data} onTerm={addFilter} onOlder={() => void feed.loadOlder()} />}
        </div>
        {isMap && graph.hidden.nodes + graph.hidden.edges > 0 && (
          <p className="hidden-note" role="note">
            The {plural(graph.hidden.nodes, "quietest element")} with {plural(graph.hidden.edges, "connection")} and {formatBytes(graph.hidden.bytes)} are drawn as one; all totals include them. A filter brings them forward.
          </p>
        )}
      </main>
      <div className="notice" role="status" aria-live="polite">{notice}</div>
    </>
  );
}

/** The clipboard API needs a secure context, which a console on another machine's plain HTTP is not. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}
