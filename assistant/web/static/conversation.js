// The conversation of one tab: nothing that was typed is lost, and nothing is shown twice.

import { Connection } from "./connection.js";
import { Kept } from "./storage.js";

const LONGEST_WAIT_SECONDS = 30;
const MOST_CHARACTERS = 100_000;
const MOST_UNSENT = 20;
const SECONDS_UNTIL_UNSENT = 8;

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // only where the page came over https
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Conversation {
  /**
   * @param {URL} base Of the server's addresses.
   * @param {object} view Shows what happens: see panel.js.
   */
  constructor(base, view) {
    this.view = view;
    const name = `bone-chat ${base.href}`;
    this.token = new Kept(`${name} token`, "");
    this.unsent = new Kept(`${name} unsent`, []);
    this.consent = new Kept(`${name} consent`, "");
    this.consentVersion = "";
    this.wakers = new Set();
    this.forget();
    this.connection = new Connection(base, {
      connected: () => this.connected(),
      lost: () => this.lost(),
      expired: () => this.renew(),
      position: () => ({ turns: this.lastTurn, notices: this.lastNotice }),
      resumed: (answer) => this.take(answer),
      received: ({ message_id: id }) => this.view.setDelivery(id, "delivered"),
      turn: (turn) => this.showTurn(turn),
      notices: (told) => this.takeNotices(told),
    });
    for (const name of ["online", "offline"]) {
      addEventListener(name, () => {
        this.connection.hurry();
        this.wake();
      });
    }
  }

  forget() {
    this.lastTurn = 0;
    this.lastNotice = 0;
    this.answered = new Set();
    this.told = new Set();
    this.delivering = new Set();
    this.passedOn = false;
    this.resumed = false;
  }

  /** Begins, or goes on with what this tab had before a reload. */
  async start() {
    const before = this.token.value;
    for (let attempt = 0; !(await this.begin(before)); attempt += 1) {
      this.lost();
      await this.pause(attempt);
    }
    this.connection.open(this.token.value);
  }

  async begin(token) {
    this.connection.token = token;
    const answer = await this.connection.post("session", {});
    if (answer.status !== 201) return false;
    this.token.set(answer.token);
    this.connection.token = answer.token;
    if (token && !answer.continued) this.view.say("session_ended");
    return true;
  }

  async renew() {
    if (this.renewing) return;
    this.renewing = true;
    this.forget();
    await this.start();
    this.renewing = false;
  }

  async startOver() {
    this.connection.close();
    this.unsent.set([]);
    this.token.set("");
    this.forget();
    this.view.clear();
    await this.start();
    this.view.say("started_over");
  }

  wake() {
    for (const wake of [...this.wakers]) wake();
  }

  lost() {
    if (!this.connection?.connected) this.view.setOnline(false);
  }

  /** Asks for what came while the connection was gone, then sends what was not confirmed. */
  async connected() {
    let answer;
    do {
      answer = await this.connection.call("resume", {
        turns: this.lastTurn,
        notices: this.lastNotice,
      });
      if (answer.status === 401) return void this.renew();
      if (answer.status !== 200) return void this.retryResume();
      this.take(answer, !this.resumed);
    } while (answer.more);
    if (!this.resumed && this.answered.size) this.view.restored();
    this.resumed = true;
    this.view.setOnline(true);
    for (const entry of this.unsent.value) this.deliver(entry);
    this.wake();
  }

  async retryResume() {
    await this.pause(1);
    if (this.connection.connected) this.connected();
  }

  take(answer, restored = false) {
    for (const turn of answer.turns) this.showTurn(turn, restored);
    this.takeNotices(answer, restored);
  }

  takeNotices({ notices, staff }, restored = false) {
    const before = this.lastNotice;
    for (const notice of notices) {
      if (this.told.has(notice.id)) continue;
      this.told.add(notice.id);
      this.lastNotice = Math.max(this.lastNotice, notice.id);
      this.view.showNotice(notice, restored);
    }
    this.view.setStaff(staff);
    if (this.lastNotice > before) this.connection.call("shown", { notices: this.lastNotice });
  }

  /** Shows a turn that this page did not ask for, or has lost. */
  showTurn({ turn, message_id: id, text, at, messages }, restored = false) {
    if (turn) this.lastTurn = Math.max(this.lastTurn, turn);
    if (this.answered.has(id)) return;
    const remark = id.endsWith("~remark");
    if (!remark && !this.view.has(id)) this.view.showMine(id, text, at);
    this.showAnswer(id, messages, at, restored);
  }

  showAnswer(id, messages, at, restored = false) {
    this.answered.add(id);
    this.unsent.set(this.unsent.value.filter((entry) => entry.id !== id));
    this.passedOn ||= messages.some(({ custom }) => ["handoff", "escalation"].includes(custom?.kind));
    this.view.setDelivery(id, "delivered");
    this.view.showReply(id, messages, at, restored);
    this.view.setTyping(this.delivering.size > 1);
  }

  /** Takes a message; returns why not, in words of the interface, or null. */
  send(text) {
    if (text.length > MOST_CHARACTERS) {
      return { word: "too_long", values: { given: text.length, allowed: MOST_CHARACTERS } };
    }
    if (this.unsent.value.length >= MOST_UNSENT) {
      return { word: "queue_full", values: { allowed: MOST_UNSENT } };
    }
    const entry = { id: newId(), text };
    this.unsent.set([...this.unsent.value, entry]);
    this.view.showMine(entry.id, text);
    this.deliver(entry);
    return null;
  }

  /** Sends a message under its id until the server confirms it with the reply. */
  async deliver(entry) {
    const { id, text } = entry;
    if (this.delivering.has(id) || this.answered.has(id)) return;
    const { delivering } = this;
    delivering.add(id);
    if (!this.view.has(id)) this.view.showMine(id, text);
    this.view.setDelivery(id, "sending");
    for (let attempt = 0; delivering === this.delivering && !this.answered.has(id); attempt += 1) {
      if (this.connection.connected && this.resumed) {
        this.view.setTyping(true);
        const late = setTimeout(() => this.view.setDelivery(id, "unsent", text), SECONDS_UNTIL_UNSENT * 1000);
        const body = { message: text, message_id: id };
        if (this.consent.value !== this.token.value) body.consent = this.consentVersion;
        const answer = await this.connection.call("message", body);
        clearTimeout(late);
        if (delivering !== this.delivering || this.answered.has(id)) break;
        if (answer.status === 200 && answer.messages?.length) {
          if (answer.turn) this.lastTurn = Math.max(this.lastTurn, answer.turn);
          this.consent.set(this.token.value);
          this.showAnswer(id, answer.messages);
          break;
        }
        if ([400, 403, 413, 415].includes(answer.status)) {
          this.unsent.set(this.unsent.value.filter((one) => one.id !== id));
          this.view.refuse(id, answer);
          break;
        }
        if (answer.status === 429) {
          this.view.setDelivery(id, "slow_down", text, { seconds: answer.seconds });
          await this.pause(0, answer.seconds, false);
          continue;
        }
        if (answer.status === 401) return void this.renew();
      }
      this.view.setDelivery(id, "unsent", text);
      this.view.setTyping(false);
      await this.pause(attempt);
    }
    delivering.delete(id);
    this.view.setTyping(this.delivering.size > 0);
  }

  /** Stores a rating; one with a remark until it is stored, for a red flag may be in it. */
  async rate(id, helpful, remark) {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const answer = await this.connection.call("rating", { message_id: id, helpful, remark });
      if (answer.status === 200) {
        if (answer.messages.length) this.showAnswer(`${id}~remark`, answer.messages);
        return;
      }
      if (!remark || ![0, 429, 500, 502, 503, 504].includes(answer.status)) return;
      await this.pause(attempt);
    }
  }

  /** Waits longer each time, or `seconds`; a connection that is back ends it. */
  pause(attempt, seconds = null, wakes = true) {
    const usual = Math.min(LONGEST_WAIT_SECONDS, 2 ** Math.min(attempt, 5)) * (0.75 + Math.random() / 2);
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.wakers.delete(end);
        resolve();
      };
      const timer = setTimeout(end, (seconds ?? usual) * 1000);
      if (wakes) this.wakers.add(end);
    });
  }
}
