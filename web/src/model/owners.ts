// Owners of addresses as people read them.

import type { OwnerIdentity, OwnerSpan } from "../api/types";
import { formatDateTime, formatRange, parseTime } from "./format";

/** `pod shop/web-1`, `node minikube`. */
export function ownerName(identity: OwnerIdentity): string {
  return `${identity.kind} ${identity.namespace ? `${identity.namespace}/` : ""}${identity.name}`;
}

/** A span as a range, or by the end that is known. */
export function spanText({ from, until }: Pick<OwnerSpan, "from" | "until">): string {
  if (from && until) return formatRange(from, until);
  if (from) return `since ${formatDateTime(from)}`;
  return until ? `until ${formatDateTime(until)}` : "for all that is known";
}

/** Whether a moment lies within a span; its end is not part of it. */
export function isCurrent({ from, until }: Pick<OwnerSpan, "from" | "until">, at: string): boolean {
  // Nine decimals in UTC on both sides: their text sorts as time does.
  if (/^\d{4}-.*\.\d{9}Z$/.test(at)) return (!from || from <= at) && (!until || at < until);
  const time = parseTime(at);
  return (!from || parseTime(from) <= time) && (!until || time < parseTime(until));
}

/** The filter for an owner's flows; empty for what no filter names. */
export function ownerFilter({ kind, namespace, name }: OwnerIdentity): string {
  switch (kind) {
    case "pod": return `pod=${name}${namespace ? ` ns=${namespace}` : ""}`;
    case "service": return `service=${name}${namespace ? ` ns=${namespace}` : ""}`;
    case "node": return `node=${name}`;
    default: return "";
  }
}
