// What went wrong in a flow report, as the server's table says it.
import type { Flow } from "../api/types";
import { term } from "./filter";
import { formatCount } from "./format";

export interface Trouble {
  /** A few words. */
  text: string;
  /** The filter term that finds others with the same trouble. */
  term: string;
}

const states: Record<string, string> = {
  attempted: "no answer", rejected: "refused", reset_by_source: "reset", reset_by_destination: "reset", attempt_reset: "taken back", answer_reset: "reset",
};

/** The worst first; none where all went well or nothing is known. */
export function troubles(flow: Flow): Trouble[] {
  const { tcp, dns, http } = flow.podsight ?? {};
  const list: Trouble[] = [];
  const state = tcp?.state ? states[tcp.state] : undefined;
  if (tcp?.state && state) list.push({ text: state, term: term("tcp.state", tcp.state) });
  const counts: [field: "retransmitted" | "lost" | "zero_windows", name: string][] = [["retransmitted", "resent"], ["lost", "lost"], ["zero_windows", "zero window"]];
  for (const [field, name] of counts) {
    const count = (tcp?.source?.[field] ?? 0) + (tcp?.destination?.[field] ?? 0);
    if (count > 0) list.push({ text: `${formatCount(count)} ${name}`, term: `${field}>0` });
  }
  const codes = new Set((dns?.exchanges ?? []).flatMap(({ code }) => (code && code !== "NOERROR" ? [code] : [])));
  for (const code of codes) list.push({ text: code, term: term("dns.code", code) });
  if (dns && dns.failures > 0 && codes.size === 0) list.push({ text: `${formatCount(dns.failures)} failed`, term: "dst.port=53" });
  if (http && http.responses["5xx"] > 0) list.push({ text: `${formatCount(http.responses["5xx"])} × 5xx`, term: "http.status=500-599" });
  if (http && http.responses["4xx"] > 0) list.push({ text: `${formatCount(http.responses["4xx"])} × 4xx`, term: "http.status=400-499" });
  return list;
}
