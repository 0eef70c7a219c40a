import { useEffect, useState } from "react";
import type { Connection } from "../api/feed";
import type { ConsoleState, Theme, View } from "../model/urlState";

const views: [View, string][] = [["map", "Service map"], ["flows", "Flows"], ["owners", "Addresses"], ["status", "Status"]];
const themes: [Theme, string, string][] = [["auto", "◐", "Theme: as the system"], ["light", "☀", "Theme: light"], ["dark", "☾", "Theme: dark"]];

export function Header({ state, connection, hasLoss, onChange }: {
  state: ConsoleState;
  connection: Connection;
  hasLoss: boolean;
  onChange: (change: Partial<ConsoleState>) => void;
}) {
  const place = Math.max(0, themes.findIndex(([name]) => name === state.theme));
  const [, icon, label] = themes[place] ?? ["auto", "◐", "Theme"];
  const nextTheme = themes[(place + 1) % themes.length]?.[0] ?? "auto";
  return (
    <header className="header">
      <h1 className="brand">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <path className="brand-back" d="M16 1.5 28.6 8.7v14.6L16 30.5 3.4 23.3V8.7Z" />
          <path className="brand-eye" d="M6 16c5.500-8.500 14.500-8.500 20 0c-5.500 8.500-14.500 8.500-20 0Z" />
          <circle className="brand-iris" cx="16" cy="16" r="3.6" />
        </svg>
        Podsight
      </h1>
      <nav aria-label="Views" className="segmented">
        {views.map(([view, title]) => (
          <button key={view} type="button" aria-current={state.view === view ? "page" : undefined} onClick={() => onChange({ view })}>
            {title}{view === "status" && hasLoss && <span className="alert-dot" role="img" aria-label="losses" />}
          </button>
        ))}
      </nav>
      <span className="spacer" />
      <ConnectionIndicator connection={connection} />
      <button
        type="button" className="icon-button theme-switch" title={label} aria-label={label}
        onClick={() => onChange({ theme: nextTheme })}
      >{icon}</button>
    </header>
  );
}

function ConnectionIndicator({ connection }: { connection: Connection }) {
  return (
    <span className={`connection ${connection.kind}`} role="status">
      <i aria-hidden="true" />
      {connection.kind === "live" && "Live"}
      {connection.kind === "replay" && "Replay"}
      {connection.kind === "paused" && "Paused"}
      {connection.kind === "connecting" && "Connecting"}
      {connection.kind === "reconnecting" && <>Reconnecting in <Countdown until={connection.retryAt} /></>}
    </span>
  );
}

export function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return <>{Math.max(0, Math.ceil((until - now) / 1000))} s</>;
}
