// Shows one text of the corpus with the widget's own code; the address names it (#denosumab).

import { element } from "./dom.js";
import { entryMaker } from "./entries.js";
import { Log } from "./log.js";

const choice = document.getElementById("text");
const status = document.getElementById("status");
const root = document.getElementById("shown").attachShadow({ mode: "open" });

const chosen = () => decodeURIComponent(location.hash.slice(1)) || choice.options[0]?.value;

async function show() {
  status.textContent = "Loading…";
  const response = await fetch(`texts/${chosen()}`);
  root.replaceChildren();
  if (!response.ok) {
    status.textContent = await response.text();
    return;
  }
  status.textContent = "";
  const { site, shown } = await response.json();
  choice.value = chosen();
  const log = new Log(site.words, () => root.host.getBoundingClientRect());
  const make = entryMaker({ ...site, heading: "h2" }, {
    ask: (question) => {
      status.textContent = `A tap would ask: ${question}`;
    },
  });
  for (const [index, { asked, message }] of shown.entries()) {
    const id = `shown-${index}`;
    log.add(make.mine(id, asked), ...make.reply(id, [message]));
  }
  root.append(element("link", { rel: "stylesheet", href: "chat.css" }), element("div", { class: "root" }, log.node));
}

const names = await (await fetch("texts")).json();
choice.append(...names.map((name) => element("option", { value: name }, name)));
choice.addEventListener("change", () => {
  location.hash = choice.value;
});
addEventListener("hashchange", show);
await show();
