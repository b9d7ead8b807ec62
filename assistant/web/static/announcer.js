// The only live regions beside the emergency card: each thing is said once, and only what is new.

import { element } from "./dom.js";

const MOST_LINES = 6;

export class Announcer {
  constructor() {
    this.polite = element("div", { class: "who", role: "status", "aria-live": "polite" });
    this.assertive = element("div", { class: "who", "aria-live": "assertive" });
  }

  /** Says a text when the reader pauses; `now` interrupts. */
  say(text, now = false) {
    const region = now ? this.assertive : this.polite;
    region.append(element("p", {}, text));
    while (region.childElementCount > MOST_LINES) region.firstElementChild.remove();
  }
}
