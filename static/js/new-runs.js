/**
 * Lists of runs look for newer ones (`hx-trigger="runs:look from:body"`) when another tab of this browser started one, and
 * when their page is shown again: that one was started elsewhere is told to nobody. A storage event needs no channel,
 * so that the page can be kept for Back.
 */
const KEY = "vitrine-started";
function look() {
  if (document.hidden || !document.querySelector("[hx-trigger^='runs:look']")) return;
  document.body.dispatchEvent(new Event("runs:look")); // fetches htmx, too, where it is not there yet
  if (!window.htmx) document.addEventListener("htmx:load", look, { once: true });
}
document.addEventListener("run:started", ({ detail }) => localStorage.setItem(KEY, detail.id));
addEventListener("storage", ({ key }) => key === KEY && look());
document.addEventListener("visibilitychange", look);
addEventListener("pageshow", ({ persisted }) => persisted && look());
