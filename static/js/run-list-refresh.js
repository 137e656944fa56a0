/**
 * Lists of runs refresh (`hx-trigger="runs:look from:body"`) when another tab of this browser
 * starts a run, and when their page is shown again, since runs started elsewhere send no event. A
 * model's tries refresh only then (`runs:shown`): with seven open tabs each would render and watch
 * the runs of all others. Storage events are used instead of a channel, which would keep the page
 * out of the back/forward cache.
 */
const KEY = "vitrine-started";
const COALESCE_MS = 1000; // one refresh for several runs started together
let timer;
function notify(...names) {
  if (document.hidden || !document.querySelector("[hx-trigger^='runs:']")) return;
  const dispatch = () => names.forEach((name) => document.body.dispatchEvent(new Event(name)));
  dispatch(); // also loads htmx if necessary
  if (!window.htmx) document.addEventListener("htmx:load", dispatch, { once: true });
}
function shown() {
  clearTimeout(timer);
  notify("runs:look", "runs:shown");
}
document.addEventListener("run:started", ({ detail }) => localStorage.setItem(KEY, detail.id));
addEventListener("storage", ({ key }) => {
  if (key !== KEY) return;
  clearTimeout(timer);
  timer = setTimeout(() => notify("runs:look"), COALESCE_MS);
});
document.addEventListener("visibilitychange", shown);
addEventListener("pageshow", ({ persisted }) => persisted && shown());
