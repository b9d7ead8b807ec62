// What staff did with a message, and what they write: asked for while the page is open, said once.

const SECONDS_BETWEEN = 10;
const SECONDS_BETWEEN_LINES = 2; // while a person writes
const SECONDS_TO_ANSWER = 8;
const SHOWN = "notices-shown"; // the greatest id that was shown; kept over a reload

let watching = false;

/** Goes on asking after a reload, where something was passed on before it. */
export function resumeNotices(show, showStaff) {
  if (sessionStorage.getItem(SHOWN) !== null) watchNotices(show, showStaff);
}

/**
 * Begins to ask, once; `show` is called with each new notice, `showStaff` with the name of the person
 * who answers at present, or null.
 */
export function watchNotices(show, showStaff) {
  if (watching) return;
  watching = true;
  if (sessionStorage.getItem(SHOWN) === null) sessionStorage.setItem(SHOWN, "0");
  let pause = SECONDS_BETWEEN;
  const ask = async () => {
    try {
      const address = `notices?after=${sessionStorage.getItem(SHOWN)}`;
      const response = await fetch(address, {
        signal: AbortSignal.timeout(SECONDS_TO_ANSWER * 1000),
      });
      if (response.ok) {
        const { notices, staff } = await response.json();
        for (const notice of notices) {
          sessionStorage.setItem(SHOWN, String(notice.id));
          show(notice);
        }
        showStaff(staff);
        pause = staff ? SECONDS_BETWEEN_LINES : SECONDS_BETWEEN;
      }
    } catch {
      // Offline, or no answer: the next time.
    }
    setTimeout(ask, pause * 1000);
  };
  ask();
}
