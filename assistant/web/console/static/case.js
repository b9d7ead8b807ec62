// A case's page: the conversation stays live, and what somebody typed is never lost.

const conversation = document.getElementById("conversation");
const line = document.getElementById("line");
const done = new URLSearchParams(location.search).get("done");

// Drafts, kept in this tab until they were sent.
for (const field of document.querySelectorAll("[data-draft]")) {
  const name = `draft:${location.pathname}:${field.dataset.draft}`;
  const sent = { line: ["sent", "sent-before"], remark: ["closed", "false-alarm", "false-alarm-bare"] };
  if (sent[field.dataset.draft].includes(done)) sessionStorage.removeItem(name);
  if (!field.value) field.value = sessionStorage.getItem(name) || "";
  if (field.value && field.closest("details")) field.closest("details").open = true;
  field.addEventListener("input", () => sessionStorage.setItem(name, field.value));
}
if (done === "sent" || done === "sent-before") {
  // A reload must not take the next draft for the one that was sent.
  history.replaceState(null, "", location.pathname + location.hash);
}

function atEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 40;
}

function toEnd() {
  const list = conversation.querySelector(".lines");
  if (list) list.scrollTop = list.scrollHeight;
}

async function refresh() {
  let answer;
  try {
    answer = await fetch(conversation.dataset.conversation, {
      headers: { "X-Looks-By-Itself": "1" },
      redirect: "error",
      signal: AbortSignal.timeout(8000),
    });
    if (answer.status === 401) return; // watch.js says so
    if (answer.ok) show(await answer.json());
  } catch {
    // watch.js says when the server does not answer
  }
  setTimeout(refresh, 2000);
}

let shownText = conversation.innerHTML.trim();

function show(state) {
  const left = document.getElementById("left");
  if (left && state.left !== null) {
    left.textContent = `After ${state.left} min without a line from you the assistant takes it back.`;
  }
  document.getElementById("changed").hidden = state.shown === conversation.dataset.shown;
  if (state.conversation.trim() === shownText) return;
  shownText = state.conversation.trim();
  const list = conversation.querySelector(".lines");
  const follows = !list || atEnd(list);
  const [top, focused] = [list ? list.scrollTop : 0, list === document.activeElement];
  const before = conversation.querySelectorAll(".line").length;
  conversation.innerHTML = state.conversation; // the server escapes each word of a patient
  const lines = [...conversation.querySelectorAll(".line")];
  const fresh = lines.slice(before).filter((one) => one.classList.contains("patient"));
  if (fresh.length) {
    document.getElementById("news").textContent =
      `The patient writes: ${fresh.map((one) => one.lastElementChild.innerText).join(" ")}`;
  }
  const again = conversation.querySelector(".lines");
  if (!again) return;
  if (follows) toEnd();
  else again.scrollTop = top;
  if (focused) again.focus({ preventScroll: true });
}

if (line) {
  line.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      line.form.requestSubmit();
    }
  });
  if (done === "sent" || done === "taken-over") line.focus({ preventScroll: true });
}

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault(); // a second click
    form.dataset.sent = "1";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

toEnd();
refresh();
