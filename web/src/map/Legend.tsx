import type { Layout } from "./layout";
import { KindIcon } from "./KindIcon";

interface Props {
  layout: Layout;
  hues: { namespace: string; title: string; hue: number }[];
  /** The kinds of what is on the map. */
  kinds: string[];
}

export function Legend({ layout, hues, kinds }: Props) {
  const isCards = layout.style === "cards";
  return (
    <div className="legend" role="note" aria-label="Legend">
      {hues.length <= 6 && hues.map((island) => (
        <span key={island.namespace} className="legend-item">
          <i className={`swatch hue-${island.hue < 0 ? "none" : island.hue}`} />{island.title}
        </span>
      ))}
      <span className="legend-item">
        <svg width="34" height="10" aria-hidden="true"><path d="M1 5H26" strokeWidth="1.4" /><path d="M26 1.5 33 5 26 8.5Z" className="fill" /></svg>
        caller → called
      </span>
      <span className="legend-item">
        <svg width="30" height="10" aria-hidden="true"><path d="M1 5H9" strokeWidth="1.2" /><path d="M11 5H19" strokeWidth="3" /><path d="M21 5H29" strokeWidth="6" /></svg>
        more bytes
      </span>
      {isCards && (
        <span className="legend-item legend-kinds">
          {kinds.slice(0, 5).map((kind) => <span key={kind} className="legend-item"><KindIcon kind={kind} />{kind}</span>)}
        </span>
      )}
    </div>
  );
}
