// The chat page: sends messages until the server has them, and shows each reply.

import { element, showMine, showNotice, showReply, showStaff, site } from "./messages.js";
import { wasPassedOn, watchNotices } from "./notices.js";

const SEND_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 30;

const status = document.getElementById("status");
const form = document.getElementById("form");
const box = document.getElementById("message");

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

/** Whether staff may look at a message: then the page says when they have. */
function isWatched({ custom }) {
  return ["handoff", "escalation"].includes(custom?.kind);
}

function rate(id, helpful) {
  post("rating", { message_id: id, helpful }); // once: a lost rating is no loss to the patient
}

async function deliver({ id, text, entry }) {
  status.textContent = "Writing an answer…";
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await post("message", { message: text, message_id: id });
    if (outcome.ok && outcome.body.messages?.length) {
      entry.querySelector(".unsent")?.remove();
      status.textContent = "";
      showReply(outcome.body.messages, send, rate);
      if (outcome.body.messages.some(isWatched)) watchNotices(showNotice, showStaff);
      return;
    }
    if (outcome.status === 401) await post("session", {});
    else if (outcome.refused) {
      entry.querySelector(".unsent")?.remove();
      status.textContent = "";
      showReply([{ text: refusal(outcome.body) }], send);
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
  // Without a session the first message begins one. After a reload staff still reach the patient.
  const session = post("session", { continue: wasPassedOn() });
  try {
    const response = await fetch("welcome");
    if (response.ok) Object.assign(site, await response.json());
  } catch {
    // The words above stand.
  }
  document.documentElement.lang = site.locale;
  document.getElementById("hospital").textContent = site.hospital ?? "";
  const { text, tel } = site.emergency;
  const number = document.getElementById("emergency");
  number.replaceChildren(tel ? element("a", { href: `tel:${tel}` }, text) : text);
  showReply([{ text: site.lines.join("\n\n") }], send);
  await session;
  if (wasPassedOn()) watchNotices(showNotice, showStaff);
  box.focus();
}

start();
