/** Marks the tries whose runs are on the stage. */
const markShown = () => {
  const shown = document.querySelectorAll("#stage > .stage-run, #stage .batch-grid > li");
  const ids = new Set([...shown].map((run) => `try-${run.dataset.runId}`));
  for (const item of document.querySelectorAll(".try-runs > li[id]"))
    if (ids.has(item.id)) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
};
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"])
  document.addEventListener(name, markShown);
