// Shows one text of the corpus with the chat page's own code; the address names it (#denosumab).

import { element, showMine, showReply, site } from "./messages.js";

const choice = document.getElementById("text");
const log = document.getElementById("log");
const status = document.getElementById("status");

const chosen = () => decodeURIComponent(location.hash.slice(1)) || choice.options[0]?.value;

async function show() {
  status.textContent = "Loading…";
  const response = await fetch(`texts/${chosen()}`);
  log.replaceChildren();
  if (!response.ok) {
    status.textContent = await response.text();
    return;
  }
  status.textContent = "";
  const { site: settings, shown } = await response.json();
  Object.assign(site, settings);
  choice.value = chosen();
  for (const { asked, message } of shown) {
    showMine(asked);
    showReply([message], (question) => {
      status.textContent = `A tap would ask: ${question}`;
    });
  }
  log.scrollTop = 0;
}

const names = await (await fetch("texts")).json();
choice.append(...names.map((name) => element("option", { value: name }, name)));
choice.addEventListener("change", () => {
  location.hash = choice.value;
});
addEventListener("hashchange", show);
await show();
