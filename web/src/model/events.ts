// The cluster's changes over a range of time, gathered into as many steps as there is room for.

import type { ClusterEvent } from "../api/types";
import { parseTime } from "./format";

export type Change = "added" | "modified" | "deleted" | "error";

export interface EventStep {
  /** The first of the steps is 0. */
  place: number;
  from: number;
  to: number;
  events: ClusterEvent[];
  /** The most notable of its changes. */
  change: Change;
}

const notable: Change[] = ["modified", "added", "deleted", "error"];

export function changeOf(event: ClusterEvent): Change {
  return notable.find((change) => event.action.endsWith(`_${change.toUpperCase()}`)) ?? "error";
}

/** Whether somebody who looks at traffic wants to know: not each count in a status. */
export function isTelling(event: ClusterEvent): boolean {
  const change = changeOf(event);
  if (change === "error") return true;
  const kind = event.object?.kind ?? "";
  if (change === "modified") return ["Pod", "Service", "Node"].includes(kind) && event.summary !== "";
  return ["Pod", "Service", "Node", "Namespace"].includes(kind);
}

/** The steps in which something happened, in their order. */
export function eventSteps(events: ClusterEvent[], from: number, to: number, count: number): EventStep[] {
  const width = (to - from) / count;
  if (!(width > 0)) return [];
  const steps = new Map<number, EventStep>();
  for (const event of events) {
    const time = parseTime(event.time);
    if (Number.isNaN(time) || time < from || time > to || !isTelling(event)) continue;
    const place = Math.min(count - 1, Math.floor((time - from) / width));
    const step = steps.get(place) ?? { place, from: from + place * width, to: from + (place + 1) * width, events: [], change: "modified" as Change };
    step.events.push(event);
    const change = changeOf(event);
    if (notable.indexOf(change) > notable.indexOf(step.change)) step.change = change;
    steps.set(place, step);
  }
  return [...steps.values()].sort((a, b) => a.place - b.place);
}

/** `Pod shop/web-1 deleted`, `Pods may have changed unseen`. */
export function eventText(event: ClusterEvent): string {
  const change = changeOf(event);
  if (!event.object) return event.summary;
  const { kind, namespace, name } = event.object;
  const object = `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
  return change === "modified" ? `${object}: ${event.summary}` : `${object} ${change}${event.summary ? `: ${event.summary}` : ""}`;
}
