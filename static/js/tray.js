/**
 * The tray in the head: runs in progress, on every page and in every tab. It is loaded while there
 * are any (`vitrine-tray` holds them for all tabs), and once a session in case they were started
 * elsewhere. Without runs there is nothing.
 */
const KEY = "vitrine-tray";
const AFTER_RUN_MS = 400; // the run itself comes first
let isHere = false;
const come = async (act) => {
  isHere = true;
  act(await import("./lazy/tray.js"));
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
      sessionStorage.setItem(KEY, "asked");
      comeAndAsk();
    },
    { once: true, passive: true },
  );
