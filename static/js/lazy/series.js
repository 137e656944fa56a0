import { orderByDrag } from "./drag-order.js";
/*
 * Orders the results of a series by dragging, by the arrows on a result, and by Alt with an arrow
 * key. Each move is posted, and undone if the server refuses it.
 */
const wall = document.querySelector("[data-order]");
const status = document.querySelector("main [data-told]");
const items = () => [...wall.querySelectorAll("[data-item]")];

async function post(item, former) {
  const order = items();
  const fields = new FormData(item.querySelector(".places"));
  fields.set("before", order[order.indexOf(item) + 1]?.dataset.item ?? "");
  const answer = await fetch(wall.dataset.order, {
    method: "POST",
    headers: { "HX-Request": "true" },
    body: fields,
  }).catch(() => null);
  if (answer?.ok) {
    status.textContent = `Now ${order.indexOf(item) + 1} of ${order.length}`;
    return;
  }
  wall.insertBefore(item, former);
  const text = answer
    ? "It was not moved: the series has changed, or is not yours to change. Reload the page."
    : "The server does not answer. The result is where it was; try again.";
  dispatchEvent(new CustomEvent("toast", { detail: { text } }));
}
function step(item, by) {
  const order = items();
  const at = order.indexOf(item);
  const other = order[at + by];
  if (!other) return;
  const former = item.nextSibling;
  if (by < 0) other.before(item);
  else other.after(item);
  return post(item, former);
}
for (const item of items()) item.draggable = true;
orderByDrag(wall, { row: "[data-item]", isGrid: true, dropped: post });
wall.addEventListener("submit", (event) => {
  const { name, value } = event.submitter ?? {};
  if (name !== "step") return;
  event.preventDefault();
  step(event.target.closest("[data-item]"), value === "back" ? -1 : 1);
  event.submitter.focus();
});
const ARROWS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
wall.addEventListener("keydown", (event) => {
  const by = ARROWS[event.key];
  const item = event.target.closest("[data-item]");
  if (!by || !item || !event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  step(item, by);
  event.target.focus();
});
