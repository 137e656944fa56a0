/**
 * Loads htmx at the first interaction, or at once if the page polls or continues by itself: htmx is
 * half of a page's weight and is not needed before the user acts. Earlier clicks, submits and
 * searches wait for it. A browser that has it cached loads it when idle, which costs nothing.
 */
const POLLING = "[data-watch], [hx-trigger^='every'], [hx-trigger='load']";
const WHEN_SEEN = "[hx-trigger*='intersect']"; // such as the wall's next page, or a closed menu's
const INTERACTIONS = [
  "pointermove",
  "pointerdown",
  "keydown",
  "focusin",
  "input",
  "change",
  "dragenter",
  "scroll",
  "runs:look",
  "tray:shown",
];
const parsed = new Promise((resolve) =>
  document.addEventListener("DOMContentLoaded", resolve, { once: true }),
);
let loading;
let isLoaded = false;
let typed;
const source = document.querySelector("meta[name='htmx-script']").content;
const load = () => (loading ??= parsed.then(insertScript));
const insertScript = () =>
  new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = script.onerror = () => {
      // htmx starts at DOMContentLoaded or if loading is complete; between the two it would wait
      // forever.
      if (window.htmx && document.readyState === "interactive")
        document.dispatchEvent(new Event("DOMContentLoaded"));
      isLoaded = true;
      const control = [typed, typed?.form ?? typed?.closest("form")].find((element) =>
        element?.matches("[hx-get][hx-trigger], [hx-trigger^='input']"),
      );
      if (window.htmx && control)
        htmx.trigger(control, control.matches("form[hx-get]") ? "submit" : "input");
      resolve();
      if (window.htmx) window.caches?.open(source);
    };
    document.head.append(script);
  });
/* No pointermove event is fired for a pointer that already rests on the page. */
const isByUser = ({ type, movementX, movementY }) =>
  type !== "pointermove" || movementX || movementY;
for (const name of INTERACTIONS)
  addEventListener(name, (event) => isByUser(event) && load(), { capture: true, passive: true });
for (const name of ["input", "change"])
  addEventListener(name, ({ target }) => isLoaded || (typed = target), { capture: true });
for (const name of ["click", "submit"]) addEventListener(name, hold, { capture: true });
function hold(event) {
  const { type, submitter } = event;
  const target = event.target.closest?.("[hx-get], [hx-post], [popovertarget]");
  if (
    isLoaded ||
    !target ||
    event.ctrlKey ||
    event.metaKey ||
    event.shiftKey ||
    (type === "click" && target.matches("form, section, div"))
  )
    return;
  event.preventDefault();
  event.stopImmediatePropagation();
  load().then(() => (type === "submit" ? submit(target, submitter) : target.click()));
}
function submit(form, submitter) {
  // htmx sends the value of the last pressed or focused button, not that of the event.
  submitter?.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  form.requestSubmit(submitter);
}
/* Back leads to a history entry of htmx, but the page has not loaded htmx yet. */
addEventListener("popstate", ({ state }) => state?.htmx && !window.htmx && location.reload());
const sight = new IntersectionObserver(
  (entries) => entries.some(({ isIntersecting }) => isIntersecting) && load(),
);
parsed.then(() => {
  for (const element of document.querySelectorAll(WHEN_SEEN)) sight.observe(element);
});
if (document.querySelector(POLLING)) load();
else if (window.caches)
  parsed
    .then(() => caches.has(source))
    .then(
      (wasLoaded) =>
        wasLoaded &&
        (window.requestIdleCallback ?? setTimeout)(() => isCacheKept() && load(), { timeout: 200 }),
    );
/**
 * An empty Cache named after htmx's URL marks that it was fetched once; another file of this page
 * served from the HTTP cache shows that this cache was not cleared.
 */
function isCacheKept() {
  return performance
    .getEntriesByType("resource")
    .some(({ transferSize, decodedBodySize }) => !transferSize && decodedBodySize);
}
