/**
 * The tray in the header: runs in progress, on every page and in every tab. Its script is loaded
 * while there are runs (`vitrine-tray` has them for all tabs), and once per session in case some
 * were started elsewhere.
 */
const KEY = "vitrine-tray";
const AFTER_RUN_MS = 400; // the run's own request has priority
const AFTER_PRESS_MS = 1000; // the pressed button's request has priority
let coming = null; // the script, once it is requested
const come = (act) => {
  coming ??= import("./lazy/tray.js").catch(() => (coming = null)); // offline: tried again
  coming.then((script) => script && act?.(script));
};
// The page comes first: with runs in many tabs, the processor is busy.
if (localStorage.getItem(KEY)) addEventListener("DOMContentLoaded", () => come(), { once: true });
// Once loaded, the script listens itself.
addEventListener("storage", ({ key, newValue }) => key === KEY && newValue && !coming && come());
document.addEventListener("run:started", ({ detail }) =>
  come(({ start }) => setTimeout(start, AFTER_RUN_MS, detail.id)),
);
const isSending = () => !window.htmx || document.querySelector("form.htmx-request");
function lookAfterPress() {
  setTimeout(() => {
    if (coming) return; // the press started a run, which requests the tray
    if (isSending()) return lookAfterPress();
    sessionStorage.setItem(KEY, "asked");
    come(({ refresh }) => refresh());
  }, AFTER_PRESS_MS);
}
for (const name of ["pointerdown", "keydown"])
  addEventListener(
    name,
    () => {
      if (sessionStorage.getItem(KEY) || !document.querySelector("[data-shortcut='/']")) return;
      lookAfterPress();
    },
    { once: true, passive: true },
  );
