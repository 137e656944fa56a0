/**
 * htmx is half of what a page weighs and does nothing until somebody acts: it comes at the first sign of a person,
 * or at once where the page acts by itself. What is clicked, sent or searched before it is there waits for it.
 * A browser that has fetched it once gets it as soon as it has nothing else to do: then it costs nothing.
 */
const ACTS = "[data-watch], [hx-trigger^='every'], [hx-trigger='load']";
const SIGNS = ["pointermove", "pointerdown", "keydown", "focusin", "input", "change", "dragenter", "runs:look"];
const parsed = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
let coming;
let isOver = false;
let typed;
const source = document.querySelector("meta[name='htmx-script']").content;
const come = () => (coming ??= parsed.then(fetchIt));
const fetchIt = () =>
  new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = script.onerror = () => {
      // htmx begins at DOMContentLoaded or when all is loaded; between the two it would wait for ever.
      if (window.htmx && document.readyState === "interactive") document.dispatchEvent(new Event("DOMContentLoaded"));
      isOver = true;
      const asks = [typed, typed?.form ?? typed?.closest("form")].find((one) => one?.matches("[hx-get][hx-trigger], [hx-trigger^='input']"));
      if (window.htmx && asks) htmx.trigger(asks, asks.matches("form[hx-get]") ? "submit" : "input");
      resolve();
      if (window.htmx) window.caches?.open(source);
    };
    document.head.append(script);
  });
/* A pointer that rests where the page appears is told of as a move by nothing. */
const isPerson = ({ type, movementX, movementY }) => type !== "pointermove" || movementX || movementY;
for (const sign of SIGNS) addEventListener(sign, (event) => isPerson(event) && come(), { capture: true, passive: true });
for (const what of ["input", "change"]) addEventListener(what, ({ target }) => isOver || (typed = target), { capture: true });
for (const what of ["click", "submit"]) addEventListener(what, hold, { capture: true });
function hold(event) {
  const { type, submitter } = event;
  const target = event.target.closest?.("[hx-get], [hx-post], [popovertarget]");
  if (isOver || !target || event.ctrlKey || event.metaKey || event.shiftKey || (type === "click" && target.matches("form, section, div"))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  come().then(() => (type === "submit" ? target.requestSubmit(submitter) : target.click()));
}
/* Back to a place that htmx had made, in a page that has none yet. */
addEventListener("popstate", ({ state }) => state?.htmx && !window.htmx && location.reload());
if (document.querySelector(ACTS)) come();
else if (window.caches) parsed.then(() => caches.has(source)).then((was) => was && (window.requestIdleCallback ?? setTimeout)(() => isKept() && come(), { timeout: 200 }));
/** An empty cache by htmx's name says that it was fetched; something of this page out of the browser's own, that this is still there. */
function isKept() {
  return performance.getEntriesByType("resource").some(({ transferSize, decodedBodySize }) => !transferSize && decodedBodySize);
}
