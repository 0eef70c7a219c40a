// What a status means for the person reading it: losses first, each with what to do.
import type { Status } from "../api/types";
import { formatBytes, plural } from "./format";

export interface Finding {
  level: "bad" | "warn" | "info";
  title: string;
  advice: string;
  /** Whether the numbers on screen are incomplete because of it. */
  affectsData: boolean;
}

export function findings(status: Status): Finding[] {
  const list: Finding[] = [];
  const bad = (title: string, advice: string) => list.push({ level: "bad", title, advice, affectsData: true });
  const { capture, store, metering, cluster } = status;
  if (capture.totals.dropped > 0) {
    bad(
      `${plural(capture.totals.dropped, "packet")} dropped before metering`,
      "The kernel's buffer was full. Give the process more CPU, or watch fewer interfaces; the bytes shown are too low by what was in these packets.",
    );
  }
  if (metering.queueDropped > 0) {
    bad(
      `${plural(metering.queueDropped, "report")} dropped between metering and storing`,
      "Flows came faster than they could be stored. Check the disk, or lengthen the reporting interval.",
    );
  }
  if (store.writeFailures > 0) {
    bad(
      `${plural(store.writeFailures, "write")} to the store failed`,
      `Check free space and permissions of ${store.path}; flows are kept in memory until a write succeeds.`,
    );
  }
  if (store.flowsNotStored > 0) {
    bad(`${plural(store.flowsNotStored, "flow report")} could not be stored`, `They are missing from every answer. Check ${store.path}.`);
  }
  if (cluster.connected && cluster.gaps > 0) {
    bad(
      `${plural(cluster.gaps, "gap")} in the cluster's history`,
      "The watch was interrupted and changes in between are unknown; attribution within a gap says so instead of guessing.",
    );
  }
  if (capture.totals.malformed > 0) {
    list.push({
      level: "warn", affectsData: true,
      title: `${plural(capture.totals.malformed, "packet")} malformed or cut short`,
      advice: "They are counted by reason per observation point below. A capture with a small snap length is the usual cause.",
    });
  }
  if (cluster.connected && cluster.errors > 0) {
    list.push({
      level: "warn", affectsData: false,
      title: `${plural(cluster.errors, "error")} while reading the cluster's state`,
      advice: cluster.message || "Objects that could not be read are not attributed to.",
    });
  }
  const fullness = store.bytesMax > 0 ? store.bytes / store.bytesMax : 0;
  if (fullness > 0.9) {
    list.push({
      level: "warn", affectsData: false,
      title: `The store is ${Math.round(fullness * 100)} % full (${formatBytes(store.bytes)} of ${formatBytes(store.bytesMax)})`,
      advice: "The oldest flows will be deleted before their retention ends. Raise the limit to keep them.",
    });
  }
  if (!cluster.connected && cluster.source === "none") {
    list.push({
      level: "info", affectsData: false,
      title: "No cluster connected",
      advice: cluster.message || "Flows are named by address only.",
    });
  } else if (!cluster.connected && status.mode === "live") {
    list.push({
      level: "warn", affectsData: true,
      title: "The cluster does not answer",
      advice: cluster.message || `Names are as of the last event from ${cluster.source}.`,
    });
  }
  return list;
}
