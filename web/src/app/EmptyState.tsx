import type { FeedData } from "../api/feed";
import type { Emptiness } from "../model/emptiness";
import { formatCount, formatDateTime, formatRange, plural } from "../model/format";
import { Countdown } from "./Header";

interface Props {
  reason: Emptiness;
  onClear: () => void;
  onJump: (from: string, to: string) => void;
}

/** Why there is nothing, and what to do about it. */
export function EmptyState({ reason, onClear, onJump }: Props) {
  switch (reason.kind) {
    case "no-packets":
      return (
        <Panel title="No packets yet">
          <p>{reason.points > 0
            ? `Listening at ${plural(reason.points, "observation point")}; nothing has passed so far.`
            : "No interface is being watched. Start podsight with the right to capture, or replay a recording."}</p>
        </Panel>
      );
    case "no-flows-yet":
      return (
        <Panel title="Packets, but no flows yet">
          <p>{formatCount(reason.packets)} packets were seen and {plural(reason.activeFlows, "flow")} {reason.activeFlows === 1 ? "is" : "are"} being metered. Flows appear when their reporting interval ends, every 10 seconds.</p>
        </Panel>
      );
    case "outside-stored":
      return (
        <Panel title="Nothing is stored for this time">
          <p>Flows are known for {formatRange(reason.oldest, reason.newest)}.</p>
          <button type="button" className="primary" onClick={() => onJump(reason.oldest, reason.newest)}>Show that range</button>
        </Panel>
      );
    case "filtered-out":
      return (
        <Panel title="No flow matches this filter">
          <p>Without it there are <b>{plural(reason.unfiltered, "flow")}</b> in this time range.</p>
          <button type="button" className="primary" onClick={onClear}>Clear filter</button>
        </Panel>
      );
    case "quiet":
      return (
        <Panel title="No traffic in this time range">
          <p>{reason.newest ? `The newest flow ended at ${formatDateTime(reason.newest)}.` : "Nothing has been stored yet."}</p>
        </Panel>
      );
  }
}

/** Before there is any answer to show. */
export function WaitingState({ data }: { data: FeedData }) {
  if (data.connection.kind === "reconnecting") {
    return (
      <Panel title="The server does not answer">
        <p>Trying again in <Countdown until={data.connection.retryAt} />. Is podsight still running?</p>
      </Panel>
    );
  }
  if (data.error) return <Panel title="The question cannot be answered"><p>{data.error.message}</p></Panel>;
  return <Panel title="Loading…"><p className="muted">Asking for flows.</p></Panel>;
}

function Panel({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div className="empty" role="status">
      <svg viewBox="0 0 120 60" width="120" height="60" aria-hidden="true">
        <path d="M22 30H50M70 30H98" strokeDasharray="4 5" /><rect x="2" y="18" width="22" height="24" rx="6" /><rect x="50" y="18" width="22" height="24" rx="6" /><rect x="96" y="18" width="22" height="24" rx="6" />
      </svg>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
