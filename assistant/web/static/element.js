// <bone-chat>: a button that opens the chat, or with the attribute `page` the chat alone.

import { Announcer } from "./announcer.js";
import { button, element } from "./dom.js";
import { Panel } from "./panel.js";
import { Kept } from "./storage.js";

const SIZES = [1, 1.25, 1.5, 1.75, 2];
const SECONDS_BETWEEN_TRIES = 5;

const pause = (seconds) => new Promise((resolve) => void setTimeout(resolve, seconds * 1000));

/** Fetches until it succeeds: without words and numbers there is nothing to show. */
async function fetched(address, read, failed) {
  for (;;) {
    try {
      const response = await fetch(address);
      if (response.ok) return await read(response);
    } catch {
      // Offline, or the server is down.
    }
    failed();
    await pause(SECONDS_BETWEEN_TRIES);
  }
}

async function style(root, base) {
  const address = new URL("assets/chat.css", base);
  if (!("adoptedStyleSheets" in root)) {
    root.append(element("link", { rel: "stylesheet", href: address.href }));
    return;
  }
  // A sheet of the script's is no inline style: a strict policy of the page allows it.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await fetched(address, (response) => response.text(), () => {}));
  root.adoptedStyleSheets = [sheet];
}

/** Defines the element for a server; a second script on the page changes nothing. */
export function define(base) {
  if (customElements.get("bone-chat")) return;

  class BoneChat extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const root = this.attachShadow({ mode: "open" });
      root.append(document.createElement("slot")); // the page's own words, until ours are there
      this.begin(root);
    }

    async begin(root) {
      const [site] = await Promise.all([
        fetched(new URL("welcome", base), (response) => response.json(), () => this.unreachable(root)),
        style(root, base),
      ]);
      this.page = this.hasAttribute("page");
      this.opened = new Kept(`bone-chat ${base.href} open`, false);
      this.size = new Kept("bone-chat text size", 1, "localStorage");
      this.words = site.words;
      this.announcer = new Announcer();
      const tools = this.page ? null : button(site.words.close, () => this.close());
      this.panel = new Panel(base, site, {
        announcer: this.announcer,
        page: this.page,
        tools,
        changed: () => this.changed(),
        resize: (by) => this.resize(by),
      });
      this.show(root, site);
      this.resize(0);
      if (this.page || this.opened.value) this.open(false);
    }

    show(root, site) {
      const place = this.page ? {} : { role: "dialog", "aria-labelledby": "title" };
      this.frame = element("div", { class: "panel", hidden: !this.page, ...place }, this.panel.node);
      this.launcher = button(site.words.launcher, () => this.open(), { class: "launcher", "aria-haspopup": "dialog" });
      const layout = this.page ? "root page" : "root";
      this.root = element("div", { class: layout, lang: site.locale },
        this.frame, this.page ? null : this.launcher, this.announcer.polite, this.announcer.assertive);
      this.root.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !this.page && !this.frame.hidden) this.close();
      });
      root.replaceChildren(...root.querySelectorAll("link"), this.root);
      this.dispatchEvent(new Event("ready"));
    }

    /** Shown while not even the words can be had; without the page's own words these must do. */
    unreachable(root) {
      if (this.childNodes.length || root.querySelector("p")) return;
      const number = this.getAttribute("emergency") ?? "your emergency number";
      root.append(element("p", {}, `The chat cannot be reached at present. In an emergency call ${number}.`));
    }

    open(focus = true) {
      this.frame.hidden = false;
      this.launcher.hidden = true;
      this.launcher.textContent = this.words.launcher;
      this.opened.set(true);
      if (!this.begun) this.panel.conversation.start();
      this.begun = true;
      if (focus || this.page) this.panel.box.focus({ preventScroll: true });
    }

    close() {
      this.frame.hidden = true;
      this.launcher.hidden = false;
      this.opened.set(false);
      this.launcher.focus();
    }

    changed() {
      if (this.frame.hidden) this.launcher.textContent = this.words.launcher_new;
    }

    resize(by) {
      const at = Math.max(0, SIZES.indexOf(this.size.value));
      this.size.set(SIZES[Math.min(SIZES.length - 1, Math.max(0, at + by))]);
      this.root.style.setProperty("--scale", this.size.value);
    }
  }

  customElements.define("bone-chat", BoneChat);
}
