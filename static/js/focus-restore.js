/**
 * If a swap removes the focused button, moves the focus to its replacement or to its row's link, so
 * that keyboard users can continue there.
 */
const RUNS = ".stage-run, .run-row";
let last = null; // {control, run}: the last focused control in a run
const remember = (target) =>
  (last = target.closest?.(RUNS) && { control: target, run: target.closest(RUNS) });
document.addEventListener("focusin", ({ target }) => remember(target));
document.addEventListener(
  "pointerdown",
  ({ target }) => last?.control.contains(target) || (last = null),
);
document.addEventListener("htmx:afterSettle", () => {
  if (!last || last.control.isConnected || document.activeElement !== document.body) return;
  const run = document.getElementById(last.run.id) ?? document.querySelector("#stage .stage-run");
  const successor = run?.querySelector(".run-status .state, h3 a");
  successor?.focus({ preventScroll: true });
  successor?.scrollIntoView({ block: "nearest" }); // below the sticky head, which focus() ignores
});
