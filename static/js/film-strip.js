/**
 * Hides the items of the film strip whose runs are on the stage.
 */
const hideShown = () => {
  const shown = document.querySelectorAll("#stage > .stage-run, #stage .batch-grid > li");
  const ids = new Set([...shown].map((run) => `strip-${run.dataset.runId}`));
  for (const item of document.querySelectorAll(".strip-list > li")) item.hidden = ids.has(item.id);
};
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"])
  document.addEventListener(name, hideShown);
