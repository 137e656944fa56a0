/*
 * Announcements of a live page: ended runs in any view (`run:finished` at the run's element, or
 * `run:left` if another run has taken its place), the offer of a notification for long runs, and
 * trouble with updates.
 */
const OFFER_MS = 2000;
const announced = new Set();
let awaited = new Set();
let awaitedInTray = new Set();

const idsOf = (name) =>
  new Set([...document.querySelectorAll("[data-watch]")].map(name).filter(Boolean));
/** The unfinished runs of the page, without ended runs whose files are still watched. */
const runsOfPage = () => idsOf(({ dataset }) => dataset.runState && dataset.runId);
/** The unfinished runs of the tray, which may be on the page as well. */
const runsOfTray = () => idsOf(({ dataset }) => dataset.trayId);
export const hasRuns = () => runsOfPage().size > 0;
export const hasAnyRuns = () => hasRuns() || runsOfTray().size > 0;

export function announceEnds() {
  const [before, beforeInTray] = [awaited, awaitedInTray];
  [awaited, awaitedInTray] = [runsOfPage(), runsOfTray()];
  for (const id of before.difference(awaited))
    announce(id, document.querySelector(`[data-run-id="${id}"]`));
  for (const id of beforeInTray.difference(awaitedInTray)) {
    const row = document.querySelector(`[data-tray-id="${id}"]`);
    if (row) announce(id, row);
  }
  const isNew = awaited.difference(before).size > 0;
  if (isNew) setTimeout(() => hasRuns() && offerNotification(), OFFER_MS);
}
function announce(id, run) {
  if (run && announced.has(id)) return;
  if (run) announced.add(id);
  const event = new CustomEvent(run ? "run:finished" : "run:left", {
    bubbles: true,
    detail: { state: run?.dataset.runState ?? run?.dataset.state },
  });
  (run ?? document.body).dispatchEvent(event);
}

/** Whether the user wants notifications of runs that end while their page is hidden. */
export const isNotified = () => localStorage.getItem("vitrine-notify") === "1";
// Nothing is offered while the server is unreachable; the next page or poll offers again.
export const offerNotification = () =>
  import("./notify.js").then(
    ({ offer }) => offer(),
    () => undefined,
  );

/** Shows or removes the notice that the user is logged out. */
export const announceLogin = (isLoggedIn) =>
  dispatchEvent(new CustomEvent("logged-out", { detail: !isLoggedIn }));

/** Shows a line at the bottom while the page cannot be updated. */
export function showTrouble(isOver, errors) {
  const cause = navigator.onLine ? "The server does not answer." : "You are offline.";
  const text = isOver
    ? "This page is out of date. Reload it to see how its runs went on."
    : errors > 2
      ? `${cause} Runs go on, and this page catches up by itself.`
      : "";
  const line = document.querySelector("#toasts [data-live]");
  if ((line?.textContent ?? "") === text) return;
  line?.remove();
  if (!text) return;
  const fresh = Object.assign(document.createElement("p"), { textContent: text });
  fresh.dataset.live = "";
  document.getElementById("toasts").append(fresh);
}
