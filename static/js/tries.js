/** Marks the run among the tries that is on the stage. */
const markShown = () => {
  const shown = document.querySelector("#stage > .stage-run");
  for (const item of document.querySelectorAll(".try-runs > li"))
    if (item.dataset.runId === shown?.dataset.runId) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
};
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"])
  document.addEventListener(name, markShown);
