// A case's page: the conversation stays live, and what somebody typed is never lost.

const conversation = document.getElementById("conversation");
const line = document.getElementById("line");
const done = new URLSearchParams(location.search).get("done");

// Drafts, kept in this tab until they were sent.
for (const field of document.querySelectorAll("[data-draft]")) {
  const name = `draft:${document.body.dataset.login}:${location.pathname}:${field.dataset.draft}`;
  const sent = { line: ["sent", "sent-before"], remark: ["closed", "false-alarm", "false-alarm-bare", "false-alarm-later"] };
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
let readUntil = null; // of the lines that are shown now

// What came while nobody looked is not taken for read.
function noteRead() {
  const list = conversation.querySelector(".lines");
  if (readUntil === null || document.hidden || (list && !atEnd(list))) return;
  for (const field of document.querySelectorAll("input[name=read_until]")) field.value = readUntil;
}
document.addEventListener("visibilitychange", noteRead);
conversation.addEventListener("scroll", noteRead, true);

function show(state) {
  const left = document.getElementById("left");
  if (left && state.left !== null) {
    left.textContent = `After ${state.left} min without a line from you the assistant takes it back.`;
  }
  document.getElementById("changed").hidden = state.shown === conversation.dataset.shown;
  const contact = document.getElementById("contact");
  const given = document.createElement("dd");
  given.innerHTML = state.contact; // the server escapes each word of a patient
  if (given.innerHTML.trim() !== contact.innerHTML.trim()) {
    contact.innerHTML = given.innerHTML;
    document.getElementById("news").textContent = `Call back: ${contact.innerText}`;
  }
  readUntil = state.read_until;
  showLines(state);
  noteRead();
}

function showLines(state) {
  if (state.conversation.trim() === shownText) return;
  shownText = state.conversation.trim();
  const list = conversation.querySelector(".lines");
  const follows = !list || atEnd(list);
  const [top, focused] = [list ? list.scrollTop : 0, list === document.activeElement];
  const before = new Set([...conversation.querySelectorAll(".line")].map((one) => one.dataset.line));
  conversation.innerHTML = state.conversation; // the server escapes each word of a patient
  const lines = [...conversation.querySelectorAll(".line")];
  const fresh = lines.filter(
    (one) => one.classList.contains("patient") && !before.has(one.dataset.line),
  );
  if (fresh.length) {
    document.getElementById("news").textContent =
      `The patient writes: ${fresh.map((one) => one.querySelector(".words").innerText).join(" ")}`;
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
