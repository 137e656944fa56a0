/**
 * The tray in the head: runs in progress, on every page and in every tab. It is loaded while there
 * are any (`vitrine-tray` holds them for all tabs), and once a session in case they were started
 * elsewhere. Without runs there is nothing.
 */
const KEY = "vitrine-tray";
const AFTER_RUN_MS = 400; // the run itself comes first
const AFTER_PRESS_MS = 1000; // what was pressed comes first
let isHere = false;
const come = async (act) => {
  const script = await import("./lazy/tray.js").catch(() => null);
  if (!script) return; // offline: the next page asks
  isHere = true;
  act(script);
};
const comeAndAsk = () => come(({ refresh }) => refresh());
if (localStorage.getItem(KEY)) comeAndAsk();
// Once it is here, it listens itself.
addEventListener(
  "storage",
  ({ key, newValue }) => key === KEY && newValue && !isHere && come(({ catchUp }) => catchUp()),
);
document.addEventListener("run:started", ({ detail }) =>
  come(({ start }) => setTimeout(start, AFTER_RUN_MS, detail.id)),
);
for (const name of ["pointerdown", "keydown"])
  addEventListener(
    name,
    () => {
      if (sessionStorage.getItem(KEY) || !document.querySelector("[data-shortcut='/']")) return;
      setTimeout(() => {
        if (isHere) return; // the press began a run, and the tray is asked for because of it
        sessionStorage.setItem(KEY, "asked");
        comeAndAsk();
      }, AFTER_PRESS_MS);
    },
    { once: true, passive: true },
  );
