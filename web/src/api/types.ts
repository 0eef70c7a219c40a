// The answers of /api/v1 as the console reads them. Times are RFC 3339 text with nanoseconds, UTC.

export interface ObservationPoint {
  name: string;
  interface: string;
  node: string;
  pod: string;
  packets: number;
  bytes: number;
  metered: number;
  notIP: number;
  malformed: Record<string, number>;
  dropped: number;
}

export interface Status {
  version: string;
  mode: "live" | "replay";
  started: string;
  now: string;
  store: {
    path: string;
    bytes: number;
    flows: number;
    blocks: number;
    oldest: string | null;
    newest: string | null;
    retentionSeconds: number;
    bytesMax: number;
    writeFailures: number;
    flowsNotStored: number;
  };
  capture: {
    points: ObservationPoint[];
    totals: { packets: number; metered: number; notIP: number; malformed: number; dropped: number };
  };
  metering: { activeFlows: number; reports: number; queueDropped: number } & Record<string, unknown>;
  cluster: {
    connected: boolean;
    source: string;
    message: string;
    objects: Record<string, number>;
    pods: number;
    services: number;
    lastEvent: string | null;
    gaps: number;
    errors: number;
  };
  translations: { known: number; source: string };
  attribution: Record<string, number>;
}

export interface GraphNode {
  id: string;
  namespace: string;
  kind: string;
  name: string;
  sentBytes: number;
  receivedBytes: number;
  flows: number;
  pods: number;
}

export interface GraphEdge {
  id: string;
  source: string;
  target: string;
  forward: { bytes: number; packets: number };
  backward: { bytes: number; packets: number };
  bytes: number;
  flows: number;
  bytesPerSecond: number;
  ports: { transport: string; port: number; bytes: number }[];
  services: string[];
  lastSeen: string;
}

export interface Graph {
  from: string;
  to: string;
  seconds: number;
  scope: string;
  totals: { bytes: number; packets: number; flows: number; reports: number; countedTwiceAvoided: number };
  nodes: GraphNode[];
  edges: GraphEdge[];
  hidden: { nodes: number; edges: number; bytes: number };
}

export interface FlowEndKubernetes {
  namespace?: string;
  pod?: { name?: string; uid?: string; ip?: string };
  node?: { name?: string };
  workload?: { kind?: string; name?: string };
  service?: { name?: string };
  labels?: Record<string, string>;
}

export interface FlowEnd {
  ip: string;
  port?: number;
  address?: string;
  domain?: string;
  bytes?: number;
  packets?: number;
  orig_ip?: string;
  orig_port?: number;
  kubernetes?: FlowEndKubernetes;
}

export interface EndAttribution {
  basis: string;
  name?: string;
  reason?: string;
  candidates?: string[];
}

/** What one end of a TCP connection sent; the span of time is in nanoseconds. */
export interface TCPCounts {
  payload_bytes: number;
  retransmitted: number;
  out_of_order: number;
  lost: number;
  zero_windows: number;
  resets: number;
  handshake_rtt?: number;
}

export interface TCPQuality {
  source_flags?: string;
  destination_flags?: string;
  state?: string;
  orderly?: boolean;
  handshake_rtt?: number;
  source?: TCPCounts;
  destination?: TCPCounts;
}

/** Latencies of exchanges, in nanoseconds. */
export interface Exchanges {
  count: number;
  latency?: {
    mean: number;
    p50: number;
    p90: number;
    p99: number;
    max: number;
    histogram: { values: number[]; counts: number[] };
  };
}

export interface DNSExchange {
  time: string;
  name?: string;
  type: string;
  code?: string;
  latency?: number;
  answers?: string[];
}

export interface DNSReport {
  queries: number;
  responses: number;
  failures: number;
  omitted: number;
  exchanges?: DNSExchange[];
}

export interface HTTPExchange {
  time: string;
  method?: string;
  host?: string;
  path?: string;
  status?: number;
  latency?: number;
}

export interface HTTPReport {
  requests: number;
  responses: Record<"2xx" | "3xx" | "4xx" | "5xx", number>;
  omitted: number;
  exchanges?: HTTPExchange[];
}

/** One flow report as an ECS document. */
export interface Flow {
  "@timestamp": string;
  event: {
    id?: string;
    start?: string;
    end?: string;
    duration?: number;
    sequence?: number;
    reason?: string;
  };
  source: FlowEnd;
  destination: FlowEnd;
  network: {
    transport?: string;
    iana_number?: string;
    type?: string;
    protocol?: string;
    bytes?: number;
    packets?: number;
    community_id?: string;
    direction?: string;
  };
  observer?: { name?: string };
  podsight?: {
    direction_evidence?: string;
    side?: string;
    flow?: { start?: string };
    tcp?: TCPQuality;
    exchanges?: Exchanges;
    dns?: DNSReport;
    http?: HTTPReport;
    tunnel?: { kind: string; source: string; destination: string; id: number };
    super_packets?: number;
    attribution?: { source?: EndAttribution; destination?: EndAttribution };
  };
}

export interface FlowPage {
  flows: Flow[];
  matched: number;
  next: string | null;
}

export interface ErrorDetail {
  code: string;
  message: string;
  column?: number;
  suggestion?: string;
}

/** Who is behind an address; `null` for what a thing of its kind has not. */
export interface OwnerIdentity {
  kind: "pod" | "service" | "node" | "host" | "network";
  namespace: string | null;
  name: string;
  uid: string | null;
  node: string | null;
  workload: { kind: string; name: string } | null;
  services: string[];
}

export interface OwnerSpan {
  identity: OwnerIdentity;
  from: string | null;
  until: string | null;
}

export interface OwnerInterval extends OwnerSpan {
  address: string;
  holding: "pod" | "service" | "node" | "host_pod" | "endpoint";
  fromCertain: boolean;
  untilCertain: boolean;
}

/** The answer to "who had this address?". */
export interface AddressReport {
  query: string;
  at: string;
  identity: OwnerIdentity | null;
  from: string | null;
  until: string | null;
  basis: string;
  certainty: "certain" | "uncertain" | "ambiguous" | "unknown";
  candidates: OwnerIdentity[];
  reason?: string;
  previous: OwnerSpan | null;
  next: OwnerSpan | null;
  holders?: OwnerInterval[];
  intervals?: OwnerInterval[];
}

/** One change of one object of the cluster. */
export interface ClusterEvent {
  ts: number | null;
  time: string | null;
  /** SysFlow's names: K8S_PODS, K8S_COMPONENT_ADDED. */
  kind: string;
  action: string;
  object: { kind: string; namespace: string | null; name: string; uid: string | null } | null;
  summary: string;
  message: string;
}

export interface EventPage {
  events: ClusterEvent[];
  matched: number;
}
