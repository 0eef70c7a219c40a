import { useLayoutEffect, useMemo, useRef, useState } from "react";
import type { KeyboardEvent, MouseEvent } from "react";
import type { FeedData } from "../api/feed";
import type { Flow } from "../api/types";
import { flowKey } from "../model/filter";
import { formatCount } from "../model/format";
import { FlowRow } from "./FlowRow";
import { FlowSheet } from "./FlowSheet";
import { keptScroll, rowHeight, visibleRows } from "./windowing";

interface Props {
  data: FeedData;
  onTerm: (term: string, isExcluded: boolean) => void;
  onOlder: () => void;
}

const columns: [title: string, isNumber: boolean][] = [
  ["Time", false], ["Source", false], ["Destination", false], ["Protocol", false], ["Bytes →", true], ["Bytes ←", true],
  ["Packets", true], ["Duration", true], ["Evidence", false], ["Observed at", false],
];

export function FlowsView({ data, onTerm, onOlder }: Props) {
  // A last report without packets says only that a flow has ended.
  const flows = useMemo(() => data.flows.filter((flow) => (flow.network.packets ?? 0) > 0), [data.flows]);
  const ended = data.flows.length - flows.length;
  const scroller = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [open, setOpen] = useState<Flow | null>(null);
  const [current, setCurrent] = useState("");
  const top = useRef("");

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // New flows come in above: what is being read stays where it is.
  useLayoutEffect(() => {
    const element = scroller.current;
    const first = flows[0] ? flowKey(flows[0]) : "";
    if (element && top.current && first !== top.current) {
      const added = flows.findIndex((flow) => flowKey(flow) === top.current);
      if (added > 0) element.scrollTop = keptScroll(element.scrollTop, added);
    }
    top.current = first;
  }, [flows]);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    setScrollTop(element.scrollTop);
    if (element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight * 20) onOlder();
  };

  const { first, end } = visibleRows(scrollTop, height, flows.length);
  const rows = flows.slice(first, end);
  const keys = rows.map(flowKey);
  const active = keys.includes(current) ? current : keys[0] ?? "";

  const move = (event: KeyboardEvent, step: number) => {
    const index = flows.findIndex((flow) => flowKey(flow) === active);
    const next = flows[Math.max(0, Math.min(flows.length - 1, index + step))];
    const element = scroller.current;
    if (!next || !element) return;
    event.preventDefault();
    const at = flows.indexOf(next) * rowHeight;
    if (at < element.scrollTop) element.scrollTop = at;
    const bottom = at + rowHeight * 2 - element.clientHeight;
    if (bottom > element.scrollTop) element.scrollTop = bottom;
    setCurrent(flowKey(next));
    requestAnimationFrame(() => element.querySelector<HTMLElement>('.flow-row[tabindex="0"]')?.focus());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || !event.target.classList.contains("flow-row")) return;
    const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10, Home: -flows.length, End: flows.length };
    const step = steps[event.key];
    if (step !== undefined) move(event, step);
    if (event.key === "Enter") setOpen(flows.find((flow) => flowKey(flow) === active) ?? null);
  };
  const onClick = (event: MouseEvent, flow: Flow) => {
    setCurrent(flowKey(flow));
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-term]") : null;
    const term = button?.dataset["term"];
    if (term) onTerm(term, event.altKey || event.shiftKey);
    else setOpen(flow);
  };

  return (
    <div className="flows">
      <p className="flows-count" aria-live="polite">
        <b>{formatCount(data.matched)}</b> flow reports match
        {data.flows.length < data.matched && <span className="muted"> · newest {formatCount(data.flows.length)} loaded</span>}
        {ended > 0 && <span className="muted"> · {formatCount(ended)} without packets, which only end a flow, are not listed</span>}
        {data.skipped > 0 && <span className="muted"> · {formatCount(data.skipped)} came too fast to list</span>}
        <span className="muted hint"> · click a value to filter by it, with Alt or Shift to exclude it</span>
      </p>
      <div className="flow-scroller" ref={scroller} onScroll={onScroll} role="table" aria-label="Flows" aria-rowcount={flows.length + 1}>
        <div role="rowgroup" className="flow-head">
          <div role="row" className="flow-grid" aria-rowindex={1}>
            {columns.map(([title, isNumber]) => <span key={title} role="columnheader" className={isNumber ? "number" : undefined}>{title}</span>)}
          </div>
        </div>
        <div role="rowgroup" className="flow-body" style={{ height: flows.length * rowHeight }} onKeyDown={onKeyDown}>
          {rows.map((flow, index) => (
            <FlowRow
              key={keys[index]} flow={flow} index={first + index} isActive={keys[index] === active}
              isOpen={open !== null && flowKey(open) === keys[index]} onClick={onClick}
            />
          ))}
        </div>
      </div>
      {open && <FlowSheet flow={open} onClose={() => setOpen(null)} onTerm={onTerm} />}
    </div>
  );
}
