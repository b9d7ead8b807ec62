// One entry of the conversation for each message, answer and notice.

import { button, callLink, element, fill, inline, markdown } from "./dom.js";

/**
 * Makes entries.
 * @param {object} site The site's names and numbers, with the words of the interface.
 * @param {{ask: function(string), rate: function(string, boolean, string=)}} does What buttons do.
 */
export function entryMaker(site, does) {
  const { words } = site;

  const time = (at) => {
    const moment = at ? new Date(at) : new Date();
    const shown = moment.toLocaleTimeString(site.locale, { hour: "2-digit", minute: "2-digit" });
    return element("time", { datetime: moment.toISOString() }, shown);
  };
  const who = (name) => element("span", { class: "who" }, `${name}: `);
  const article = (style, properties, ...children) =>
    element("article", { class: `entry ${style}`, tabindex: "-1", ...properties }, children);

  function mine(id, text, at) {
    const foot = element("p", { class: "meta" }, element("span", { class: "delivery" }), time(at));
    const bubble = element("div", { class: "bubble" }, who(words.you), text || "…");
    return article("mine", { "data-id": id }, bubble, foot);
  }

  /** The entries of a reply: a turn's messages belong to the object that came before them. */
  function reply(id, messages, at) {
    const groups = grouped(messages);
    const entries = groups.map((group) => answer(group, at));
    if (does.rate && groups.length && groups.every(({ turn }) => turn.kind === "answer")) {
      entries[entries.length - 1].append(rating(id));
    }
    return entries;
  }

  function answer({ turn, messages }, at) {
    const body = messages.flatMap(({ text }) => markdown(text ?? "", site));
    const buttons = messages.flatMap((message) => message.buttons ?? []);
    const escalated = turn.kind === "escalation" ? (turn.priority ?? "page") : "";
    const style = { page: "emergency", "same-day": "urgent", review: "quiet" }[escalated] ?? "";
    const parts = [who(words.assistant)];
    if (style === "emergency") parts.push(element(site.heading, {}, headingOf(turn, words)));
    if (style === "urgent") {
      const lines = [site.cancer_line, site.out_of_hours_line].filter((line) => line?.tel);
      const calls = element("p", { class: "calls" }, lines.map((line) => callLink(line, words)));
      parts.push(element(site.heading, {}, words.same_day_heading), lines.length ? calls : null);
    }
    return article(style, { "data-kind": turn.kind ?? "" },
      element("div", { class: "bubble" }, parts, body),
      turn.kind === "answer" ? provenance(turn, at) : element("p", { class: "meta" }, time(at)),
      buttons.length ? choices(buttons) : null,
    );
  }

  function provenance(turn, at) {
    const sources = (turn.sources ?? []).map(sourceNode);
    const shown =
      sources.length > 1
        ? [element("p", {}, words.sources), element("ul", {}, sources.map((one) => element("li", {}, one)))]
        : sources.map((one) => element("p", {}, `${words.source} `, one));
    return element("div", { class: "meta provenance" }, shown, element("p", {}, `${reviewState(turn)} · `, time(at)));
  }

  function sourceNode(source) {
    if (typeof source === "string") return source;
    const title = String(source.title ?? source.name ?? source.id ?? words.unnamed_source);
    if (!/^https?:\/\//.test(source.url ?? "")) return title;
    return element("a", { href: source.url, target: "_blank", rel: "noopener noreferrer" }, title);
  }

  function reviewState({ reviewed, review_overdue: overdue }) {
    if (!reviewed) return words.not_reviewed;
    const day = new Date(`${reviewed}T00:00:00`);
    const date = Number.isNaN(day.valueOf())
      ? reviewed
      : day.toLocaleDateString(site.locale, { dateStyle: "long" });
    return fill(words.reviewed, { date }) + (overdue ? `. ${words.review_overdue}` : "");
  }

  function choices(buttons) {
    return element("div", { class: "choices", role: "group", "aria-label": words.suggestions },
      buttons.map(({ title, payload }) => button(String(title), () => does.ask(String(payload || title)))),
    );
  }

  function rating(id) {
    const row = element("div", { class: "rating", role: "group", "aria-label": words.helpful });
    const say = (helpful) => () => {
      does.rate(id, helpful);
      const thanks = element("span", { tabindex: "-1" }, words.thanks);
      row.replaceChildren(thanks, helpful ? "" : remark(id, row));
      thanks.focus(); // the button is gone, and with it the reader's place
    };
    row.append(
      element("span", { "aria-hidden": "true" }, words.helpful),
      button(words.yes, say(true)),
      button(words.no, say(false)),
    );
    return row;
  }

  function remark(id, row) {
    const box = element("textarea", { rows: "2", id: `remark-${id}`, maxlength: "2000" });
    const send = button(words.remark_send, () => {
      if (box.value.trim()) does.rate(id, false, box.value);
      const thanks = element("span", { tabindex: "-1" }, words.thanks);
      row.replaceChildren(thanks);
      thanks.focus();
    });
    const label = element("label", { for: `remark-${id}` }, words.remark_label);
    return element("div", { class: "remark" }, label, box, element("small", {}, words.remark_hint), send);
  }

  function opening() {
    const lines = site.lines.map((line) => element("p", {}, inline(line, site)));
    return article("opening", {}, element("div", { class: "bubble" }, who(words.assistant), lines));
  }

  /** What the care team did or wrote. */
  function notice({ kind, name, text, at }) {
    if (kind === "staff") {
      const lines = text.split("\n").map((line) => element("p", {}, line));
      const bubble = element("div", { class: "bubble" }, element("p", { class: "person" }, name), lines);
      return article("staff", {}, bubble, element("p", { class: "meta" }, time(at)));
    }
    const urgent = ["waiting", "left-waiting"].includes(kind);
    const body = element("div", { class: "bubble" }, who(words.assistant), markdown(text, site));
    return article(urgent ? "told urgent" : "told quiet", {}, body);
  }

  const note = (text) =>
    article("quiet", {}, element("div", { class: "bubble" }, who(words.assistant), markdown(text, site)));

  return { mine, reply, opening, notice, note };
}

export const isSelfHarm = (turn) =>
  (turn.red_flags ?? []).some(({ category }) => category === "self-harm");

export const headingOf = (turn, words) =>
  isSelfHarm(turn) ? words.self_harm_heading : words.emergency_heading;

export function grouped(messages) {
  const groups = [];
  for (const message of messages) {
    if (message.custom || !groups.length) groups.push({ turn: message.custom ?? {}, messages: [] });
    if (message.text || message.buttons) groups[groups.length - 1].messages.push(message);
  }
  return groups.filter((group) => group.messages.length);
}
