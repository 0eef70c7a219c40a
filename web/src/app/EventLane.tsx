import { useEffect, useState } from "react";
import { getEvents } from "../api/client";
import type { ClusterEvent } from "../api/types";
import { eventSteps, eventText } from "../model/events";
import type { EventStep } from "../model/events";
import { formatClock, parseTime, plural } from "../model/format";

const steps = 48;
/** A range that moves is asked for anew no more often, in milliseconds. */
const patience = 10_000;

/** What happened in the cluster over the time that is shown, above the traffic. */
export function EventLane({ from, to, isMoving, onRange }: { from: string; to: string; isMoving: boolean; onRange: (from: string, to: string) => void }) {
  const [events, setEvents] = useState<ClusterEvent[]>([]);
  const [chosen, setChosen] = useState<number | null>(null);
  const start = parseTime(from);
  const end = parseTime(to);
  const asked = isMoving ? `${Math.floor(start / patience)} ${Math.floor(end / patience)}` : `${from} ${to}`;
  useEffect(() => {
    const abort = new AbortController();
    // Whatever is wrong with the server, the traffic's own requests say it.
    getEvents(from, to, abort.signal).then((page) => setEvents(page.events), () => undefined);
    return () => abort.abort();
  }, [asked]);
  const shown = eventSteps(events, start, end, steps);
  if (shown.length === 0) return null;
  const step = shown.find(({ place }) => place === chosen);
  return (
    <section className="event-lane" aria-label="Changes in the cluster">
      <ol>
        {shown.map((each) => (
          <li key={each.place} style={{ gridColumn: each.place + 1 }}>
            <button
              type="button" className={`event-step ${each.change}`} aria-expanded={each.place === chosen} title={hint(each)}
              aria-label={`${plural(each.events.length, "change")} at ${clock(each.from)}`}
              onClick={() => setChosen(each.place === chosen ? null : each.place)}
            ><i aria-hidden="true" style={{ height: `${Math.min(18, 6 + 3 * Math.log2(each.events.length + 1))}px` }} /></button>
          </li>
        ))}
      </ol>
      {step && (
        <div className="event-list" tabIndex={0} role="region" aria-label="Changes at this time">
          <p>
            <button type="button" className="link" onClick={() => { setChosen(null); onRange(new Date(step.from).toISOString(), new Date(step.to).toISOString()); }}>Show this time alone</button>
          </p>
          <ul>
            {step.events.map((event, place) => <li key={place}><span className="muted">{formatClock(event.time ?? "")}</span> {eventText(event)}</li>)}
          </ul>
        </div>
      )}
    </section>
  );
}

function clock(time: number): string {
  return formatClock(new Date(time).toISOString()).slice(0, 8);
}

function hint({ events }: EventStep): string {
  const more = events.length - 6;
  return events.slice(0, 6).map(eventText).join("\n") + (more > 0 ? `\nand ${more} more` : "");
}
