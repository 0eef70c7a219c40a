import { useCallback, useEffect, useRef, useState } from "react";
import { formatURLState, isNavigation, parseURLState } from "../model/urlState";
import type { ConsoleState } from "../model/urlState";

/** The URL as state: navigation adds to the history, everything else replaces the entry. */
export function useURLState(): [ConsoleState, (change: Partial<ConsoleState>) => void] {
  const [state, setState] = useState(() => parseURLState(location.search));
  const current = useRef(state);
  useEffect(() => {
    const onPop = () => {
      current.current = parseURLState(location.search);
      setState(current.current);
    };
    window.addEventListener("popstate", onPop);
    return () => window.removeEventListener("popstate", onPop);
  }, []);
  const update = useCallback((change: Partial<ConsoleState>) => {
    const before = current.current;
    const after = { ...before, ...change };
    current.current = after;
    const url = `${location.pathname}${formatURLState(after)}`;
    if (url !== `${location.pathname}${location.search}`) {
      if (isNavigation(before, after)) history.pushState(null, "", url);
      else history.replaceState(null, "", url);
    }
    setState(after);
  }, []);
  return [state, update];
}
