/**
 * The tray in the head: runs in progress, on every page and in every tab. It is loaded while there
 * are any (`vitrine-tray` holds their counts for all tabs), and once a session in case they were
 * started elsewhere. Without runs there is nothing.
 */
const KEY = "vitrine-tray";
const AFTER_RUN_MS = 400; // the run itself comes first
let isHere = false;
const come = (afterMs) =>
  import("./lazy/tray.js").then(({ refresh }) => {
    isHere = true;
    refresh(afterMs);
  });
if (localStorage.getItem(KEY)) come();
// Once it is here, it listens itself.
addEventListener("storage", ({ key, newValue }) => key === KEY && newValue && !isHere && come());
document.addEventListener("run:started", () => come(AFTER_RUN_MS));
for (const name of ["pointerdown", "keydown"])
  addEventListener(
    name,
    () => {
      if (sessionStorage.getItem(KEY) || !document.querySelector("[data-shortcut='/']")) return;
      sessionStorage.setItem(KEY, "asked");
      come();
    },
    { once: true, passive: true },
  );
