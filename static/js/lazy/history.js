/*
 * The checkboxes of the list and of the wall: selects all of the page, and shift-click selects a
 * range; says how many are selected.
 */
const form = document.getElementById("selection");
const all = form?.querySelector("[data-all]");
const BOX = ".pick input[form='selection']";
const boxes = () => [...document.querySelectorAll(`${BOX}:not(:disabled)`)];
let last;

function tell() {
  const chosen = boxes().filter((box) => box.checked).length;
  for (const button of form.querySelectorAll("button")) button.disabled = !chosen;
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
  const box = event.target.closest(BOX);
  if (!box) return;
  if (event.shiftKey && last) extend(box);
  last = box;
  tell();
});
if (form) tell(); // Back keeps what was ticked
