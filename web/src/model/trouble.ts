// What went wrong in a flow report, as the server's table says it.
import type { Flow } from "../api/types";
import { term } from "./filter";
import { formatCount } from "./format";

export interface Trouble {
  /** A few words. */
  text: string;
  /** The filter term that finds others with the same trouble. */
  term: string;
  /** An answer that may be meant so: resolvers try several names, and clients ask for what is not there. */
  isMild: boolean;
}

const states: Record<string, string> = {
  attempted: "no answer", rejected: "refused", reset_by_source: "reset", reset_by_destination: "reset", attempt_reset: "taken back", answer_reset: "reset",
};

/** The worst first; none where all went well or nothing is known. */
export function troubles(flow: Flow): Trouble[] {
  const { tcp, dns, http } = flow.podsight ?? {};
  const list: Trouble[] = [];
  const add = (text: string, found: string, isMild = false) => list.push({ text, term: found, isMild });
  const state = tcp?.state ? states[tcp.state] : undefined;
  if (tcp?.state && state) add(state, term("tcp.state", tcp.state));
  const counts: [field: "retransmitted" | "lost" | "zero_windows", name: string][] = [["retransmitted", "resent"], ["lost", "lost"], ["zero_windows", "zero window"]];
  for (const [field, name] of counts) {
    const count = (tcp?.source?.[field] ?? 0) + (tcp?.destination?.[field] ?? 0);
    if (count > 0) add(`${formatCount(count)} ${name}`, `${field}>0`);
  }
  const codes = new Set((dns?.exchanges ?? []).flatMap(({ code }) => (code && code !== "NOERROR" ? [code] : [])));
  if (http && http.responses["5xx"] > 0) add(`${formatCount(http.responses["5xx"])} × 5xx`, "http.status=500-599");
  for (const code of codes) add(code, term("dns.code", code), code === "NXDOMAIN");
  if (dns && dns.failures > 0 && codes.size === 0) add(`${formatCount(dns.failures)} failed`, "dst.port=53", true);
  if (http && http.responses["4xx"] > 0) add(`${formatCount(http.responses["4xx"])} × 4xx`, "http.status=400-499", true);
  return list.sort((left, right) => Number(left.isMild) - Number(right.isMild));
}
