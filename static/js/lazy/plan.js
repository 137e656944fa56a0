/*
 * The plan of a board: Enter in a one-line field updates the counts, like leaving the field. By
 * default it would press the form's first button, which runs the plan and spends money.
 */
import "./plan-rows.js";

document.addEventListener("keydown", (event) => {
  const { key, target, ctrlKey, metaKey, repeat } = event;
  const form = target.closest?.("form[data-board-plan]");
  if (form && key === "Enter" && (ctrlKey || metaKey) && !repeat) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[name='~do'][value='run']:not([aria-hidden])"));
    return;
  }
  if (key !== "Enter" || !target.matches("form[data-board-plan] input")) return;
  if (ctrlKey || metaKey || target.name === "add" || target.type === "submit") return;
  event.preventDefault();
  target.dispatchEvent(new Event("change", { bubbles: true }));
});

/* Text typed to find a model does not change the plan yet. */
for (const name of ["input", "change"])
  document.querySelector(".plan-add")?.addEventListener(name, (event) => event.stopPropagation());

/* A row that was removed while the plan was computed has no place for its problems. */
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const answer = document.createElement("template");
  answer.innerHTML = detail.serverResponse ?? "";
  const parts = [...answer.content.querySelectorAll("[id^='plan-row-'][hx-swap-oob]")];
  const gone = parts.filter(({ id }) => !document.getElementById(id));
  if (!gone.length) return;
  for (const part of gone) part.remove();
  detail.serverResponse = answer.innerHTML;
});
