// The chat page: sends messages until the server has them, shows each reply by its kind.

const SEND_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 30;
const EMERGENCY_WITHOUT_SITE = { text: "your emergency number", tel: null };

const log = document.getElementById("log");
const status = document.getElementById("status");
const form = document.getElementById("form");
const box = document.getElementById("message");

let site = {
  emergency: EMERGENCY_WITHOUT_SITE,
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

function element(tag, properties = {}, ...children) {
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

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // only where the page came over https
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const pause = (seconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
    addEventListener("online", resolve, { once: true });
  });

// --- showing ------------------------------------------------------------------------------------

function showMine(text) {
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

function showReply(messages) {
  const entries = grouped(messages).map(replyEntry);
  entries.forEach((entry) => log.append(entry));
  const first = entries.find((entry) => entry.matches(".emergency")) ?? entries[0];
  first?.scrollIntoView({ block: "start" });
}

function replyEntry({ turn, messages }) {
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
  if (buttons.length) entry.append(choices(buttons));
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
  meta.append(element("div", {}, reviewState(turn.reviewed)));
  return meta;
}

function sourceNode(source) {
  if (typeof source === "string") return source;
  const title = String(source.title ?? source.name ?? source.id ?? source.url ?? "unnamed source");
  if (!/^https?:\/\//.test(source.url ?? "")) return title;
  const where = { href: source.url, target: "_blank", rel: "noopener noreferrer" };
  return element("a", where, title);
}

function reviewState(reviewed) {
  if (!reviewed) return "Not yet clinically reviewed";
  const day = new Date(`${reviewed}T00:00:00`);
  if (Number.isNaN(day.valueOf())) return `Clinically reviewed: ${reviewed}`;
  return `Clinically reviewed on ${day.toLocaleDateString(site.locale, { dateStyle: "long" })}`;
}

function choices(buttons) {
  const row = element("div", { class: "choices", role: "group", "aria-label": "Suggestions" });
  for (const { title, payload } of buttons) {
    const button = element("button", { type: "button" }, title);
    button.addEventListener("click", () => send(payload || title));
    row.append(button);
  }
  return row;
}

// --- sending: one message at a time, the same id until the server confirms ----------------------

const waiting = [];
let delivering = false;

function send(text) {
  waiting.push({ id: newId(), text, entry: showMine(text) });
  deliverAll();
}

async function deliverAll() {
  if (delivering) return;
  delivering = true;
  try {
    while (waiting.length) await deliver(waiting.shift());
  } finally {
    delivering = false;
  }
}

async function deliver({ id, text, entry }) {
  status.textContent = "Writing an answer…";
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await post("message", { message: text, message_id: id });
    if (outcome.ok && outcome.body.messages?.length) {
      entry.querySelector(".unsent")?.remove();
      status.textContent = "";
      showReply(outcome.body.messages);
      return;
    }
    if (outcome.status === 401) await post("session", {});
    else if (outcome.refused) {
      entry.querySelector(".unsent")?.remove();
      status.textContent = "";
      showReply([{ text: refusal(outcome.body) }]);
      return;
    }
    if (attempt || outcome.status !== 401) {
      noteUnsent(entry);
      const wait = Math.min(LONGEST_WAIT_SECONDS, 2 ** Math.min(attempt, 5));
      await pause(wait * (0.75 + Math.random() / 2));
    }
  }
}

/** Posts JSON; a failure is an outcome, never an exception. */
async function post(address, body) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), SEND_SECONDS * 1000);
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: giveUp.signal,
    });
    const { ok, status: code } = response;
    const answer = await response.json().catch(() => ({}));
    return { ok, status: code, body: answer, refused: [400, 403, 413, 415].includes(code) };
  } catch {
    return { ok: false, status: 0, body: {}, refused: false };
  } finally {
    clearTimeout(timer);
  }
}

function noteUnsent(entry) {
  status.textContent = "";
  if (entry.querySelector(".unsent")) return;
  const { text, tel } = site.emergency;
  const number = tel ? element("a", { href: `tel:${tel}` }, text) : text;
  const words = ["Not sent yet, trying again. If it is urgent, call ", number, "."];
  entry.append(element("p", { class: "meta unsent", role: "alert" }, ...words));
}

function refusal(body) {
  return (
    `Your message could not be taken. ${body.error ?? ""} ${body.do ?? ""}\n\n` +
    `**If it is urgent, call ${site.emergency.text} now.**`
  );
}

// --- start --------------------------------------------------------------------------------------

function fitBox() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value;
  if (!text.trim()) return;
  box.value = "";
  fitBox();
  send(text);
  box.focus();
});
box.addEventListener("input", fitBox);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

async function start() {
  const session = post("session", {}); // without one, the first message begins it
  try {
    const response = await fetch("welcome");
    if (response.ok) site = { ...site, ...(await response.json()) };
  } catch {
    // The words above stand.
  }
  document.documentElement.lang = site.locale;
  document.getElementById("hospital").textContent = site.hospital ?? "";
  const { text, tel } = site.emergency;
  const number = document.getElementById("emergency");
  number.replaceChildren(tel ? element("a", { href: `tel:${tel}` }, text) : text);
  showReply([{ text: site.lines.join("\n\n") }]);
  await session;
  box.focus();
}

start();
