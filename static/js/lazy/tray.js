/*
 * The tray: which of a person's runs go on, in the head and the title of every page. The visible
 * page watches them with the poll that it holds anyway (`live-runs.js`); other tabs are told the
 * counts by `localStorage`, and a visible one fetches only what it does not learn by that poll.
 * While all are hidden, one of them asks now and then.
 */
const KEY = "vitrine-tray"; // {since, seen, counts}; absent without runs
const MOST_SEEN = 50;
const HIDDEN_MS = 20000;
const CATCH_UP_MS = 1000; // by then the poll has told a visible tab of runs that it knows
const BETWEEN = " \u00b7 ";
const SIGNS = /^(?:\d+ (?:running|done|failed|unclear)(?:, | \u00b7 ))*/;
let timer;
let catchingUp;
let asking = null;
let isStale = false;

const known = () => JSON.parse(localStorage.getItem(KEY) ?? "null") ?? fresh();
const fresh = () => ({ since: new Date().toISOString(), seen: [], counts: {} });
const tray = () => document.getElementById("tray");
const items = () => [...(tray()?.querySelectorAll("[data-tray-id]") ?? [])];

/** Fetches the tray, e.g. after a run was started; calls close to each other are one. */
export function refresh(afterMs = 0) {
  clearTimeout(timer);
  timer = setTimeout(load, afterMs);
}
function load() {
  isStale = Boolean(asking);
  asking ??= ask().finally(() => {
    asking = null;
    if (isStale) load();
  });
}
async function ask() {
  const now = known();
  localStorage.setItem(KEY, JSON.stringify(now));
  const address = `/runs/tray/?since=${encodeURIComponent(now.since)}`;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || answer.redirected) return; // offline or logged out: as it was
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const made = page.getElementById("tray");
  if (made) await put(document.importNode(made, true));
  else tray()?.remove();
  count();
}
async function put(made) {
  const before = tray();
  made.open = before?.open ?? false;
  const sheet = made.querySelector("link");
  const [old] = document.head.querySelectorAll("link[data-tray]");
  if (old) sheet.remove();
  else {
    sheet.dataset.tray = "";
    const ready = new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
    document.head.append(sheet);
    await ready;
  }
  before?.remove();
  document.querySelector(".head nav theme-switch")?.before(made);
  window.htmx?.process(made);
  made.dispatchEvent(new Event("tray:shown", { bubbles: true })); // loads htmx
  document.querySelector("live-runs")?.look?.();
}

/** Counts the runs by what people want to know; an ended run that was looked at is not news. */
function count() {
  const now = known();
  look(now);
  const counts = tally(now.seen);
  now.counts = counts;
  if (Object.keys(counts).length) localStorage.setItem(KEY, JSON.stringify(now));
  else localStorage.removeItem(KEY);
  draw(counts);
}
/** Hides the ended runs that were seen; returns how many of the others there are, by word. */
function tally(seen) {
  const counts = {};
  for (const item of items()) {
    const word = wordOf(item.dataset.state);
    item.hidden = !word || (word !== "running" && seen.includes(item.dataset.trayId));
    if (!item.hidden) counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}
const inWords = (counts) =>
  ["running", "done", "failed", "unclear"]
    .filter((word) => counts[word])
    .map((word) => `${counts[word]} ${word}`)
    .join(", ");
const WORDS = { succeeded: "done", failed: "failed", cancelled: "", unconfirmed: "unclear" };
const wordOf = (state) => WORDS[state] ?? "running";
/** What the visible page shows in full has been seen. */
function look(now) {
  if (document.hidden) return;
  const ids = [...document.querySelectorAll(".stage-run:not([data-watch])")].map(
    (run) => run.dataset.runId,
  );
  now.seen = [...new Set([...now.seen, ...ids])].slice(-MOST_SEEN);
}
/** Shows the counts; without any there is no tray, whichever tab saw the last run. */
function draw(counts) {
  if (!Object.keys(counts).length) tray()?.remove();
  const words = inWords(counts);
  const label = tray()?.querySelector("summary > b");
  if (label && label.textContent !== words) label.textContent = words;
  tray()?.toggleAttribute("data-running", Boolean(counts.running));
  const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
  tray()?.querySelector("summary").setAttribute("data-count", all);
  const isOver = all > (counts.running ?? 0);
  tray()?.querySelector("[data-tray-clear]").toggleAttribute("hidden", !isOver);
  const sign = words && words + BETWEEN;
  const title = document.title.replace(SIGNS, sign);
  if (document.title !== title) document.title = title;
}

document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-tray-clear]")) return;
  const now = known();
  now.seen = [...now.seen, ...items().map((item) => item.dataset.trayId)].slice(-MOST_SEEN);
  localStorage.setItem(KEY, JSON.stringify({ ...now, since: new Date().toISOString() }));
  count();
});
for (const name of ["htmx:oobAfterSwap", "htmx:afterSettle"])
  document.addEventListener(name, () => tray() && count());
/* Another tab counted, started a run or cleared the tray. */
addEventListener("storage", ({ key, newValue }) => {
  if (key !== KEY) return;
  draw(JSON.parse(newValue ?? "{}").counts ?? {});
  if (document.hidden || !newValue) return;
  clearTimeout(catchingUp);
  catchingUp = setTimeout(catchUp, CATCH_UP_MS);
});
/** Fetches the tray if other tabs count runs that this one does not have. */
function catchUp() {
  const { seen, counts } = known();
  if (inWords(tally(seen)) !== inWords(counts)) refresh();
}
document.addEventListener("visibilitychange", () => document.hidden || refresh());
setInterval(() => {
  if (!document.hidden || !known().counts.running) return;
  navigator.locks?.request(KEY, { ifAvailable: true }, (lock) => lock && refresh());
}, HIDDEN_MS);
