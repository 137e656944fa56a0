/**
 * Judging by keys: a key presses the control with that key in `aria-keyshortcuts`, in the focused
 * result, else in the whole view. ← and → without such a control move between results. The first
 * result has the focus at the start; a new ballot gets it.
 */
const OWN_KEYS = "input, textarea, select, video, audio";
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
/** Whether the viewer uses arrows: to turn a mesh, or to move the slider or an enlarged picture. */
const MOVED = "[data-kind='mesh'], .look-stage:is([data-zoomed], [data-mode='slider'])";
const isMoved = () => document.querySelector(`.judge :is(${MOVED})`);
/** Returns the first enabled control for a key in these places. */
const controlFor = (key, places) =>
  places
    .flatMap((place) => [...(place?.querySelectorAll(`[aria-keyshortcuts~="${key}"]`) ?? [])])
    .find((control) => !control.disabled);
/** Presses the control of a key; returns whether there was one. */
function press(key) {
  const judge = document.querySelector(".judge");
  const step = STEPS[key];
  if (!judge || (step && isMoved()) || document.querySelector("dialog[open]")) return false;
  const fact = document.activeElement?.closest(".look-fact");
  const name = CSS.escape(key.length === 1 ? key.toLowerCase() : key);
  const whole = [...judge.querySelectorAll(".judge-input, .judge-choices")];
  const control = controlFor(name, [fact, ...whole]);
  const facts = [...judge.querySelectorAll(".look-fact[tabindex]")];
  const next = step && facts.at((facts.indexOf(fact) + step + facts.length) % facts.length);
  if (control) control.click();
  else next?.focus();
  return Boolean(control || next);
}
addEventListener("DOMContentLoaded", () => {
  // Its picture stays in sight.
  if (!location.hash)
    document.querySelector(".look-fact[tabindex]")?.focus({ preventScroll: true });
});
/** Keys pressed while a response replaces the controls; in a blind vote none waits. */
const waiting = [];
const isBusy = () => document.querySelector(".judge:not([data-blind]) .htmx-request");
addEventListener(
  "keydown",
  (event) => {
    const isPlain = !event.metaKey && !event.ctrlKey && !event.altKey && !event.repeat;
    if (!isPlain || event.target.closest?.(OWN_KEYS)) return;
    if (isBusy() && (event.key.length === 1 || STEPS[event.key])) waiting.push(event.key);
    else if (!press(event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // 0 is also "fit" in the viewer
  },
  { capture: true },
);
document.addEventListener("htmx:afterSettle", () => {
  while (waiting.length && !isBusy()) press(waiting.shift());
});
document.addEventListener("htmx:afterSwap", ({ target }) => {
  const judge = document.getElementById("judge");
  const isLost = document.activeElement === document.body; // else somebody types elsewhere
  if (judge && isLost && (target === judge || target.id === "judge")) judge.focus();
});
