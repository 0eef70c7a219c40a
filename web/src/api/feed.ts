import { flowKey } from "../model/filter";
import { getFlows, getGraph, getStatus, ServerError } from "./client";
import { openStream } from "./stream";
import type { ErrorDetail, Flow, Graph, Status } from "./types";

/** What the console asks for. */
export interface FeedQuery {
  q: string;
  scope: string;
  from: string;
  to: string;
  window: string;
  live: boolean;
  /** Whether flows are on screen; the graph always is, for the totals. */
  flows: boolean;
}

export type Connection =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "replay" }
  | { kind: "paused" }
  | { kind: "reconnecting"; retryAt: number };

/** Everything the console has been told. */
export interface FeedData {
  status: Status | null;
  graph: Graph | null;
  /** The query that `graph` answers; another one than the current while loading. */
  graphKey: string;
  /** Newest first. */
  flows: Flow[];
  matched: number;
  next: string | null;
  /** Flows the stream left out because they came faster than they can be shown. */
  skipped: number;
  /** Flows in the range without the filter; known only when the filter matches nothing. */
  unfiltered: number | null;
  error: ErrorDetail | null;
  connection: Connection;
  loading: boolean;
}

const flowsKept = 5_000;
const pageSize = 300;
const pollMilliseconds = 5_000;
const longestWait = 15_000;
const defaultLiveWindow = "15m";

/** Keeps `data` true to a query: by the event stream while live, by plain requests otherwise. */
export class Feed {
  data: FeedData = {
    status: null, graph: null, graphKey: "", flows: [], matched: 0, next: null, skipped: 0,
    unfiltered: null, error: null, connection: { kind: "connecting" }, loading: true,
  };
  private listeners = new Set<() => void>();
  private query: FeedQuery | null = null;
  private key = "";
  private stop: () => void = () => undefined;
  private seen = new Set<string>();
  private loadingOlder = false;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): FeedData => this.data;

  show(query: FeedQuery): void {
    const key = JSON.stringify(query);
    if (key === this.key) return;
    this.key = key;
    this.query = query;
    this.stop();
    const abort = new AbortController();
    let closeStream: () => void = () => undefined;
    this.stop = () => {
      abort.abort();
      closeStream();
    };
    this.publish({ loading: true, error: null });
    void this.follow(query, abort.signal, (close) => {
      closeStream = close;
    });
  }

  /** Fetches the page after the oldest flow shown. */
  async loadOlder(): Promise<void> {
    const { next } = this.data;
    const query = this.query;
    if (!next || !query || this.loadingOlder || this.data.flows.length >= flowsKept) return;
    this.loadingOlder = true;
    const key = this.key;
    try {
      const range = this.range(query);
      const page = await getFlows({ ...range, limit: pageSize, cursor: next }, new AbortController().signal);
      if (key === this.key) {
        const older = page.flows.filter((flow) => this.remember(flow));
        this.publish({ flows: [...this.data.flows, ...older], next: page.next });
      }
    } catch {
      // The next scroll asks again.
    } finally {
      this.loadingOlder = false;
    }
  }

  private publish(change: Partial<FeedData>): void {
    this.data = { ...this.data, ...change };
    for (const listener of this.listeners) listener();
  }

  private range(query: FeedQuery): { q: string; from: string; to: string } {
    if (query.from || query.to) return { q: query.q, from: query.from, to: query.to };
    const isReplay = this.data.status?.mode === "replay";
    const window = query.window || (isReplay ? "" : defaultLiveWindow);
    return { q: query.q, from: window ? `now-${window}` : "", to: window ? "now" : "" };
  }

  private async follow(query: FeedQuery, signal: AbortSignal, setStream: (close: () => void) => void): Promise<void> {
    let failures = 0;
    let loadedAt = "";
    while (!signal.aborted) {
      try {
        const status = await getStatus(signal);
        this.publish({ status });
        const stamp = `${status.store.flows}|${status.store.newest ?? ""}`;
        const isFixed = query.from !== "" || !query.live;
        if (loadedAt === "" || (stamp !== loadedAt && !isFixed) || status.mode === "live" && query.live) {
          await this.load(query, signal);
          loadedAt = stamp;
        }
        failures = 0;
        if (status.mode === "replay") {
          this.publish({ connection: { kind: "replay" } });
        } else if (query.live) {
          await this.stream(query, signal, setStream);
          failures = 1;
          await this.waitToRetry(failures, signal);
          continue;
        } else {
          this.publish({ connection: { kind: "paused" } });
        }
        await sleep(pollMilliseconds, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ServerError && error.status < 500) {
          // The question is at fault, not the connection: keep what is shown and wait for another question.
          const kind = this.data.status?.mode === "replay" ? "replay" : "paused";
          this.publish({ error: error.detail, loading: false, connection: { kind } });
          return;
        }
        failures += 1;
        this.publish({ loading: false });
        await this.waitToRetry(failures, signal);
      }
    }
  }

  private async load(query: FeedQuery, signal: AbortSignal): Promise<void> {
    const range = this.range(query);
    const key = this.key;
    const [graph, page] = await Promise.all([
      getGraph({ ...range, scope: query.scope }, signal),
      query.flows ? getFlows({ ...range, limit: pageSize }, signal) : Promise.resolve(null),
    ]);
    let unfiltered: number | null = null;
    if (graph.totals.flows === 0 && query.q) {
      unfiltered = (await getGraph({ ...range, q: "", scope: query.scope, limit: 1 }, signal)).totals.flows;
    }
    if (signal.aborted) return;
    this.seen = new Set();
    const flows = page ? page.flows.filter((flow) => this.remember(flow)) : [];
    this.publish({
      graph, graphKey: key, unfiltered, flows, matched: page?.matched ?? graph.totals.reports, next: page?.next ?? null,
      skipped: 0, error: null, loading: false,
    });
  }

  /** Returns when the stream has failed. */
  private stream(query: FeedQuery, signal: AbortSignal, setStream: (close: () => void) => void): Promise<void> {
    const key = this.key;
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve());
      setStream(
        openStream({ q: query.q, scope: query.scope, window: query.window || defaultLiveWindow }, {
          opened: () => this.publish({ connection: { kind: "live" } }),
          failed: resolve,
          status: (status) => this.publish({ status }),
          graph: (graph) => this.publish({ graph, graphKey: key }),
          flows: (flows, skipped) => this.append(flows, skipped),
        }),
      );
    });
  }

  private append(incoming: Flow[], skipped: number): void {
    const fresh = incoming.filter((flow) => this.remember(flow)).reverse();
    if (fresh.length === 0 && skipped === 0) return;
    const flows = [...fresh, ...this.data.flows];
    const overflow = flows.length > flowsKept;
    this.publish({
      flows: overflow ? flows.slice(0, flowsKept) : flows,
      matched: this.data.matched + fresh.length + skipped,
      skipped: this.data.skipped + skipped,
    });
    if (overflow) this.seen = new Set(this.data.flows.map(flowKey));
  }

  private remember(flow: Flow): boolean {
    const key = flowKey(flow);
    if (this.seen.has(key)) return false;
    this.seen.add(key);
    return true;
  }

  private async waitToRetry(failures: number, signal: AbortSignal): Promise<void> {
    const wait = Math.min(longestWait, 1_000 * 2 ** (failures - 1)) * (0.8 + 0.4 * Math.random());
    this.publish({ connection: { kind: "reconnecting", retryAt: Date.now() + wait } });
    await sleep(wait, signal);
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
