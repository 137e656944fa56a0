/*
 * A rectangle drawn with the mouse selects the tiles that it touches; Shift, Ctrl or ⌘ adds them to
 * the selection. The page scrolls while the pointer is near an edge. Alt drags a picture itself, as
 * elsewhere.
 */
import { boxes, clear, tell } from "./selection.js";

const wall = document.getElementById("wall");
const main = document.getElementById("content");
const NOT_HERE =
  "input, button, select, textarea, label, summary, audio, form, header, .wall-more, dialog";
const BEGINS_PX = 6; // less is a click
const EDGE_PX = 60;
const STEP_PX = 18; // per frame, at the very edge
let from; // in the document
let pointer;
let frame;
let before; // the previous selection

function begin(event) {
  const { target, button, pointerType, altKey } = event;
  if (button || pointerType === "touch" || altKey || target.closest(NOT_HERE)) return;
  if (event.clientY < wall.getBoundingClientRect().top - EDGE_PX) return;
  from = { x: event.pageX, y: event.pageY };
  pointer = event;
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
  document.addEventListener("dragstart", keep, { capture: true });
  document.addEventListener("keydown", cancel, { capture: true });
}
function move(event) {
  pointer = event;
  const isFar = Math.hypot(event.pageX - from.x, event.pageY - from.y) > BEGINS_PX;
  if (frame || (!isFar && !before)) return;
  if (!before) {
    const isAdding = event.shiftKey || event.ctrlKey || event.metaKey;
    before = new Set(isAdding ? boxes().filter((box) => box.checked) : []);
    frame = Object.assign(document.createElement("div"), { className: "selection-rectangle" });
    document.body.append(frame);
    getSelection()?.empty();
    requestAnimationFrame(draw);
  }
}
function draw() {
  if (!frame) return;
  scroll();
  const x = pointer.clientX + scrollX;
  const y = pointer.clientY + scrollY;
  const box = {
    left: Math.min(from.x, x),
    top: Math.min(from.y, y),
    right: Math.max(from.x, x),
    bottom: Math.max(from.y, y),
  };
  frame.style.translate = `${box.left}px ${box.top}px`;
  frame.style.inlineSize = `${box.right - box.left}px`;
  frame.style.blockSize = `${box.bottom - box.top}px`;
  mark(box);
  requestAnimationFrame(draw);
}
function scroll() {
  const over = Math.max(0, pointer.clientY - (innerHeight - EDGE_PX));
  const under = Math.max(0, EDGE_PX - pointer.clientY);
  if (over || under) scrollBy(0, (Math.min(over - under, EDGE_PX) / EDGE_PX) * STEP_PX);
}
function mark({ left, top, right, bottom }) {
  const touched = new Set();
  const tiles = wall.querySelectorAll(".tile");
  for (const tile of tiles) {
    const at = tile.getBoundingClientRect();
    if (!at.width) continue;
    const isBeside = at.left + scrollX > right || at.right + scrollX < left;
    if (isBeside || at.top + scrollY > bottom || at.bottom + scrollY < top) continue;
    const box = tile.querySelector(".pick input:not(:disabled)");
    if (box) touched.add(box);
  }
  for (const box of boxes()) box.checked = touched.has(box) || before.has(box);
  tell();
}
function end(event) {
  removeEventListener("pointermove", move);
  removeEventListener("pointerup", end);
  removeEventListener("pointercancel", end);
  document.removeEventListener("dragstart", keep, { capture: true });
  document.removeEventListener("keydown", cancel, { capture: true });
  if (before && event.type === "pointerup") {
    // Pointer up on the tile where the drag began is also a click, which would open the tile.
    addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", stop, { capture: true }));
  }
  frame?.remove();
  frame = before = from = undefined;
}
function cancel(event) {
  if (event.key !== "Escape" || !before) return;
  event.preventDefault();
  event.stopPropagation();
  const kept = before;
  end(event);
  clear();
  for (const box of kept) box.checked = true;
  tell();
}
const keep = (event) => event.preventDefault();
const stop = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
};
if (wall) main.addEventListener("pointerdown", begin);
