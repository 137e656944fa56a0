/*
 * The selection on the wall and in the list: by click, with Shift for a range, by keyboard (Space,
 * Shift with arrows, Ctrl or ⌘ with A, Escape), the whole page, or all results found. The bar of
 * actions is at the window's bottom while something is selected.
 *
 * Runs that the user may not delete (`data-kept`) have only buttons for any result (`data-any`).
 */
const form = document.getElementById("selection");
const all = document.querySelector("[data-all]");
const found = document.querySelector("[data-found]");
const BOX = ".pick input[form='selection']";
const FACE = "#wall .tile > :is(.face, .name)";
let anchor; // the box where a range starts
let range = []; // the boxes of the latest range

/** The boxes that are visible or ticked: a closed stack shows its first result only. */
export const boxes = () =>
  [...document.querySelectorAll(`${BOX}:not(:disabled)`)].filter(
    (box) => box.checked || box.closest(".tile, .run-item").checkVisibility(),
  );
const boxOf = (element) => element?.closest?.(".tile, .run-item")?.querySelector(BOX);
export function clear() {
  for (const box of boxes()) box.checked = false;
  if (found) found.checked = false;
  anchor = undefined;
  range = [];
}
/** Shows the state of the selection: the count, and the possible actions. */
export function tell() {
  const listed = boxes();
  const chosen = listed.filter((box) => box.checked);
  const { length } = chosen;
  const isAll = length > 0 && length === listed.length;
  if (found && !isAll) found.checked = false;
  const runs = new Set(chosen.map(({ value }) => value.split("/")[0])); // a stack is one
  const kept = chosen.filter((box) => "kept" in box.dataset).length;
  for (const button of form.querySelectorAll("button[formaction], [data-kind='danger']")) {
    const isForAny = "any" in button.dataset || kept < length;
    button.disabled = !length || !isForAny || runs.size < Number(button.dataset.runs ?? 0);
  }
  const not = kept ? `, ${kept} of them not yours to delete` : "";
  const text = found?.checked ? found.nextElementSibling.textContent.trim() : `${length} selected`;
  form.querySelector("[data-count]").textContent = length ? text + not : "";
  form.toggleAttribute("data-open", length > 0);
  found?.parentElement.toggleAttribute("data-shown", isAll && hasMore());
  if (isAll && hasMore()) count();
  all.checked = isAll;
  all.indeterminate = length > 0 && !isAll;
}
const hasMore = () => Boolean(document.querySelector(".wall-more, [data-more]"));
/** Shows the number of results found, in the label that selects them. */
async function count() {
  const { count: address } = found.parentElement.dataset;
  if (!address) return;
  delete found.parentElement.dataset.count; // once
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return;
  found.nextElementSibling.textContent = (await answer.text()).trim();
  tell();
}
/** Selects the range between the anchor and a box, instead of the previous range. */
function extend(box) {
  const listed = boxes();
  anchor ??= box;
  const [from, to] = [listed.indexOf(anchor), listed.indexOf(box)].sort((a, b) => a - b);
  for (const former of range) former.checked = false;
  range = listed.slice(Math.max(from, 0), to + 1);
  for (const between of range) between.checked = true;
}
function toggle(box) {
  box.checked = !box.checked;
  anchor = box;
  range = [];
}
all?.addEventListener("change", () => {
  for (const box of boxes()) box.checked = all.checked;
  tell();
});
found?.addEventListener("change", tell);
document.addEventListener("click", (event) => {
  const box = event.target.closest?.(BOX);
  if (box) {
    if (event.shiftKey && anchor && box.checked) extend(box);
    else {
      anchor = box;
      range = [];
    }
    tell();
  } else if (event.target.closest?.("[data-clear]")) {
    clear();
    tell();
  } else closeMenus(event.target);
});
/* Shift-click on a picture selects up to it, and must not open it. */
document.addEventListener(
  "click",
  (event) => {
    const box = event.shiftKey && boxOf(event.target.closest?.(FACE));
    if (!box) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    extend(box);
    tell();
  },
  { capture: true },
);
const menus = () =>
  document.querySelectorAll(
    ".selection details[open], .wall-tools[open], .wall-facets[open], .tile > .menu[open]",
  );
document.addEventListener(
  "toggle",
  ({ target }) => target.open && target.querySelector("[data-focus]")?.focus(),
  { capture: true },
);
function closeMenus(target) {
  for (const menu of menus()) if (!menu.contains(target)) menu.open = false;
}
const isTyping = (target) =>
  target.closest?.(
    "input:not([type='checkbox'], [type='range']), textarea, select, [contenteditable]",
  );
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
  const isCommand = event.ctrlKey || event.metaKey;
  if (key === "Escape" && menus().length) {
    const [menu] = menus();
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (isTyping(target)) return;
  else if (key === "Escape" && boxes().some((box) => box.checked)) clear();
  else if (key === "a" && isCommand && !event.shiftKey) {
    for (const box of boxes()) box.checked = true;
  } else if (key === " " && !isCommand && target.matches?.(FACE) && boxOf(target)) {
    if (event.shiftKey) extend(boxOf(target));
    else toggle(boxOf(target));
  } else return;
  event.preventDefault();
  tell();
});
/* Shift and an arrow: `wall.js` goes to the next tile. */
document.addEventListener("wall:extended", ({ detail: { from, to } }) => {
  if (!anchor || !anchor.checked) anchor = boxOf(from);
  if (!boxOf(to) || !anchor) return;
  extend(boxOf(to));
  tell();
});
/* An action was performed without leaving the page. */
document.addEventListener("results:changed", ({ detail }) => {
  closeMenus(document.body);
  const typed = form.querySelector("[name='named']");
  if (typed && "kept" in detail) typed.value = "";
  if (!("starred" in detail)) return;
  const star = form.querySelector("[data-verb='star'] svg");
  for (const box of boxes().filter((each) => each.checked)) {
    const tile = box.closest(".tile");
    tile?.querySelector(":scope > .starred")?.remove();
    if (!tile || !detail.starred) continue;
    const mark = Object.assign(document.createElement("span"), { className: "starred" });
    const word = Object.assign(document.createElement("span"), { className: "visually-hidden" });
    word.textContent = "starred";
    mark.append(star.cloneNode(true), word);
    tile.append(mark);
  }
});
document.addEventListener("htmx:afterSwap", () => form && tell()); // more results, or fewer
if (form) tell();
/* After Back, the browser restores ticked boxes later than this script runs. */
window.addEventListener("pageshow", () => form && tell());
