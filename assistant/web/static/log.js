// The list of entries: one stop in the tab order, arrow keys between entries, the newest first.

import { element } from "./dom.js";

const INTERACTIVE = "a, button, textarea";

export class Log {
  /**
   * @param {object} words Of the interface.
   * @param {function} bounds Top and bottom of what can be seen, in pixels of the window.
   */
  constructor(words, bounds) {
    this.bounds = bounds;
    this.node = element("div", {
      class: "log",
      role: "log",
      "aria-live": "off", // the announcer says what is new; two regions would be read twice
      "aria-label": words.conversation,
      "aria-description": words.conversation_help,
    });
    this.node.addEventListener("keydown", (event) => this.move(event));
    this.node.addEventListener("focusin", (event) => {
      const entry = event.target.closest(".entry");
      if (entry) this.choose(entry);
    });
  }

  get entries() {
    return [...this.node.querySelectorAll(".entry")];
  }

  find(id) {
    return this.node.querySelector(`.mine[data-id="${CSS.escape(id)}"]`);
  }

  add(...entries) {
    this.node.append(...entries);
    for (const entry of entries) this.reach(entry, false);
    // Whoever reads an entry keeps the place.
    if (!this.node.contains(this.node.getRootNode().activeElement)) this.choose(entries[0]);
  }

  clear() {
    this.node.replaceChildren();
  }

  /** Lets Tab reach one entry and what is in it, and no other. */
  choose(entry) {
    if (this.chosen?.isConnected && this.chosen !== entry) this.reach(this.chosen, false);
    this.chosen = entry;
    this.reach(entry, true);
  }

  reach(entry, reachable) {
    entry.tabIndex = reachable ? 0 : -1;
    for (const one of entry.querySelectorAll(INTERACTIVE)) one.tabIndex = reachable ? 0 : -1;
  }

  move(event) {
    if (!event.target.matches(".entry")) return;
    const { entries } = this;
    const at = entries.indexOf(event.target);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: entries.length - 1 }[event.key];
    if (to === undefined || !entries[to]) return;
    event.preventDefault();
    entries[to].focus({ preventScroll: true });
    this.reveal(entries[to]);
  }

  /** Scrolls the conversation, never the hospital's page. */
  reveal(entry) {
    const scroller = this.node.scrollHeight > this.node.clientHeight + 1 ? this.node : this.node.parentElement;
    const box = scroller.getBoundingClientRect();
    const bounds = this.bounds();
    const [first, last] = [Math.max(box.top, bounds.top), Math.min(box.bottom, bounds.bottom)];
    const { top, bottom, height } = entry.getBoundingClientRect();
    if (top >= first && bottom <= last) return;
    const shift = height > last - first || top < first ? top - first - 8 : bottom - last + 8;
    scroller.scrollTop += shift;
  }
}
