import { useEffect, useState } from "react";
import type { Theme } from "../model/urlState";

/** The theme in force; sets it on the document. */
export function useTheme(theme: Theme): "light" | "dark" {
  const [prefersDark, setPrefersDark] = useState(() => window.matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = window.matchMedia("(prefers-color-scheme: dark)");
    const onChange = () => setPrefersDark(query.matches);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
  }, []);
  const inForce = theme === "auto" ? (prefersDark ? "dark" : "light") : theme;
  // During render, not in an effect: the map reads its colours from the document in its own effects, which run first.
  document.documentElement.dataset["theme"] = inForce;
  return inForce;
}
