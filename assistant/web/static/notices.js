// What staff did with a message: asked for while the page is open, and said once.

const SECONDS_BETWEEN = 10;

let shown = 0; // the greatest id
let watching = false;

/** Begins to ask, once; `show` is called with each new notice. */
export function watchNotices(show) {
  if (watching) return;
  watching = true;
  const ask = async () => {
    try {
      const response = await fetch(`notices?after=${shown}`);
      if (response.ok) {
        for (const notice of (await response.json()).notices) {
          shown = Math.max(shown, notice.id);
          show(notice);
        }
      }
    } catch {
      // Offline: the next time.
    }
    setTimeout(ask, SECONDS_BETWEEN * 1000);
  };
  ask();
}
