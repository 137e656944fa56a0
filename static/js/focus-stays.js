/**
 * If a swap removes the focused button, moves the focus to its replacement or to its row's link, so
 * that keyboard users can continue there.
 */
const RUNS = ".stage-run, .run-row";
let used = null; // {control, run}: the last focused control in a run
const use = (target) =>
  (used = target.closest?.(RUNS) && { control: target, run: target.closest(RUNS) });
document.addEventListener("focusin", ({ target }) => use(target));
document.addEventListener(
  "pointerdown",
  ({ target }) => used?.control.contains(target) || (used = null),
);
document.addEventListener("htmx:afterSettle", () => {
  if (!used || used.control.isConnected || document.activeElement !== document.body) return;
  const run = document.getElementById(used.run.id) ?? document.querySelector("#stage .stage-run");
  const heir = run?.querySelector(".run-status .state, h3 a");
  heir?.focus({ preventScroll: true });
  heir?.scrollIntoView({ block: "nearest" }); // below the sticky head, which focus() ignores
});
