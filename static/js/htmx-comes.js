/**
 * htmx is half of a page's weight and is not needed before the user acts: load it at the first
 * interaction, or at once if the page polls by itself. Clicks, submits and searches before that
 * wait for it. A browser that has it cached loads it when idle, which costs nothing.
 */
const ACTS = "[data-watch], [hx-trigger^='every'], [hx-trigger='load']";
const SIGNS = [
  "pointermove",
  "pointerdown",
  "keydown",
  "focusin",
  "input",
  "change",
  "dragenter",
  "runs:look",
  "tray:shown",
];
const parsed = new Promise((resolve) =>
  document.addEventListener("DOMContentLoaded", resolve, { once: true }),
);
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
      // htmx starts at DOMContentLoaded or if loading is complete; between the two it would wait
      // forever.
      if (window.htmx && document.readyState === "interactive")
        document.dispatchEvent(new Event("DOMContentLoaded"));
      isOver = true;
      const asks = [typed, typed?.form ?? typed?.closest("form")].find((one) =>
        one?.matches("[hx-get][hx-trigger], [hx-trigger^='input']"),
      );
      if (window.htmx && asks)
        htmx.trigger(asks, asks.matches("form[hx-get]") ? "submit" : "input");
      resolve();
      if (window.htmx) window.caches?.open(source);
    };
    document.head.append(script);
  });
/* No pointermove event is fired for a pointer that already rests on the page. */
const isPerson = ({ type, movementX, movementY }) =>
  type !== "pointermove" || movementX || movementY;
for (const sign of SIGNS)
  addEventListener(sign, (event) => isPerson(event) && come(), { capture: true, passive: true });
for (const what of ["input", "change"])
  addEventListener(what, ({ target }) => isOver || (typed = target), { capture: true });
for (const what of ["click", "submit"]) addEventListener(what, hold, { capture: true });
function hold(event) {
  const { type, submitter } = event;
  const target = event.target.closest?.("[hx-get], [hx-post], [popovertarget]");
  if (
    isOver ||
    !target ||
    event.ctrlKey ||
    event.metaKey ||
    event.shiftKey ||
    (type === "click" && target.matches("form, section, div"))
  )
    return;
  event.preventDefault();
  event.stopImmediatePropagation();
  come().then(() => (type === "submit" ? target.requestSubmit(submitter) : target.click()));
}
/* Back to a history entry of htmx, in a page that has not loaded it yet. */
addEventListener("popstate", ({ state }) => state?.htmx && !window.htmx && location.reload());
if (document.querySelector(ACTS)) come();
else if (window.caches)
  parsed
    .then(() => caches.has(source))
    .then(
      (was) =>
        was &&
        (window.requestIdleCallback ?? setTimeout)(() => isKept() && come(), { timeout: 200 }),
    );
/**
 * An empty Cache named after htmx's URL marks that it was fetched once; another file of this page
 * served from the HTTP cache shows that this cache was not cleared.
 */
function isKept() {
  return performance
    .getEntriesByType("resource")
    .some(({ transferSize, decodedBodySize }) => !transferSize && decodedBodySize);
}
