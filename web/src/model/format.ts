// Numbers, durations and times as people read them. Bytes use 1000, as the filter language's KB and MB do.

const byteUnits = ["B", "kB", "MB", "GB", "TB", "PB"];

function scaled(value: number, units: string[], step: number): string {
  let size = Math.abs(value);
  let unit = 0;
  while (size >= step && unit < units.length - 1) {
    size /= step;
    unit += 1;
  }
  const digits = unit === 0 ? (size < 10 && size % 1 !== 0 ? 1 : 0) : size < 10 ? 2 : size < 100 ? 1 : 0;
  // 999.9 kB would print as "1000 kB": take the next unit instead.
  if (Number(size.toFixed(digits)) >= step && unit < units.length - 1) {
    return scaled(value < 0 ? -(step ** (unit + 1)) : step ** (unit + 1), units, step);
  }
  return `${value < 0 ? "-" : ""}${size.toFixed(digits)} ${units[unit]}`;
}

export function formatBytes(bytes: number): string {
  return scaled(bytes, byteUnits, 1000);
}

export function formatRate(bytesPerSecond: number): string {
  if (bytesPerSecond > 0 && bytesPerSecond < 0.1) return "< 0.1 B/s";
  return `${scaled(bytesPerSecond, byteUnits, 1000)}/s`;
}

export function formatCount(count: number): string {
  return Math.round(count).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export function formatNanoseconds(nanoseconds: number): string {
  if (nanoseconds < 1_000) return `${nanoseconds} ns`;
  if (nanoseconds < 1_000_000) return `${trim(nanoseconds / 1_000)} µs`;
  if (nanoseconds < 1_000_000_000) return `${trim(nanoseconds / 1_000_000)} ms`;
  return formatSeconds(nanoseconds / 1_000_000_000);
}

function trim(value: number): string {
  return value < 10 ? value.toFixed(2).replace(/\.?0+$/, "") : value < 100 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(0);
}

export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${trim(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  if (whole < 86_400) return joined(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min");
  return joined(Math.floor(whole / 86_400), "d", Math.floor((whole % 86_400) / 3600), "h");
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Milliseconds since the epoch; the nanoseconds beyond are for the server alone. */
export function parseTime(text: string | null | undefined): number {
  return text ? Date.parse(text.replace(/(\.\d{3})\d+/, "$1")) : NaN;
}

const two = (value: number) => value.toString().padStart(2, "0");

/** The clock time with milliseconds in the viewer's time zone. */
export function formatClock(text: string): string {
  const time = new Date(parseTime(text));
  if (Number.isNaN(time.getTime())) return text;
  const milliseconds = time.getMilliseconds().toString().padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${milliseconds}`;
}

/** Date and time to the second in the viewer's time zone. */
export function formatDateTime(text: string | null | undefined): string {
  const time = new Date(parseTime(text));
  if (Number.isNaN(time.getTime())) return "never";
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

export function formatRange(from: string, to: string): string {
  const start = formatDateTime(from);
  const end = formatDateTime(to);
  return start.slice(0, 10) === end.slice(0, 10) ? `${start} – ${end.slice(11)}` : `${start} – ${end}`;
}

const wordForms: Record<string, string> = { tcp: "TCP", ip: "IP", icmp: "ICMP", cidr: "CIDR", dns: "DNS", http: "HTTP", vxlan: "VXLAN", gre: "GRE", gtpu: "GTP-U", ipip: "IP in IP" };

/** `tcp_handshake` and `tcpHandshake` as "TCP handshake". */
export function words(identifier: string): string {
  const text = identifier.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase().split("_").map((word) => wordForms[word] ?? word).join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
