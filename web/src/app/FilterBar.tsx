import { useEffect, useRef, useState } from "react";
import type { FormEvent } from "react";
import type { ErrorDetail } from "../api/types";
import { hasTopLevelOr, removeTerm, splitTerms } from "../model/filter";

interface Props {
  q: string;
  error: ErrorDetail | null;
  command: string;
  onApply: (q: string) => void;
  onCopy: (text: string, what: string) => void;
  link: () => string;
}

const quick: [title: string, term: string][] = [
  ["No DNS", "not port=53"],
  ["Large", "bytes>=1MB"],
  ["Unknown ends", "basis=unknown,ambiguous"],
  ["Through a service", "dst.basis=translation"],
  ["Trouble", "(tcp.state=rejected,reset_* or retransmitted>0 or lost>0 or dns.code=SERVFAIL,REFUSED or http.status>=500)"],
];

export function FilterBar({ q, error, command, onApply, onCopy, link }: Props) {
  const [text, setText] = useState(q);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        input.current?.select();
        input.current?.focus();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onApply(text.trim());
  };
  const terms = hasTopLevelOr(q) ? [q] : splitTerms(q);
  const without = (place: number) => (terms.length === 1 ? "" : removeTerm(q, place));
  return (
    <section className="filter" aria-label="Filter">
      <form onSubmit={submit} role="search">
        <div className={error ? "filter-field wrong" : "filter-field"}>
          <span className="filter-icon" aria-hidden="true">⌕</span>
          <input
            ref={input} id="filter" name="q" aria-label="Filter flows" autoComplete="off" autoCapitalize="off" spellCheck={false}
            placeholder="Filter: src.ns=robot-shop dst.port=3306 not dst.ip=10.0.0.0/8   ( / )"
            aria-invalid={error ? true : undefined} aria-describedby={error ? "filter-error" : undefined}
            value={text} onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => { if (event.key === "Escape") { setText(q); input.current?.blur(); } }}
          />
          {text !== "" && <button type="button" className="icon-button" aria-label="Clear filter" onClick={() => { setText(""); onApply(""); }}>×</button>}
          <button type="submit" className={text.trim() === q ? "apply" : "apply primary"}>Apply</button>
        </div>
      </form>
      <div className="copy">
        <button type="button" title={command} onClick={() => onCopy(command, "Command")}>Copy as CLI</button>
        <button type="button" title="A link that shows the same later" onClick={() => onCopy(link(), "Link")}>Copy link</button>
      </div>
      {error && <FilterError q={q} error={error} onApply={onApply} />}
      <div className="chips">
        {q === "" && quick.map(([title, term]) => (
          <button key={title} type="button" className="chip quick" title={term} onClick={() => onApply(term)}>+ {title}</button>
        ))}
        {q !== "" && !error && terms.map((term, place) => (
          <span key={`${place} ${term}`} className={term.startsWith("not ") ? "chip negated" : "chip"}>
            <code>{term}</code>
            <button type="button" aria-label={`Remove ${term}`} onClick={() => onApply(without(place))}>×</button>
          </span>
        ))}
      </div>
    </section>
  );
}

/** The server's own words, with a caret under the column and its suggestion to take. */
function FilterError({ q, error, onApply }: { q: string; error: ErrorDetail; onApply: (q: string) => void }) {
  const { column, suggestion } = error;
  const word = column ? /^[A-Za-z0-9_.]+/.exec(q.slice(column - 1))?.[0] ?? "" : "";
  return (
    <div className="filter-error" id="filter-error" role="alert">
      {column !== undefined && q !== "" && <pre aria-hidden="true">{q}{"\n"}{" ".repeat(Math.max(0, column - 1))}{"^".repeat(Math.max(1, word.length))}</pre>}
      <p>
        {error.message}
        {column !== undefined && <span className="muted"> (column {column})</span>}
        {suggestion && column !== undefined && word !== "" && (
          <> Did you mean <button type="button" className="link mono suggestion" onClick={() => onApply(q.slice(0, column - 1) + suggestion + q.slice(column - 1 + word.length))}>{suggestion}</button>?</>
        )}
        {suggestion && (column === undefined || word === "") && <> Did you mean <code className="suggestion">{suggestion}</code>?</>}
      </p>
    </div>
  );
}
