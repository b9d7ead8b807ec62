// Messages to what the patient sees: bubbles, cards, sources, review state, buttons.

const log = document.getElementById("log");

/** The site's names and numbers; these words stand until the server has told them. */
export const site = {
  emergency: { text: "your emergency number", tel: null },
  crisis: null,
  locale: "en-GB",
  lines: [
    "Hello. I answer questions about cancer that has spread to the bones. " +
      "I am a computer program, not a person.",
    "**In an emergency call your emergency number now.** Nobody watches this chat all the time, " +
      "and my answers have not been reviewed by doctors.",
  ],
};

// --- small helpers: text only ever becomes text nodes -------------------------------------------

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function inline(text) {
  return text
    .split(/\*\*(.+?)\*\*/s)
    .map((part, index) => (index % 2 ? element("strong", {}, part) : part))
    .filter((part) => part !== "");
}

/** Paragraphs, bullet lists and bold: the Markdown that answers and advice are written in. */
function markdown(text) {
  const blocks = [];
  let open = null;
  for (const line of text.split("\n")) {
    const bullet = /^\s*[-*•]\s+(.*)/.exec(line);
    const heading = /^#{1,6}\s+(.*)/.exec(line);
    if (!line.trim()) open = null;
    else if (heading) {
      blocks.push({ tag: "p", lines: [`**${heading[1]}**`] });
      open = null;
    } else if (bullet) {
      if (open?.tag !== "ul") blocks.push((open = { tag: "ul", items: [] }));
      open.items.push(bullet[1]);
    } else if (open?.tag === "ul") open.items[open.items.length - 1] += ` ${line.trim()}`;
    else if (open) open.lines.push(line.trim());
    else blocks.push((open = { tag: "p", lines: [line.trim()] }));
  }
  return blocks.map((block) =>
    block.tag === "ul"
      ? element("ul", {}, ...block.items.map((item) => element("li", {}, ...inline(item))))
      : element("p", {}, ...inline(block.lines.join(" "))),
  );
}

// --- showing ------------------------------------------------------------------------------------

export function showMine(text) {
  const entry = element(
    "div",
    { class: "entry mine" },
    element("div", { class: "bubble" }, element("span", { class: "who" }, "You: "), text || "…"),
  );
  log.append(entry);
  entry.scrollIntoView({ block: "nearest" });
  return entry;
}

/** A turn's messages belong to the object that came before them. */
function grouped(messages) {
  const groups = [];
  for (const message of messages) {
    if (message.custom || !groups.length) groups.push({ turn: message.custom ?? {}, messages: [] });
    if (message.text || message.buttons) groups[groups.length - 1].messages.push(message);
  }
  return groups.filter((group) => group.messages.length);
}

/**
 * Shows the messages of a reply; `send` is called with the words of a button that is tapped, `rate`
 * with a message's id and whether its answer helped.
 */
export function showReply(messages, send, rate) {
  const groups = grouped(messages);
  const entries = groups.map((group) => replyEntry(group, send));
  const id = groups[0]?.turn.message_id;
  if (rate && id && groups.every(({ turn }) => turn.kind === "answer")) {
    entries[entries.length - 1].append(rating((helpful) => rate(id, helpful)));
  }
  entries.forEach((entry) => log.append(entry));
  const first = entries.find((entry) => entry.matches(".emergency")) ?? entries[0];
  first?.scrollIntoView({ block: "start" });
}

/** Says above the conversation which person answers at present; null where the program does. */
export function showStaff(name) {
  const line = document.getElementById("staff");
  const words = name ? `${name} is here: a person answers you now.` : "";
  if (line.textContent !== words) line.textContent = words;
}

function showLine({ name, text }) {
  const words = element("div", {}, ...text.split("\n").map((line) => element("p", {}, line)));
  const who = element("p", { class: "person" }, name);
  const entry = element("div", { class: "entry staff" });
  entry.append(element("div", { class: "bubble" }, who, words));
  log.append(entry);
  entry.scrollIntoView({ block: "nearest" });
}

/** Shows what the care team did or wrote, without moving the reader's place. */
export function showNotice({ kind, name, text }) {
  if (kind === "staff") {
    showLine({ name, text });
    return;
  }
  const urgent = ["waiting", "left-waiting"].includes(kind);
  const entry = element(
    "div",
    { class: `entry told${urgent ? " urgent" : ""}`, role: urgent ? "alert" : "status" },
    element(
      "div",
      { class: urgent ? "bubble" : "notice" },
      element("span", { class: "who" }, "Assistant: "),
      ...markdown(text),
    ),
  );
  log.append(entry);
  entry.scrollIntoView({ block: "nearest" });
}

function replyEntry({ turn, messages }, send) {
  const texts = messages.flatMap((message) => markdown(message.text ?? ""));
  const speaker = element("span", { class: "who" }, "Assistant: ");
  const entry = element("div", { class: "entry", "data-kind": turn.kind ?? "" });
  const escalated = turn.kind === "escalation";
  if (escalated && turn.priority === "page") {
    entry.classList.add("emergency");
    entry.setAttribute("role", "alert");
    entry.append(element("div", { class: "bubble" }, ...emergencyHead(turn), ...texts));
  } else if (escalated && turn.priority === "same-day") {
    entry.classList.add("urgent");
    const head = element("h2", {}, "This needs a call today");
    entry.append(element("div", { class: "bubble" }, head, ...texts));
  } else if (escalated) {
    entry.append(element("div", { class: "notice" }, speaker, ...texts));
  } else {
    entry.append(element("div", { class: "bubble" }, speaker, ...texts));
  }
  if (turn.kind === "answer") entry.append(provenance(turn));
  const buttons = messages.flatMap((message) => message.buttons ?? []);
  if (buttons.length) entry.append(choices(buttons, send));
  return entry;
}

function emergencyHead(turn) {
  const selfHarm = (turn.red_flags ?? []).some((flag) => flag.category === "self-harm");
  const calls = [callLink(site.emergency, "call")];
  if (selfHarm && site.crisis) calls.push(callLink(site.crisis, "call second"));
  return [
    element("h2", {}, selfHarm ? "Please get help now" : "This may be an emergency"),
    element("div", { class: "calls" }, ...calls),
  ];
}

function callLink(contact, style) {
  if (contact.tel) {
    return element("a", { class: style, href: `tel:${contact.tel}` }, `Call ${contact.text}`);
  }
  return element("strong", {}, `Call ${contact.text}.`);
}

function provenance(turn) {
  const meta = element("div", { class: "meta" });
  const sources = (turn.sources ?? []).map(sourceNode);
  if (sources.length === 1) meta.append(element("div", {}, "Source: ", sources[0]));
  if (sources.length > 1) {
    const items = sources.map((source) => element("li", {}, source));
    meta.append(element("div", {}, "Sources:"), element("ul", {}, ...items));
  }
  meta.append(element("div", {}, reviewState(turn)));
  return meta;
}

function sourceNode(source) {
  if (typeof source === "string") return source;
  const title = String(source.title ?? source.name ?? source.id ?? source.url ?? "unnamed source");
  if (!/^https?:\/\//.test(source.url ?? "")) return title;
  const where = { href: source.url, target: "_blank", rel: "noopener noreferrer" };
  return element("a", where, title);
}

function reviewState({ reviewed, review_overdue: overdue }) {
  if (!reviewed) return "Not yet clinically reviewed";
  const again = overdue ? ". It is due to be checked again" : "";
  const day = new Date(`${reviewed}T00:00:00`);
  if (Number.isNaN(day.valueOf())) return `Clinically reviewed: ${reviewed}${again}`;
  const date = day.toLocaleDateString(site.locale, { dateStyle: "long" });
  return `Clinically reviewed on ${date}${again}`;
}

function choices(buttons, send) {
  const row = element("div", { class: "choices", role: "group", "aria-label": "Suggestions" });
  for (const { title, payload } of buttons) {
    const button = element("button", { type: "button" }, title);
    button.addEventListener("click", () => send(payload || title));
    row.append(button);
  }
  return row;
}

function rating(rate) {
  const question = "Was this helpful?";
  const row = element("div", { class: "rating", role: "group", "aria-label": question });
  row.append(element("span", { "aria-hidden": "true" }, question));
  for (const [title, helpful] of [["Yes", true], ["No", false]]) {
    const button = element("button", { type: "button" }, title);
    button.addEventListener("click", () => {
      rate(helpful);
      row.replaceChildren(element("span", { tabindex: "-1" }, "Thank you for telling us."));
      row.firstChild.focus(); // the button is gone, and with it the reader's place
    });
    row.append(button);
  }
  return row;
}
