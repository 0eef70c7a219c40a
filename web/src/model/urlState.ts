// What the console shows, as the URL says it. Defaults are left out, so that links stay short.

export type View = "map" | "flows" | "owners" | "status";
export type Theme = "auto" | "light" | "dark";
export const scopes = ["workload", "namespace", "pod", "service", "node"] as const;
export type Scope = (typeof scopes)[number];
export const windows = ["5m", "15m", "1h", "6h", "24h"] as const;

export interface ConsoleState {
  view: View;
  q: string;
  /** RFC 3339; empty while the range is relative. */
  from: string;
  to: string;
  /** A relative range that ends now; empty for the default: 15 minutes live, everything in a replay. */
  window: string;
  live: boolean;
  theme: Theme;
  /** The selected node or edge. */
  sel: string;
  as: "map" | "table";
  scope: Scope;
  /** The address whose owner is asked for, and the time; an empty time is now. */
  ip: string;
  at: string;
}

export const defaultState: ConsoleState = {
  view: "map",
  q: "",
  from: "",
  to: "",
  window: "",
  live: true,
  theme: "auto",
  sel: "",
  as: "map",
  scope: "workload",
  ip: "",
  at: "",
};

export function parseURLState(search: string): ConsoleState {
  const query = new URLSearchParams(search);
  const oneOf = <T extends string>(name: string, allowed: readonly T[], otherwise: T): T =>
    allowed.find((value) => value === query.get(name)) ?? otherwise;
  const from = query.get("from") ?? "";
  const to = query.get("to") ?? "";
  const window = query.get("window") ?? "";
  return {
    view: oneOf("view", ["map", "flows", "owners", "status"], "map"),
    q: query.get("q") ?? "",
    from,
    to,
    window: /^\d+[smhd]$/.test(window) ? window : "",
    // A fixed range has nothing to follow.
    live: query.get("live") !== "0" && from === "" && to === "",
    theme: oneOf("theme", ["auto", "light", "dark"], "auto"),
    sel: query.get("sel") ?? "",
    as: oneOf("as", ["map", "table"], "map"),
    scope: oneOf("scope", scopes, "workload"),
    ip: query.get("ip") ?? "",
    at: query.get("at") ?? "",
  };
}

export function formatURLState(state: ConsoleState): string {
  const query = new URLSearchParams();
  if (state.view !== "map") query.set("view", state.view);
  if (state.q) query.set("q", state.q);
  if (state.from) query.set("from", state.from);
  if (state.to) query.set("to", state.to);
  if (state.window && !state.from && !state.to) query.set("window", state.window);
  if (!state.live && !state.from && !state.to) query.set("live", "0");
  if (state.theme !== "auto") query.set("theme", state.theme);
  if (state.sel) query.set("sel", state.sel);
  if (state.as !== "map") query.set("as", state.as);
  if (state.scope !== "workload") query.set("scope", state.scope);
  if (state.ip) query.set("ip", state.ip);
  if (state.at) query.set("at", state.at);
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The link that shows the same tomorrow: relative times become the range that is on screen. */
export function frozenURLState(state: ConsoleState, shown: { from: string; to: string } | null): ConsoleState {
  if (state.from || state.to || !shown) return state;
  return { ...state, from: shown.from, to: shown.to, window: "", live: false };
}

/** Whether going from one to the other is navigation, which the back button undoes. */
export function isNavigation(before: ConsoleState, after: ConsoleState): boolean {
  return (
    before.view !== after.view || before.q !== after.q || before.as !== after.as || before.scope !== after.scope ||
    before.from !== after.from || before.to !== after.to || before.window !== after.window || before.sel !== after.sel ||
    before.ip !== after.ip || before.at !== after.at
  );
}
