/*
 * The plan of a board: Enter in a one-line field updates the counts, like leaving the field. By
 * default it would press the form's first button, which runs the plan and spends money.
 */
import "./plan-rows.js";

document.addEventListener("keydown", (event) => {
  const { key, target, isComposing, ctrlKey, metaKey } = event;
  if (key !== "Enter" || isComposing || !target.matches("form[data-board-plan] input")) return;
  if (ctrlKey || metaKey || target.name === "add" || target.type === "submit") return;
  event.preventDefault();
  target.dispatchEvent(new Event("change", { bubbles: true }));
});
