export const rowHeight = 52;

/** Which rows to render: those in view and a few beyond, so that scrolling does not show gaps. */
export function visibleRows(scrollTop: number, viewHeight: number, count: number): { first: number; end: number } {
  const overscan = 8;
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((scrollTop + viewHeight) / rowHeight) + overscan);
  return { first: Math.min(first, end), end };
}

/** Where to scroll after new rows came on top: a reader below the top keeps the rows before the eyes. */
export function keptScroll(scrollTop: number, added: number): number {
  return scrollTop < rowHeight / 2 ? 0 : scrollTop + added * rowHeight;
}
