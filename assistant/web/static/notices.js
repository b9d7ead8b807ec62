// What staff did with a message: asked for while the page is open, and said once.

const SECONDS_BETWEEN = 10;
const SECONDS_TO_ANSWER = 8;
const SHOWN = "notices-shown"; // the greatest id that was shown; kept over a reload

let watching = false;

/** Goes on asking after a reload, where something was passed on before it. */
export function resumeNotices(show) {
  if (sessionStorage.getItem(SHOWN) !== null) watchNotices(show);
}

/** Begins to ask, once; `show` is called with each new notice. */
export function watchNotices(show) {
  if (watching) return;
  watching = true;
  if (sessionStorage.getItem(SHOWN) === null) sessionStorage.setItem(SHOWN, "0");
  const ask = async () => {
    try {
      const address = `notices?after=${sessionStorage.getItem(SHOWN)}`;
      const response = await fetch(address, {
        signal: AbortSignal.timeout(SECONDS_TO_ANSWER * 1000),
      });
      if (response.ok) {
        for (const notice of (await response.json()).notices) {
          sessionStorage.setItem(SHOWN, String(notice.id));
          show(notice);
        }
      }
    } catch {
      // Offline, or no answer: the next time.
    }
    setTimeout(ask, SECONDS_BETWEEN * 1000);
  };
  ask();
}
