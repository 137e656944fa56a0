/**
 * Lists of runs look for newer ones (`hx-trigger="runs:look from:body"`) when another tab of this browser started one, and
 * when their page is shown again: that one was started elsewhere is told to nobody. A film strip looks then only
 * (`runs:shown`): in seven tabs side by side each would draw and watch what all the others run. A storage event needs no
 * channel, so that the page can be kept for Back.
 */
const KEY = "vitrine-started";
const TOGETHER_MS = 1000; // of many that are started at once the last one's look finds all
let soon;
function tell(...names) {
  if (document.hidden || !document.querySelector("[hx-trigger^='runs:']")) return;
  const say = () => names.forEach((name) => document.body.dispatchEvent(new Event(name)));
  say(); // fetches htmx, too, where it is not there yet
  if (!window.htmx) document.addEventListener("htmx:load", say, { once: true });
}
const shown = () => tell("runs:look", "runs:shown");
document.addEventListener("run:started", ({ detail }) => localStorage.setItem(KEY, detail.id));
addEventListener("storage", ({ key }) => {
  if (key !== KEY) return;
  clearTimeout(soon);
  soon = setTimeout(() => tell("runs:look"), TOGETHER_MS);
});
document.addEventListener("visibilitychange", shown);
addEventListener("pageshow", ({ persisted }) => persisted && shown());
