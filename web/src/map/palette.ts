import { hueCount } from "./scene";

/** The map's colours; they live in tokens.css with all others. */
export interface Palette {
  background: string;
  card: string;
  cardBorder: string;
  text: string;
  muted: string;
  accent: string;
  outgoing: string;
  incoming: string;
  dot: string;
  neutral: string;
  hues: string[];
  islandAlpha: number;
  font: string;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    background: value("--canvas"),
    card: value("--surface"),
    cardBorder: value("--border-strong"),
    text: value("--text"),
    muted: value("--text-muted"),
    accent: value("--accent"),
    outgoing: value("--outgoing"),
    incoming: value("--incoming"),
    dot: value("--dot"),
    neutral: value("--hue-none"),
    hues: Array.from({ length: hueCount }, (_, index) => value(`--hue-${index}`)),
    islandAlpha: Number(value("--island-alpha")) || 0.08,
    font: style.fontFamily,
  };
}

export function hueColor(palette: Palette, hue: number): string {
  return palette.hues[hue] ?? palette.neutral;
}
