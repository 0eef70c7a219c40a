// Why there is nothing to see: the first reason that holds, most fundamental first.
import type { Graph, Status } from "../api/types";
import { parseTime } from "./format";

export type Emptiness =
  | { kind: "no-packets"; points: number }
  | { kind: "no-flows-yet"; packets: number; activeFlows: number }
  | { kind: "outside-stored"; oldest: string; newest: string }
  | { kind: "filtered-out"; unfiltered: number }
  | { kind: "quiet"; newest: string | null };

export function emptiness(status: Status, graph: Graph, q: string, unfiltered: number | null): Emptiness | null {
  if (graph.totals.flows > 0 || graph.edges.length > 0) return null;
  const { oldest, newest, flows } = status.store;
  if (flows === 0) {
    const packets = status.capture.totals.packets;
    if (packets === 0) return { kind: "no-packets", points: status.capture.points.length };
    return { kind: "no-flows-yet", packets, activeFlows: status.metering.activeFlows };
  }
  if (oldest && newest && (parseTime(graph.to) < parseTime(oldest) || parseTime(graph.from) > parseTime(newest))) {
    return { kind: "outside-stored", oldest, newest };
  }
  if (q.trim() !== "" && unfiltered !== 0) return { kind: "filtered-out", unfiltered: unfiltered ?? flows };
  return { kind: "quiet", newest };
}
