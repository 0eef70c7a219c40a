import { glyphPath } from "./glyphs";

export function KindIcon({ kind }: { kind: string }) {
  return (
    <svg className="kind-icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={glyphPath(kind)} />
    </svg>
  );
}
