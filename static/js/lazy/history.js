/*
 * The history's checkboxes: selects all runs of the page, and shift-click selects a range; says how
 * many are selected. A button with `data-needs` takes exactly so many.
 */
const form = document.getElementById("selection");
const all = form?.querySelector("[data-all]");
const boxes = () => [...document.querySelectorAll(".run-item input[name='run']:not(:disabled)")];
let last;

function tell() {
  const chosen = boxes().filter((box) => box.checked).length;
  for (const button of form.querySelectorAll("button")) {
    const { needs } = button.dataset;
    button.disabled = needs ? chosen !== Number(needs) : !chosen;
  }
  form.querySelector("[data-count]").textContent = chosen ? `${chosen} selected` : "";
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && !all.checked;
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
  const box = event.target.closest(".run-item input[name='run']");
  if (!box) return;
  if (event.shiftKey && last) extend(box);
  last = box;
  tell();
});
if (form) tell(); // Back keeps what was ticked
