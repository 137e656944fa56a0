/**
 * Lets the rows of `list` be put in order by dragging; dropped elsewhere, a row goes back.
 *
 * `row` is the selector of a row, `handle` that of the part that starts a drag. `dropped` is called
 * with a moved row and its former next sibling. Rows are below each other, or in a grid (`isGrid`).
 */
export function orderByDrag(list, { row, handle = row, isGrid = false, dropped }) {
  let moved;
  let home; // its former next sibling
  let isDropped;
  const rowOf = ({ target }) => {
    const found = target.closest?.(row);
    return found?.parentElement === list ? found : null;
  };
  const isBefore = (over, { clientX, clientY }) => {
    const { left, top, width, height } = over.getBoundingClientRect();
    if (!isGrid) return clientY < top + height / 2;
    return clientX < left + width / 2 === (getComputedStyle(list).direction === "ltr");
  };
  list.addEventListener("dragstart", (event) => {
    moved = event.target.closest?.(handle) && rowOf(event);
    if (!moved) return;
    [home, isDropped] = [moved.nextSibling, false];
    moved.dataset.dragging = "";
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", ""); // without data, Firefox starts no drag
    event.dataTransfer.setDragImage(moved, 0, 0);
  });
  list.addEventListener("dragover", (event) => {
    if (!moved) return;
    event.preventDefault();
    const over = rowOf(event);
    if (over && over !== moved) over[isBefore(over, event) ? "before" : "after"](moved);
  });
  list.addEventListener("drop", (event) => {
    if (!moved) return;
    event.preventDefault();
    isDropped = true;
  });
  list.addEventListener("dragend", () => {
    if (!moved) return;
    const [item, former] = [moved, home];
    moved = home = undefined;
    delete item.dataset.dragging;
    if (!isDropped) list.insertBefore(item, former);
    else if (item.nextSibling !== former) dropped(item, former);
  });
}
