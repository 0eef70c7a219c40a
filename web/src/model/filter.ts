// Writes terms of the filter language. Reading it is the server's part alone.
import type { EndAttribution, Flow, FlowEnd, GraphEdge, GraphNode } from "../api/types";

/** Quotes a value where the language needs it. */
export function quoteValue(value: string): string {
  return /^[A-Za-z0-9._:/\-]+$/.test(value) ? value : `"${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"`;
}

export function term(field: string, value: string | number): string {
  return `${field}=${quoteValue(String(value))}`;
}

/** Adds a term to a filter; a filter with a top-level `or` is put in parentheses so that the term binds all of it. */
export function addTerm(filter: string, addition: string, exclude = false): string {
  const before = filter.trim();
  const wrapped = exclude ? `not ${addition.includes(" ") ? `(${addition})` : addition}` : addition;
  if (before === "") return wrapped;
  if (splitTerms(before).includes(wrapped) || before === wrapped) return before;
  return `${hasTopLevelOr(before) ? `(${before})` : before} ${wrapped}`;
}

/** The top-level pieces of a filter, in order: `not` stays with its term, parentheses and quotes stay whole. */
export function splitTerms(filter: string): string[] {
  const pieces: string[] = [];
  let piece = "";
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < filter.length; index += 1) {
    const character = filter[index] ?? "";
    if (quoted && character === "\\") {
      piece += character + (filter[index + 1] ?? "");
      index += 1;
      continue;
    }
    if (character === '"') quoted = !quoted;
    if (!quoted && character === "(") depth += 1;
    if (!quoted && character === ")") depth -= 1;
    if (!quoted && depth === 0 && /\s/.test(character)) {
      if (piece) pieces.push(piece);
      piece = "";
    } else {
      piece += character;
    }
  }
  if (piece) pieces.push(piece);
  const terms: string[] = [];
  let negation = "";
  for (const next of pieces) {
    if (next.toLowerCase() === "not") {
      negation += `${next} `;
      continue;
    }
    terms.push(negation + next);
    negation = "";
  }
  if (negation) terms.push(negation.trim());
  return terms;
}

export function hasTopLevelOr(filter: string): boolean {
  return splitTerms(filter).some((piece) => piece.toLowerCase() === "or");
}

/** Removes the piece at this place; only meant for filters without a top-level `or`. */
export function removeTerm(filter: string, place: number): string {
  return splitTerms(filter).filter((piece, index) => index !== place && piece.toLowerCase() !== "and").join(" ");
}

const workloadKinds = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"]);

/** The terms that hold for one end of a flow when it is this node of the graph; empty where no term can say it. */
export function endTerms(node: GraphNode, prefix: "src." | "dst." | ""): string[] {
  const namespace = node.namespace ? [term(`${prefix}ns`, node.namespace)] : [];
  if (workloadKinds.has(node.kind)) return [...namespace, term(`${prefix}workload`, node.name)];
  switch (node.kind) {
    case "Pod":
      return [...namespace, term(`${prefix}pod`, node.name)];
    case "Service":
      return [...namespace, term(`${prefix}service`, node.name)];
    case "Namespace":
      return [term(`${prefix}ns`, node.name)];
    case "Node":
      return [term(`${prefix}node`, node.name)];
    case "Network":
      return [term(`${prefix}ip`, node.name)];
    case "Host":
      return [term(`${prefix}name`, node.name)];
    case "WellKnown":
    case "Unknown":
      return [term(`${prefix}kind`, node.kind)];
    case "External":
      if (node.name === "outside") return [term(`${prefix}kind`, "External")];
      return [term(`${prefix}${isAddress(node.name) ? "ip" : "domain"}`, node.name)];
    default:
      return [];
  }
}

/** Whether an external node is named by its address; no domain looks like one. */
function isAddress(name: string): boolean {
  return /^[0-9.]+$/.test(name) || name.includes(":");
}

/** The filter for all flows of a node, in either direction. */
export function nodeFilter(node: GraphNode): string {
  const source = endTerms(node, "src.").join(" ");
  if (source === "") return "";
  const bare = endTerms(node, "");
  return bare.length === 1 ? bare[0] ?? "" : `(${source} or ${endTerms(node, "dst.").join(" ")})`;
}

export function edgeFilter(edge: GraphEdge, nodes: Map<string, GraphNode>): string {
  const source = nodes.get(edge.source);
  const target = nodes.get(edge.target);
  if (!source || !target) return "";
  return [...endTerms(source, "src."), ...endTerms(target, "dst.")].join(" ");
}

/** The name under which an end of a flow is shown, and the term that selects it. */
export function endName(end: FlowEnd, attribution?: EndAttribution): { namespace: string; name: string; kind: string; field: string } {
  const kubernetes = end.kubernetes;
  const namespace = kubernetes?.namespace ?? "";
  if (kubernetes?.workload?.name) {
    return { namespace, name: kubernetes.workload.name, kind: kubernetes.workload.kind ?? "", field: "workload" };
  }
  if (kubernetes?.pod?.name) return { namespace, name: kubernetes.pod.name, kind: "Pod", field: "pod" };
  if (kubernetes?.service?.name) return { namespace, name: kubernetes.service.name, kind: "Service", field: "service" };
  if (kubernetes?.node?.name) return { namespace, name: kubernetes.node.name, kind: "Node", field: "node" };
  // A machine or an address block is no Kubernetes object; its name comes with the evidence.
  if (attribution?.name) return { namespace: "", name: attribution.name, kind: attribution.basis === "cidr" ? "Network" : "Host", field: "name" };
  if (end.domain) return { namespace: "", name: end.domain, kind: "External", field: "domain" };
  return { namespace: "", name: "", kind: "", field: "ip" };
}

/** The command that answers the same question in a terminal. */
export function cliCommand(filter: string, range: { from: string; to: string; window: string }): string {
  const quoted = filter.trim() === "" ? "" : ` '${filter.trim().replace(/'/g, `'\\''`)}'`;
  const since = range.from ? ` --since ${range.from}` : range.window ? ` --since ${range.window}` : "";
  const until = range.to ? ` --until ${range.to}` : "";
  return `podsight flows${quoted}${since}${until}`;
}

export function flowKey(flow: Flow): string {
  return flow.event.id ?? `${flow["@timestamp"]}|${flow.network.community_id ?? ""}|${flow.observer?.name ?? ""}|${flow.event.sequence ?? 0}`;
}
