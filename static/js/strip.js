/**
 * The film strip shows the other runs: hides the item of the run that is on the stage.
 */
const mark = () => {
  const id = document.querySelector("#stage > .stage-run")?.dataset.runId;
  for (const item of document.querySelectorAll(".strip-list > li"))
    item.hidden = item.id === `strip-${id}`;
};
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, mark);
