import type { AddressReport, ErrorDetail, EventPage, FlowPage, Graph, Status } from "./types";

/** The server answered, and the answer is an error. */
export class ServerError extends Error {
  constructor(readonly status: number, readonly detail: ErrorDetail) {
    super(detail.message);
  }
}

export interface RangeQuery {
  q: string;
  from: string;
  to: string;
}

async function getJSON<T>(path: string, parameters: Record<string, string>, signal: AbortSignal): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "") query.set(name, value);
  }
  const text = query.toString();
  const response = await fetch(text ? `${path}?${text}` : path, { signal, headers: { Accept: "application/json" } });
  if (response.ok) return (await response.json()) as T;
  const body = (await response.json().catch(() => null)) as { error?: ErrorDetail } | null;
  throw new ServerError(response.status, body?.error ?? { code: "http", message: `The server answered ${response.status}.` });
}

export function getStatus(signal: AbortSignal): Promise<Status> {
  return getJSON("/api/v1/status", {}, signal);
}

export function getGraph(query: RangeQuery & { scope: string; limit?: number }, signal: AbortSignal): Promise<Graph> {
  return getJSON("/api/v1/graph", { ...query, limit: String(query.limit ?? 400) }, signal);
}

export function getOwner(ip: string, at: string, signal: AbortSignal): Promise<AddressReport> {
  return getJSON("/api/v1/resolve", { ip, at, all: "true", intervals: "true" }, signal);
}

export function getEvents(from: string, to: string, signal: AbortSignal): Promise<EventPage> {
  return getJSON("/api/v1/events", { from, to, limit: "5000" }, signal);
}

export function getFlows(query: RangeQuery & { limit: number; cursor?: string }, signal: AbortSignal): Promise<FlowPage> {
  const { limit, cursor, ...rest } = query;
  return getJSON("/api/v1/flows", { ...rest, limit: String(limit), cursor: cursor ?? "", order: "newest" }, signal);
}
