/**
 * Lists of runs look for newer ones (`hx-trigger="runs:look from:body"`) when another tab of this browser started one, and
 * when their page is shown again: that one was started elsewhere is told to nobody. A storage event needs no channel,
 * so that the page can be kept for Back.
 */
const KEY = "vitrine-started";
const TOGETHER_MS = 1000; // of many that are started at once the last one's look finds all
let soon;
function look() {
  if (document.hidden || !document.querySelector("[hx-trigger^='runs:look']")) return;
  document.body.dispatchEvent(new Event("runs:look")); // fetches htmx, too, where it is not there yet
  if (!window.htmx) document.addEventListener("htmx:load", look, { once: true });
}
document.addEventListener("run:started", ({ detail }) => localStorage.setItem(KEY, detail.id));
addEventListener("storage", ({ key }) => {
  if (key !== KEY) return;
  clearTimeout(soon);
  soon = setTimeout(look, TOGETHER_MS);
});
document.addEventListener("visibilitychange", look);
addEventListener("pageshow", ({ persisted }) => persisted && look());
