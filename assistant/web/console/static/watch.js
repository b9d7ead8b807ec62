// Asks every two seconds what has changed: swaps the list, raises the alarm, says what is new.

const EVERY = 2000;
const QUIET_AFTER = 10000; // without an answer the page says that it is no longer live
const BEEP_EVERY = 10000;
const SOUND = "console-sound";

const body = document.body;
const cases = document.getElementById("cases");
const alarm = document.getElementById("alarm");
const soundButton = document.getElementById("sound");
const title = document.title;

let version = ""; // of what is shown; the first answer also says what is overdue
let lastAnswer = Date.now();
let alarming = false;
let lost = false;

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
    (row) => !before.has(row.dataset.case),
  );
  const urgent = fresh.filter((row) => row.dataset.priority === "page");
  const others = fresh.filter((row) => row.dataset.priority !== "page");
  const about = (row) => `case ${row.dataset.case}, ${row.cells[2].innerText.split("\n")[0]}`;
  if (urgent.length) {
    document.getElementById("urgent").textContent =
      `New emergency: ${urgent.map(about).join("; ")}`;
  }
  if (others.length) {
    document.getElementById("news").textContent = `New: ${others.map(about).join("; ")}`;
  }
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
  const paragraph = alarm.querySelector("p");
  alarming = text !== "";
  document.title = alarming ? `(!) ${title}` : title;
  alarm.hidden = !alarming;
  if (paragraph.dataset.said === text) return; // said again, it would be read out again
  paragraph.dataset.said = text;
  paragraph.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    [anchor.href, anchor.textContent] = link;
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

function beep() {
  if (!alarming || !wantsSound() || !audio || audio.state !== "running") return;
  for (const [start, pitch] of [[0, 880], [0.25, 660]]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.2, audio.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + 0.22);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.22);
  }
  body.dataset.beeps = String(Number(body.dataset.beeps || 0) + 1);
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
  }
});
for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => wantsSound() && ready(), { once: true });
}
showSound();
setInterval(beep, BEEP_EVERY);
setInterval(showAges, 15000);
showAges();
look();
