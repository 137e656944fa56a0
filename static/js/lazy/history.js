/*
 * The checkboxes of the list and of the wall: selects all of the page, and shift-click selects a
 * range; says how many are selected. Runs that one may not delete (`data-kept`) leave only the
 * buttons for any run (`data-any`). A button with `data-needs` takes exactly so many.
 */
const form = document.getElementById("selection");
const all = form?.querySelector("[data-all]");
const BOX = ".pick input[form='selection']";
const boxes = () => [...document.querySelectorAll(`${BOX}:not(:disabled)`)];
let last;

function tell() {
  const chosen = boxes().filter((box) => box.checked);
  const { length } = chosen;
  const runs = new Set(chosen.map(({ value }) => value.split("/")[0])); // a stack is one
  const kept = chosen.some((box) => "kept" in box.dataset);
  for (const button of form.querySelectorAll("button")) {
    const { needs, any } = button.dataset;
    const isEnough = needs ? runs.size === Number(needs) : length > 0;
    button.disabled = !isEnough || (kept && any === undefined);
  }
  const why = kept ? ", not all yours to delete" : "";
  form.querySelector("[data-count]").textContent = length ? `${length} selected${why}` : "";
  all.checked = length > 0 && length === boxes().length;
  all.indeterminate = length > 0 && !all.checked;
}
function extend(box) {
  const listed = boxes();
  const [from, to] = [listed.indexOf(last), listed.indexOf(box)].sort((a, b) => a - b);
  if (from >= 0) for (const between of listed.slice(from, to)) between.checked = box.checked;
}
all?.addEventListener("change", () => {
  for (const box of boxes()) box.checked = all.checked;
  tell();
});
document.addEventListener("click", (event) => {
  const box = event.target.closest(BOX);
  if (!box) return;
  if (event.shiftKey && last) extend(box);
  last = box;
  tell();
});
if (form) tell(); // Back keeps what was ticked
