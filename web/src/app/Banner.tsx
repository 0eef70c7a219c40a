import type { Status } from "../api/types";
import { findings } from "../model/findings";

/** Says above the picture that numbers are incomplete, or that names are; nothing while all is well. */
export function Banner({ status, onStatus }: { status: Status; onStatus: () => void }) {
  const list = findings(status);
  const worst = list.find((finding) => finding.level === "bad") ?? list.find((finding) => finding.affectsData);
  const quiet = list.find((finding) => finding.level === "info");
  const shown = worst ?? quiet;
  if (!shown) return null;
  const more = list.filter((finding) => finding.affectsData).length - 1;
  return (
    <div className={`banner ${shown.level}`} role="status">
      <span><b>{shown.title}.</b> {worst ? "Numbers below may be too low." : shown.advice}{worst && more > 0 ? ` And ${more} more.` : ""}</span>
      <button type="button" className="link" onClick={onStatus}>Details</button>
    </div>
  );
}
