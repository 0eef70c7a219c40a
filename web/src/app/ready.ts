declare global {
  interface Window {
    /** Set once the first data has been drawn; for tests. */
    podsightReady?: boolean;
  }
}

export function markReady(): void {
  window.podsightReady = true;
}
