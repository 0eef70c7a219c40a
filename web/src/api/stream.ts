import type { Flow, Graph, Status } from "./types";

export interface StreamHandlers {
  status(status: Status): void;
  graph(graph: Graph): void;
  flows(flows: Flow[], skipped: number): void;
  opened(): void;
  failed(): void;
}

/**
 * The tab's one event stream. It is closed at its first failure, because EventSource's own reconnection
 * neither backs off nor says when it will try again; the feed opens a new one.
 */
export function openStream(query: { q: string; scope: string; window: string }, handlers: StreamHandlers): () => void {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value) parameters.set(name, value);
  }
  const source = new EventSource(`/api/v1/stream?${parameters.toString()}`);
  const on = <T>(name: string, handle: (value: T) => void) =>
    source.addEventListener(name, (event) => handle(JSON.parse((event as MessageEvent<string>).data) as T));
  on<Status>("status", handlers.status);
  on<Graph>("graph", handlers.graph);
  on<{ flows: Flow[]; skipped: number }>("flows", ({ flows, skipped }) => handlers.flows(flows, skipped));
  source.onopen = () => handlers.opened();
  source.onerror = () => {
    source.close();
    handlers.failed();
  };
  return () => source.close();
}
