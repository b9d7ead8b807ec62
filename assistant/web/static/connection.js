// Calls by name over Socket.IO; over plain HTTP where no socket can be had.

import { io } from "./socket.io.esm.min.js";

const CALL_SECONDS = 25; // a turn takes 15 at most, and its last resort 3
const ASKS_EVERY_SECONDS = 3; // over HTTP, where nothing is pushed

export class Connection {
  /**
   * @param {URL} base Of the server's addresses.
   * @param {object} told What is called: `connected()`, `lost()`, `expired()`, `position()` for the
   *   greatest numbers shown, and `resumed`, `received`, `turn` and `notices` with what the server says.
   */
  constructor(base, told) {
    this.base = base;
    this.told = told;
    this.overHttp = false;
    this.socket = null;
    // Not secret: a load balancer keeps one page's requests together by it (docs/cluster.md).
    this.affinity = Math.random().toString(36).slice(2);
  }

  open(token) {
    this.token = token;
    this.close();
    this.socket = io(this.base.origin, {
      path: `${this.base.pathname}socket.io/`,
      query: { affinity: this.affinity },
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5000,
      timeout: 6000,
      forceNew: true,
      auth: (give) => give({ token: this.token }),
    });
    this.socket.on("connect", () => {
      this.overHttp = false;
      this.told.connected();
    });
    this.socket.on("disconnect", (reason) => {
      this.told.lost();
      if (reason === "io server disconnect") this.socket.connect();
    });
    this.socket.on("connect_error", (error) => {
      if (error.data?.status === 401) this.told.expired();
      else this.told.lost();
    });
    for (const name of ["received", "turn", "notices"]) this.socket.on(name, this.told[name]);
    this.asking = setInterval(() => this.tryHttp(), ASKS_EVERY_SECONDS * 1000);
  }

  close() {
    clearInterval(this.asking);
    this.overHttp = false;
    this.socket?.removeAllListeners();
    this.socket?.disconnect();
  }

  get connected() {
    return Boolean(this.socket?.connected) || this.overHttp;
  }

  /** Tries the connection anew at once: the browser says that the network has changed. */
  hurry() {
    this.overHttp = false;
    this.socket?.disconnect().connect();
  }

  /** Asks over HTTP, while there is no socket, for what one would have pushed. */
  async tryHttp() {
    if (this.socket.connected || this.trying) return;
    this.trying = true;
    const answer = await this.post("resume", this.told.position());
    this.trying = false;
    if (this.socket.connected) return;
    if (answer.status === 401) this.told.expired();
    else if (answer.status !== 200) {
      this.overHttp = false;
      this.told.lost();
    } else if (this.overHttp) this.told.resumed(answer);
    else {
      this.overHttp = true;
      this.told.connected();
    }
  }

  /** Asks the server; a failure is an answer of status 0, never an exception. */
  async call(name, body) {
    if (!this.socket?.connected) return this.overHttp ? this.post(name, body) : { status: 0 };
    try {
      return await this.socket.timeout(CALL_SECONDS * 1000).emitWithAck(name, body);
    } catch {
      return { status: 0 };
    }
  }

  async post(name, body) {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), CALL_SECONDS * 1000);
    const headers = { "Content-Type": "application/json" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    try {
      const address = new URL(name, this.base);
      const sent = { method: "POST", headers, body: JSON.stringify(body), signal: giveUp.signal };
      const response = await fetch(address, sent);
      return { ...(await response.json().catch(() => ({}))), status: response.status };
    } catch {
      return { status: 0 };
    } finally {
      clearTimeout(timer);
    }
  }
}
