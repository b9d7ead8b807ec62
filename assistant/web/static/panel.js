// The chat itself: header, emergency card, conversation, message box. Shows what the conversation says.

import { emergencyCard } from "./card.js";
import { Conversation } from "./conversation.js";
import { button, element, fill, inline } from "./dom.js";
import { entryMaker, grouped } from "./entries.js";
import { Log } from "./log.js";
import { Kept } from "./storage.js";
import { soundsUrgent } from "./urgent.js";

const SECONDS_OF_GRACE = 2; // a short gap in the connection is no news

/** An entry's words as they are read out: block by block. */
const spoken = (entry) =>
  [...entry.querySelectorAll(".bubble > .who, .bubble :is(h2, h3, p, li)")].map((block) => block.textContent.trim()).join(" ");

export class Panel {
  /**
   * @param {URL} base Of the server's addresses.
   * @param {object} site Names, numbers and words.
   * @param {object} around `announcer`, `tools` (buttons of the header), `page` (whether it fills a
   *   page of its own), and `changed()`, called with each new message from the other side.
   */
  constructor(base, site, around) {
    this.site = { ...site, heading: around.page ? "h2" : "h3" };
    this.words = site.words;
    this.around = around;
    this.announcer = around.announcer;
    this.dismissed = new Kept(`bone-chat ${base.href} dismissed`, []);
    this.log = new Log(this.words, () => this.bounds());
    this.conversation = new Conversation(base, this);
    this.conversation.consentVersion = site.consent_version;
    this.make = entryMaker(this.site, {
      ask: (text) => this.ask(text),
      rate: (...rated) => this.conversation.rate(...rated),
    });
    this.build();
    this.log.add(this.make.opening());
  }

  build() {
    const { words, site, around } = this;
    const title = element(around.page ? "h1" : "h2", { id: "title" }, words.title);
    const brand = element("div", { class: "brand" }, element("span", { class: "logo" }), title);
    this.staff = element("p", { class: "present", hidden: true });
    this.banner = element("p", { class: "banner" }, words.connecting);
    const standing = element("p", { class: "standing" }, `${words.emergency_line} `,
      element("strong", {}, inline(site.emergency.text, site)));
    const hospital = site.hospital ? element("p", { class: "hospital" }, site.hospital) : null;
    this.options = this.makeOptions();
    const tools = element("div", { class: "tools" }, this.optionsButton, around.tools);
    this.header = element("header", {},
      element("div", { class: "top" }, element("div", { class: "names" }, brand, hospital), tools),
      this.options, standing, this.staff, this.banner);
    this.alerts = element("div", { class: "alerts" });
    this.typing = element("p", { class: "typing", hidden: true }, element("span", { class: "dots", "aria-hidden": "true" }), words.typing);
    this.node = element("div", { class: "inner" }, this.header, this.alerts, this.log.node, this.typing, (this.form = this.makeForm()));
  }

  /** Between what covers the conversation above and below. */
  bounds() {
    const bottom = this.form.getBoundingClientRect().top;
    return { top: this.alerts.getBoundingClientRect().bottom, bottom };
  }

  makeOptions() {
    const { words } = this;
    this.optionsButton = button(words.options, () => this.toggleOptions(), { "aria-expanded": "false", "aria-controls": "options" });
    return element("div", { class: "options", id: "options", role: "group", "aria-label": words.options, hidden: true },
      button(words.text_smaller, () => this.around.resize(-1)),
      button(words.text_larger, () => this.around.resize(1)),
      button(words.start_over, () => this.askStartOver()));
  }

  toggleOptions(open = this.options.hidden) {
    this.options.hidden = !open;
    this.optionsButton.setAttribute("aria-expanded", String(open));
  }

  makeForm() {
    const { words } = this;
    this.box = element("textarea", { id: "message", rows: "1", "aria-describedby": "hint problem", enterkeyhint: "send", autocomplete: "off" });
    this.problem = element("p", { id: "problem", class: "problem" });
    const form = element("form", { class: "composer", novalidate: true },
      element("label", { for: "message" }, words.label),
      element("div", { class: "row" }, this.box, element("button", { type: "submit", class: "send" }, words.send)),
      this.problem,
      element("p", { id: "hint", class: "hint" }, words.hint));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.box.addEventListener("input", () => this.fitBox());
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    return form;
  }

  fitBox() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight + 2}px`;
  }

  submit() {
    const text = this.box.value;
    if (text.trim() && this.ask(text)) {
      this.box.value = "";
      this.fitBox();
    }
    this.box.focus();
  }

  ask(text) {
    const problem = this.conversation.send(text);
    this.problem.replaceChildren();
    if (!problem) {
      this.log.reveal(this.log.entries.at(-1));
      return true;
    }
    const words = fill(this.words[problem.word], problem.values);
    this.problem.append(...inline(words, this.site));
    this.announcer.say(words, true);
    if (soundsUrgent(text, this.words.unsent_words)) this.showLocalCard(null);
    return false;
  }

  askStartOver() {
    const { words, conversation } = this;
    const asked = element("div", { class: "ask", role: "group", "aria-label": words.start_over },
      element("p", {}, words.start_over_question, conversation.passedOn ? ` ${words.start_over_passed_on}` : ""),
      button(words.start_over_yes, () => {
        end();
        this.toggleOptions(false);
        conversation.startOver();
        this.box.focus();
      }),
      button(words.start_over_no, () => {
        end();
        this.optionsButton.focus();
      }));
    const end = () => asked.remove();
    this.options.querySelector(".ask")?.remove();
    this.options.append(asked);
    asked.querySelector("button").focus();
    this.announcer.say(asked.firstChild.textContent);
  }

  // --- what the conversation shows -------------------------------------------------------------

  has(id) {
    return this.log.find(id) !== null;
  }

  showMine(id, text, at) {
    this.log.add(this.make.mine(id, text, at));
  }

  setDelivery(id, state, text = "", values = {}) {
    const place = this.log.find(id)?.querySelector(".delivery");
    if (!place || place.dataset.state === state) return;
    place.dataset.state = state;
    const words = fill(this.words[state], values);
    place.replaceChildren(...inline(words, this.site));
    if (state !== "unsent") {
      if (state === "delivered") this.localCardSent(id);
      if (state === "slow_down") this.announcer.say(words, true);
      return;
    }
    this.announcer.say(words, true);
    if (soundsUrgent(text, this.words.unsent_words)) this.showLocalCard(id);
  }

  showReply(id, messages, at, restored) {
    const entries = this.make.reply(id, messages, at);
    if (!entries.length) return;
    this.place(id, entries);
    const { words } = this;
    const groups = grouped(messages);
    const flagged = groups.find(({ turn }) => turn.kind === "escalation" && (turn.priority ?? "page") === "page");
    if (flagged) this.showCard(id, flagged, words.passed_on);
    if (restored) return void this.log.reveal(entries.at(-1));
    for (const [index, entry] of entries.entries()) this.announce(entry, groups[index]);
    this.log.reveal(entries.find((entry) => entry.matches(".emergency")) ?? entries[0]);
    this.around.changed();
  }

  /** Beside its question, also where a later question was answered first. */
  place(id, entries) {
    const mine = this.log.find(id);
    const chosen = mine && [...this.log.node.querySelectorAll(".mine")].at(-1) !== mine;
    this.log.add(...entries);
    if (chosen) mine.after(...entries);
  }

  announce(entry, { messages }) {
    const said = [spoken(entry)];
    const count = messages.flatMap((message) => message.buttons ?? []).length;
    if (count) said.push(fill(this.words.suggestions_follow, { count }));
    this.announcer.say(said.join(" "));
  }

  showNotice(notice, restored) {
    const entry = this.make.notice(notice);
    this.log.add(entry);
    const done = this.alerts.querySelector(".done");
    if (done && ["seen", "waiting", "taken-over", "left", "left-waiting"].includes(notice.kind)) done.replaceChildren(...inline(notice.text, this.site));
    if (restored) return void this.log.reveal(entry);
    this.announcer.say(spoken(entry), ["waiting", "left-waiting"].includes(notice.kind));
    this.log.reveal(entry);
    this.around.changed();
  }

  setStaff(name) {
    this.staff.hidden = !name;
    this.staff.textContent = name ? fill(this.words.staff_here, { name }) : "";
  }

  setTyping(typing) {
    this.typing.hidden = !typing;
  }

  setOnline(online) {
    if (online) {
      clearTimeout(this.grace);
      this.grace = null;
      if (this.offline) this.announcer.say(this.words.online_again);
      this.offline = false;
      this.banner.hidden = true;
      return;
    }
    if (this.offline || this.grace) return;
    const say = () => {
      this.grace = null;
      this.offline = true;
      this.banner.hidden = false;
      this.banner.classList.add("offline");
      this.banner.replaceChildren(...inline(this.words.offline, this.site));
      this.announcer.say(this.banner.textContent, true);
    };
    this.grace = setTimeout(say, navigator.onLine ? SECONDS_OF_GRACE * 1000 : 0);
  }

  restored() {
    this.announcer.say(this.words.restored);
  }

  say(word) {
    this.log.add(this.make.note(this.words[word]));
    this.announcer.say(this.words[word]);
  }

  clear() {
    this.log.clear();
    this.setAlert(null);
    this.setStaff(null);
    this.setTyping(false);
    this.log.add(this.make.opening());
  }

  refuse(id, { error, do: advice }) {
    const { words } = this;
    this.log.find(id)?.querySelector(".delivery").replaceChildren();
    const text = [words.refused, error, advice, `**${words.refused_urgent}**`].filter(Boolean).join(" ");
    this.log.add(this.make.note(text));
    this.announcer.say(text.replaceAll("**", ""), true);
  }

  // --- the emergency card ----------------------------------------------------------------------

  showCard(id, { turn, messages }, done) {
    if (this.dismissed.value.includes(id)) return;
    const text = messages.map((message) => message.text ?? "").join("\n");
    const card = emergencyCard(this.site, { turn, text, done }, () => this.dismiss(id));
    card.dataset.of = id;
    this.setAlert(card);
  }

  setAlert(card) {
    this.alerts.replaceChildren(...(card ? [card] : []));
    this.node.classList.toggle("alerting", Boolean(card));
  }

  showLocalCard(id) {
    if (this.alerts.querySelector(`[data-local="${CSS.escape(id ?? "")}"]`)) return;
    this.showCard(id ?? "", { turn: {}, messages: [] }, this.words.not_passed_on);
    const card = this.alerts.firstElementChild;
    if (card) card.dataset.local = id ?? "";
  }

  localCardSent(id) {
    const card = this.alerts.querySelector(`[data-local="${CSS.escape(id)}"]`);
    card?.querySelector(".done").replaceChildren(...inline(this.words.sent_after_all, this.site));
  }

  dismiss(id) {
    this.dismissed.set([...this.dismissed.value, id].slice(-50));
    this.setAlert(null);
    this.box.focus();
  }
}
