/**
 * Loads the script of the tray: at a press of the bell in the header, while there are runs
 * (`vitrine-tray` has them for all tabs), and once per session in case some were started elsewhere.
 */
const KEY = "vitrine-tray";
const AFTER_RUN_MS = 400; // the run's own request has priority
const AFTER_PRESS_MS = 1000; // the pressed button's request has priority
let loading = null; // the script, once it is requested
const load = (act) => {
  loading ??= import("./lazy/tray.js").catch(() => (loading = null)); // offline: tried again
  loading.then((script) => script && act?.(script));
};
// The page comes first: with runs in many tabs, the processor is busy.
if (localStorage.getItem(KEY)) addEventListener("DOMContentLoaded", () => load(), { once: true });
// Once loaded, the script listens itself.
addEventListener("storage", ({ key, newValue }) => key === KEY && newValue && !loading && load());
document.addEventListener("run:started", ({ detail }) =>
  load(({ start }) => setTimeout(start, AFTER_RUN_MS, detail)),
);
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-inbox]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  load(({ open }) => open());
});
const isSending = () => !window.htmx || document.querySelector("form.htmx-request");
function refreshAfterPress() {
  setTimeout(() => {
    if (loading) return; // the press started a run, which requests the tray
    if (isSending()) return refreshAfterPress();
    sessionStorage.setItem(KEY, "asked");
    load(({ refresh }) => refresh());
  }, AFTER_PRESS_MS);
}
for (const name of ["pointerdown", "keydown"])
  addEventListener(
    name,
    () => {
      if (sessionStorage.getItem(KEY) || !document.querySelector("[data-shortcut='/']")) return;
      refreshAfterPress();
    },
    { once: true, passive: true },
  );
