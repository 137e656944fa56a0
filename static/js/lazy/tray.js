/*
 * The tray that the bell opens: the user's runs in progress, which the bell and the title of every
 * page count too, and the new lines of the inbox.
 *
 * Rows are fetched by tabs with an open tray, and by one visible tab, the holder of a Web Lock, for
 * runs that its page does not show: it watches them with its open poll (`live-runs.js`). While all
 * tabs are hidden, one of them polls occasionally.
 */
import { parsed } from "./server.js";
import { rowsLock } from "./tray-lock.js";
import { KEY, ORDER, change, counts, inWords, isNews, news, note, stored } from "./tray-runs.js";
const HIDDEN_MS = 20000;
const CATCH_UP_MS = 1000; // after another tab has added a run: one request for several
const PICTURES_MS = 3000;
const TIMEOUT_MS = 20000; // after sleep a laptop may hold a dead connection
const AFTER_ERROR_MS = 5000;
const COUNT_MS = 200; // the run's own request has priority
const BETWEEN = " \u00b7 ";
const SIGNS = /^(?:\d+ (?:running|done|failed|unclear)(?:, | \u00b7 ))*/;
let asking = null;
let isStale = false;
let aheadMs = Infinity; // of this computer's clock; the least difference has the least delay in it
let isWanted = false; // the bell was pressed
let styled = null; // once the style sheet has been loaded

/** Coalesces calls of a function: it runs once, `ms` after the first of them. */
function soon(ms, act) {
  let timer = null;
  const due = () => {
    timer = null;
    act();
  };
  return () => void (timer ??= setTimeout(due, ms));
}

const tray = () => document.getElementById("tray");
const bell = () => document.querySelector("[data-inbox]");
const rows = () => [...(tray()?.querySelectorAll("[data-tray-id]") ?? [])];
/** Changes the runs, and shows them. */
const update = (act) => draw(change(act));
/** Counts a run that this page started at this time of the server, unless it has ended already. */
export function start({ id, at }) {
  const run = document.getElementById(`run-${id}`);
  if (!run) return refresh(); // e.g. of a live session, which has ended
  update((now) => {
    now.since ||= at;
    note(now, id, run.dataset.version, run.dataset.runState);
    look(now);
  });
  catchUp();
}
/** Fetches the rows. */
export const refresh = soon(0, load);
function load() {
  isStale = Boolean(asking);
  asking ??= ask().finally(() => {
    asking = null;
    if (isStale) load();
  });
}
async function ask() {
  const before = stored();
  const address = `/inbox/panel/?since=${encodeURIComponent(before.since)}`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(address, { signal }).catch(() => null);
  if (answer?.redirected) return; // logged out
  const page = answer?.ok && parsed(await answer.text().catch(() => ""));
  const panel = page && page.querySelector("#tray");
  if (!panel) return askAgain();
  const serverNow = panel.dataset.now;
  aheadMs = Math.min(aheadMs, Date.now() - Date.parse(serverNow));
  const entries = [...page.querySelectorAll("[data-tray-id]")];
  update((now) => {
    now.since ||= before.since || serverNow;
    // Runs missing in the response have ended, except those added by another tab meanwhile.
    const shown = new Set(entries.map(({ dataset }) => dataset.trayId));
    for (const id of Object.keys(before.runs)) if (!shown.has(id)) delete now.runs[id];
    for (const { dataset } of entries) note(now, dataset.trayId, dataset.version, dataset.state);
    look(now);
  });
  if (isWanted || news(stored()).length) await show(page);
  ring(page.querySelector("[data-inbox]").dataset.inbox);
  if (tray()?.open || isWanted || rowsLock.isHeld) fill(page);
  collect(); // the page may show newer states
}
/** Nothing else may report the end of runs that this page does not show. */
const askAgain = soon(AFTER_ERROR_MS, () => {
  if (!document.hidden && counts(stored()).running) refresh();
});
function fill(page) {
  if (!tray()) return;
  const [lines, list] = tray().querySelectorAll(".tray-list");
  const [told, running] = page.querySelectorAll(".tray-list");
  list.replaceChildren(...document.importNode(running, true).children);
  lines.replaceChildren(...document.importNode(told, true).children);
  draw(stored());
  window.htmx?.process(list);
  list.dispatchEvent(new Event("tray:shown", { bubbles: true })); // loads htmx
  document.querySelector("live-runs")?.update?.();
}
/** Shows how much is new. */
function ring(count) {
  if (!bell()) return; // logged out
  bell().dataset.inbox = count;
  bell().querySelector("b").textContent = count;
  bell().querySelector("b").hidden = count === "0";
  draw(stored());
}
/** Opens the tray in place of the bell's link. */
export async function open() {
  isWanted = true;
  load();
  await asking;
  if (!tray()) return location.assign(bell().href); // offline, or logged out
  tray().open = true;
  bell().focus();
}
/** Puts the tray of a response in the bell's place, once its style sheet is there. */
async function show(page) {
  if (!bell()) return; // logged out
  await (styled ??= new Promise((resolve) => {
    const sheet = document.importNode(page.querySelector("link"));
    sheet.onload = sheet.onerror = resolve;
    document.head.append(sheet);
  }));
  if (tray()) return;
  const link = bell();
  const shown = document.importNode(page.querySelector("#tray"), true);
  shown.querySelector("summary").append(...link.childNodes);
  shown.addEventListener("toggle", () => {
    if (shown.open && !isWanted) refresh();
    isWanted = false;
  });
  link.replaceWith(shown);
  draw(stored());
}

/** Records the state that this page shows of the runs in the tray. */
function collect() {
  update((now) => {
    for (const { dataset } of document.querySelectorAll("[data-tray-id], [data-run-state]")) {
      const id = dataset.trayId ?? dataset.runId;
      if (now.runs[id]) note(now, id, dataset.version, dataset.state ?? dataset.runState);
    }
    look(now);
  });
  catchUp();
}
/** Marks runs as seen whose end the visible page shows; a board's page shows all of its runs. */
function look(now) {
  if (document.hidden) return;
  const board = `.tray-board:has(> a[href="${location.pathname}"]) [data-tray-id]`;
  const shown = document.querySelectorAll(`:is([data-run-state], ${board}):not([data-watch])`);
  for (const { dataset } of shown) {
    const id = dataset.runId ?? dataset.trayId;
    if (now.runs[id] && !now.seen.includes(id)) now.seen.push(id);
  }
}
/** Shows the counts in the header and the title. */
function draw(now) {
  const counted = counts(now);
  const text = inWords(counted);
  const isOver = ORDER.slice(1).some((word) => counted[word]);
  const title = document.title.replace(SIGNS, text && text + BETWEEN);
  if (document.title !== title) document.title = title;
  drawBell(text, counted);
  if (!tray()) return;
  for (const row of rows()) {
    const [, word] = now.runs[row.dataset.trayId] ?? [];
    row.hidden = !isNews(now, row.dataset.trayId, word);
  }
  for (const board of tray().querySelectorAll(".tray-board")) drawBoard(board, now);
  tray().querySelector("[data-tray-clear]").hidden = !isOver;
}
/** Shows how many runs of a board have ended; its line is hidden as soon as all were seen. */
function drawBoard(board, now) {
  const ids = [...board.querySelectorAll("[data-tray-id]")].map(({ dataset }) => dataset.trayId);
  const words = ids.map((id) => now.runs[id]?.[1]);
  const ended = words.filter((word) => word !== "running").length;
  const counted = Object.groupBy(words, (word) => word ?? "");
  board.hidden = !ids.some((id, index) => isNews(now, id, words[index]));
  board.dataset.state = ended < ids.length ? "running" : "succeeded";
  board.querySelector("[data-tray-count]").textContent = inWords(counted);
  Object.assign(board.querySelector("progress"), { value: ended, max: ids.length });
}
function drawBell(text, counted) {
  if (!bell()) return; // logged out
  const label = bell().querySelector("strong");
  if (label.textContent !== text) label.textContent = text;
  const { inbox } = bell().dataset;
  const words = ["Inbox", inbox === "0" ? "" : `${inbox} new`, text].filter(Boolean).join(", ");
  if (bell().ariaLabel !== words) bell().ariaLabel = words;
  bell().toggleAttribute("data-running", Boolean(counted.running));
}

document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-tray-clear]")) return;
  update((now) => {
    now.since = new Date(Date.now() - aheadMs).toISOString();
    for (const [id, [, word]] of Object.entries(now.runs))
      if (word !== "running") delete now.runs[id];
  });
});
const collectSoon = soon(COUNT_MS, collect);
for (const name of ["htmx:oobAfterSwap", "htmx:afterSettle"])
  document.addEventListener(name, collectSoon);
/* The pictures of an ended run are copied a moment later. */
const showPictures = soon(PICTURES_MS, () => tray()?.open && refresh());
document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
  if (target.matches("[data-tray-id]:not([data-watch])")) showPictures();
});
/* Another tab has added a run or cleared the tray. */
const drawSoon = soon(COUNT_MS, () => {
  draw(stored());
  catchUp();
});
addEventListener("storage", ({ key }) => key === KEY && drawSoon());
/** Fetches the rows soon, if some that this page needs are missing by then. */
const catchUp = soon(CATCH_UP_MS, () => isBehind() && refresh());
function isBehind() {
  const isOpen = tray()?.open;
  if (document.hidden || !(isOpen || rowsLock.isHeld)) return false;
  const shown = new Set(rows().map(({ dataset }) => dataset.trayId));
  const isMissed = (id, word) => isOpen || (word === "running" && !isWatched(id));
  return news(stored()).some(([id, [, word]]) => !shown.has(id) && isMissed(id, word));
}
/** Whether the page itself shows and watches a run. */
const isWatched = (id) => Boolean(document.getElementById(`run-${id}`)?.dataset.watch);
function come() {
  if (document.hidden) return rowsLock.leave();
  rowsLock.want(refresh);
  refresh();
}
document.addEventListener("visibilitychange", come);
addEventListener("pageshow", ({ persisted }) => persisted && come());
addEventListener("pagehide", () => rowsLock.leave());
setInterval(() => {
  if (!document.hidden || !counts(stored()).running) return;
  navigator.locks?.request(KEY, { ifAvailable: true }, (lock) => lock && refresh());
}, HIDDEN_MS);
draw(stored());
rowsLock.want(refresh);
if (isBehind()) refresh(); // without locks
