// What staff did with a message, and what they write: asked for while the page is open, said once.

const SECONDS_BETWEEN = 10;
const SECONDS_BETWEEN_LINES = 2; // while a person writes
const SECONDS_TO_ANSWER = 8;
const PASSED_ON = "passed-on"; // kept over a reload, and with it the conversation

let watching = false;

/** Whether something of this page's conversation was passed on, also before a reload. */
export const wasPassedOn = () => sessionStorage.getItem(PASSED_ON) !== null;

/**
 * Begins to ask, once; `show` is called with each new notice, `showStaff` with the name of the person
 * who answers at present, or null.
 */
export function watchNotices(show, showStaff) {
  if (watching) return;
  watching = true;
  sessionStorage.setItem(PASSED_ON, "yes");
  let pause = SECONDS_BETWEEN;
  let shown = 0;
  const ask = async () => {
    try {
      const address = `notices?after=${shown}`;
      const response = await fetch(address, {
        signal: AbortSignal.timeout(SECONDS_TO_ANSWER * 1000),
      });
      if (response.ok) {
        const { notices, staff } = await response.json();
        for (const notice of notices) {
          shown = notice.id;
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
