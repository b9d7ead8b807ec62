// Asks every two seconds what has changed: swaps the list, raises the alarm, says what is new.

const EVERY = 2000;
const QUIET_AFTER = 10000; // without an answer the page says that it is no longer live
const BEEP_EVERY = 10000;
const SOUND = "console-sound";
const [ANNOUNCED, SOUNDED, LOGGED_OUT] = ["console-announced", "console-sounded", "console-out"];
const MOST_NAMED = 3; // cases in a line

const body = document.body;
const cases = document.getElementById("cases");
const soundButton = document.getElementById("sound");
const title = document.title;

let version = ""; // of what is shown; the first answer also says what is overdue
let lastAnswer = Date.now();
let alarming = false;
let lost = false;
let emergencies = []; // that nobody has acknowledged
let ownWaits = []; // of patients whose conversation this person has

function address() {
  const query = new URLSearchParams(cases ? cases.dataset.query : "list=no");
  query.set("since", version);
  return `${body.dataset.changes}?${query}`;
}

function known() {
  return new Set([...document.querySelectorAll("[data-case]")].map((row) => row.dataset.case));
}

function announce(before) {
  const fresh = [...document.querySelectorAll("tr.unseen[data-case]")].filter(
    (row) => row.dataset.priority !== "page" && !before.has(row.dataset.case),
  );
  const about = (row) => `case ${row.dataset.case}, ${row.cells[2].innerText.split("\n")[0]}`;
  if (fresh.length) {
    document.getElementById("news").textContent = `New: ${fresh.map(about).join("; ")}`;
  }
}

// What this tab has said, or sounded, of a case and its round, kept from page to page.
function remembered(name) {
  return new Set(JSON.parse(sessionStorage.getItem(name) || "[]"));
}

function remember(name, emergencies) {
  sessionStorage.setItem(name, JSON.stringify(emergencies.map((one) => one.round)));
}

function showEmergencies(state) {
  emergencies = state.emergencies;
  const total = state.unseen.page;
  const said =
    total === 0 ? ""
    : total === 1 ? "1 emergency is acknowledged by nobody:"
    : `${total} emergencies are acknowledged by nobody, newest first:`;
  fill("emergencies", said, emergencies.slice(0, MOST_NAMED).map(linkOf));
  const known = remembered(ANNOUNCED);
  const fresh = emergencies.filter((one) => !known.has(one.round)).slice(0, MOST_NAMED);
  if (fresh.length) {
    document.getElementById("urgent").textContent =
      `New emergency: ${fresh.map((one) => `case ${one.case}, ${one.about}`).join("; ")}`;
  }
  remember(ANNOUNCED, emergencies);
}

function showWaits(state) {
  const own = state.waits.filter((one) => one.own);
  const others = state.waits.filter((one) => !one.own);
  const since = (one) => `case ${one.case}: patient waits since ${one.since}`;
  fill("own-waits", own.length ? `You have ${own.map(since).join("; ")}.` : "", own.map(linkOf));
  const theirs = others.map((one) => `${since(one)} (${one.name} has the conversation)`);
  fill("other-waits", theirs.join("; ").replace("case", "Case"), others.map(linkOf));
  ownWaits = own;
}

// Whoever looks at the conversation sees it there.
function isWaitedFor() {
  return ownWaits.some((one) => document.hidden || location.pathname !== linkOf(one)[0]);
}

function linkOf(one) {
  return [`/cases/${one.case}`, `Show ${one.case}`];
}

function swap(fragment) {
  const before = known();
  const focused = cases.contains(document.activeElement) ? document.activeElement.id : "";
  const top = window.scrollY;
  cases.innerHTML = fragment; // the server escapes each word of a patient
  if (focused) {
    const again = document.getElementById(focused);
    if (again) again.focus({ preventScroll: true });
  }
  window.scrollTo({ top, behavior: "instant" });
  announce(before);
  showAges();
}

function showAges() {
  for (const row of document.querySelectorAll("[data-case]")) {
    const since = row.querySelector("time");
    const minutes = Math.floor((Date.now() - new Date(since.dateTime)) / 60000);
    const said =
      minutes < 60 ? `${minutes} min`
      : minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
      : `${Math.floor(minutes / 1440)} days`;
    row.querySelector(".age").textContent = `${said} ago`;
  }
}

function raise(text, link) {
  alarming = text !== "";
  fill("alarm", text, link ? [link] : []);
}

function fill(id, text, links) {
  const box = document.getElementById(id);
  const paragraph = box.querySelector("p");
  const said = JSON.stringify([text, links]);
  box.hidden = text === "";
  const loud = [...document.querySelectorAll(".alarm")].some((one) => !one.hidden);
  document.title = loud ? `(!) ${title}` : title;
  if (paragraph.dataset.said === said) return; // said again, it would be read out again
  paragraph.dataset.said = said;
  paragraph.textContent = text;
  for (const [address, words] of links) {
    const anchor = document.createElement("a");
    [anchor.href, anchor.textContent] = [address, words];
    paragraph.append(" ", anchor);
  }
}

function show(state) {
  version = state.version;
  if (cases && state.list !== null) swap(state.list);
  const said = [];
  if (state.overdue === 1) said.push("1 case is overdue: nobody has acknowledged it in time.");
  if (state.overdue > 1) said.push(`${state.overdue} cases are overdue: nobody has acknowledged them in time.`);
  if (state.fault) said.push(`Notifications do not work: ${state.fault}.`);
  raise(said.join(" "), said.length && !cases ? ["/cases", "Show the cases"] : null);
  showEmergencies(state);
  showWaits(state);
  chime();
}

async function look() {
  try {
    const answer = await fetch(address(), {
      headers: { "X-Looks-By-Itself": "1" },
      redirect: "error",
      signal: AbortSignal.timeout(8000),
    });
    if (answer.status === 401) {
      const back = location.pathname + location.search;
      raise("You are logged out, and this page is no longer live.", [
        `${body.dataset.logIn}?ended=1&back=${encodeURIComponent(back)}`, "Log in",
      ]);
      for (const id of ["emergencies", "own-waits", "other-waits"]) fill(id, "", []);
      [emergencies, ownWaits] = [[], []];
      document.dispatchEvent(new CustomEvent("console-ended"));
      return; // nothing more comes until the log-in
    }
    if (answer.status === 200) {
      show(await answer.json());
      document.dispatchEvent(new CustomEvent("console-changed"));
    } else if (answer.status !== 204) {
      throw new Error(answer.status);
    }
    if (lost) {
      lost = false;
      version = ""; // what the alarm said before is said again
    }
    lastAnswer = Date.now();
  } catch {
    if (Date.now() - lastAnswer > QUIET_AFTER) {
      lost = true;
      raise("The server does not answer: this page is no longer live. Use the telephone.");
    }
  }
  setTimeout(look, EVERY);
}

// Sound: off until somebody switches it on, for browsers play none before a click.
let audio = null;

function wantsSound() {
  return localStorage.getItem(SOUND) === "on";
}

function ready() {
  audio = audio || new AudioContext();
  return audio.resume();
}

function canSound() {
  return wantsSound() && audio !== null && audio.state === "running";
}

function beep() {
  if (!(alarming || isWaitedFor()) || !canSound()) return;
  play([[0, 880], [0.25, 660]]);
  body.dataset.beeps = String(Number(body.dataset.beeps || 0) + 1);
}

// Once for each new emergency, as soon as there can be a sound.
function chime() {
  const known = remembered(SOUNDED);
  if (!canSound()) return;
  if (emergencies.some((one) => !known.has(one.round))) {
    play([[0, 523], [0.25, 784], [0.5, 1047], [0.75, 784], [1, 1047]]);
    body.dataset.chimes = String(Number(body.dataset.chimes || 0) + 1);
  }
  remember(SOUNDED, emergencies);
}

function play(tones) {
  for (const [start, pitch] of tones) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.2, audio.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + 0.22);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.22);
  }
}

function showSound() {
  soundButton.setAttribute("aria-pressed", String(wantsSound()));
}

soundButton.hidden = false;
soundButton.addEventListener("click", async () => {
  localStorage.setItem(SOUND, wantsSound() ? "off" : "on");
  showSound();
  if (wantsSound()) {
    await ready();
    beep();
    chime();
  }
});
for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => wantsSound() && ready().then(chime), { once: true });
}

// What somebody typed is theirs: it is kept until they log out, and from others.
function forgetDrafts(kept) {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("draft:") && !(kept && name.startsWith(kept))) sessionStorage.removeItem(name);
  }
}
forgetDrafts(`draft:${body.dataset.login}:`);
document.getElementById("log-out").addEventListener("submit", () => {
  forgetDrafts();
  localStorage.setItem(LOGGED_OUT, String(Date.now())); // other tabs are told
});
addEventListener("storage", (event) => event.key === LOGGED_OUT && forgetDrafts());
showSound();
setInterval(beep, BEEP_EVERY);
setInterval(showAges, 15000);
showAges();
look();
