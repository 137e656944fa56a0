/**
 * The tray in the header: runs in progress, on every page and in every tab. Its script is loaded
 * while there are runs (`vitrine-tray` has them for all tabs), and once per session in case some
 * were started elsewhere.
 */
const KEY = "vitrine-tray";
const AFTER_RUN_MS = 400; // the run's own request has priority
const AFTER_PRESS_MS = 1000; // the pressed button's request has priority
let isHere = false;
const come = async (act) => {
  const script = await import("./lazy/tray.js").catch(() => null);
  if (!script) return; // offline: the next page tries again
  isHere = true;
  act?.(script);
};
// The page comes first: with runs in many tabs, the processor is busy.
if (localStorage.getItem(KEY)) addEventListener("DOMContentLoaded", () => come(), { once: true });
// Once loaded, the script listens itself.
addEventListener("storage", ({ key, newValue }) => key === KEY && newValue && !isHere && come());
document.addEventListener("run:started", ({ detail }) =>
  come(({ start }) => setTimeout(start, AFTER_RUN_MS, detail.id)),
);
for (const name of ["pointerdown", "keydown"])
  addEventListener(
    name,
    () => {
      if (sessionStorage.getItem(KEY) || !document.querySelector("[data-shortcut='/']")) return;
      setTimeout(() => {
        if (isHere) return; // the press started a run, which requests the tray
        sessionStorage.setItem(KEY, "asked");
        come(({ refresh }) => refresh());
      }, AFTER_PRESS_MS);
    },
    { once: true, passive: true },
  );
