// The emergency card: on top, in sight until the patient dismisses it.

import { button, callLink, element, inline } from "./dom.js";
import { headingOf, isSelfHarm } from "./entries.js";

/** What the advice says to say on the phone: its paragraph that begins with "Say:". */
function phoneWords(text, words) {
  const line = (text ?? "").split("\n").find((one) => one.startsWith(words.phone_prefix));
  return line ? line.slice(words.phone_prefix.length).trim() : words.phone_default;
}

/**
 * Makes a card.
 * @param {object} site As entries get it.
 * @param {{turn: object, text: string, done: string}} about The escalation and its advice; `done` says
 *   what became of it.
 * @param {function} dismiss Called when the patient has read it.
 */
export function emergencyCard(site, { turn, text, done }, dismiss) {
  const { words } = site;
  const calls = [callLink(site.emergency, words)];
  if (isSelfHarm(turn) && site.crisis?.text) calls.push(callLink(site.crisis, words, "call second"));
  const say = inline(phoneWords(text, words), site);
  return element("section", { class: "card", role: "alert", "aria-label": headingOf(turn, words) },
    element(site.heading, {}, headingOf(turn, words)),
    element("div", { class: "calls" }, calls),
    element("p", { class: "phone" }, element("strong", {}, `${words.phone_heading}: `), say),
    element("p", { class: "done" }, inline(done, site)),
    button(words.dismiss, dismiss, { class: "dismiss" }),
  );
}
