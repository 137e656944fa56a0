/*
 * The wall: the slider for the tiles' size, stacks that open in place, arrow keys between tiles,
 * and an address that restores the pages loaded by scrolling.
 */
const slider = document.querySelector(".wall-size input");
if (slider) {
  slider.value = localStorage.getItem(WALL_SIZE) ?? 2;
  slider.addEventListener("input", () => {
    localStorage.setItem(WALL_SIZE, slider.value);
    setWallSize(Number(slider.value));
  });
}
document.addEventListener("click", (event) => {
  const badge = event.target.closest?.(".tile [data-open]");
  if (!badge || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const opened = badge.closest(".wall-stack").toggleAttribute("data-opened");
  badge.setAttribute("aria-expanded", opened);
});
const faces = () =>
  [...document.querySelectorAll("#wall .tile > :is(.face, .name)")].filter(
    (face) => face.getClientRects().length,
  );
/* Returns the nearest tile in the row above or below this one. */
function inRow(from, listed, step) {
  const here = from.getBoundingClientRect();
  const middle = here.left + here.width / 2;
  const others = listed
    .map((face) => [face, face.getBoundingClientRect()])
    .filter(([, box]) => (step > 0 ? box.top >= here.bottom - 2 : box.bottom <= here.top + 2));
  const gap = ([, box]) => Math.abs(box.top - here.top);
  const nearest = Math.min(...others.map(gap));
  const row = others.filter((one) => gap(one) < nearest + here.height / 2);
  const off = ([, box]) => Math.abs(box.left + box.width / 2 - middle);
  return row.sort((a, b) => off(a) - off(b))[0]?.[0];
}
document.addEventListener("keydown", (event) => {
  const from = event.target.closest?.("#wall .tile > :is(.face, .name)");
  if (!from || event.altKey || event.ctrlKey || event.metaKey) return;
  const listed = faces();
  const at = listed.indexOf(from);
  const next = {
    ArrowLeft: () => listed[at - 1],
    ArrowRight: () => listed[at + 1],
    ArrowUp: () => inRow(from, listed, -1),
    ArrowDown: () => inRow(from, listed, 1),
    Home: () => listed[0],
    End: () => listed.at(-1),
  }[event.key]?.();
  if (!next) return;
  event.preventDefault();
  next.focus();
  if (event.shiftKey)
    document.dispatchEvent(new CustomEvent("wall:extended", { detail: { from, to: next } }));
});
/*
 * If a page continues the day of the previous page, moves the tiles of that page's last row to it,
 * so that no page ends in a gap. Visible tiles keep their place.
 */
function joinRows(page, next) {
  if (!next?.firstElementChild.matches(".wall-stack")) return;
  const topOf = (stack) =>
    [...stack.querySelectorAll(".tile")]
      .find((tile) => tile.getClientRects().length)
      ?.getBoundingClientRect().top;
  const stacks = [...page.children].filter((child) => child.matches(".wall-stack"));
  const top = topOf(stacks.at(-1));
  if (!(top > innerHeight)) return;
  const first = stacks.findLastIndex((stack) => topOf(stack) !== top) + 1;
  if (!first) return;
  next.prepend(...stacks.slice(first));
  page.querySelector(":scope > .fill:last-child").remove();
}
function joinLastRow() {
  const [page, next] = [...document.querySelectorAll("#wall > .wall-rows")].slice(-2);
  if (page?.lastElementChild.matches(".fill")) joinRows(page, next);
}
/* Keeps in the address how far the wall is loaded. */
function keepPlace() {
  const until = document.querySelector(".wall-end")?.dataset.until;
  const address = new URL(location.href);
  if (!until || address.searchParams.get("until") === until) return;
  address.searchParams.set("until", until);
  history.replaceState(history.state, "", address);
}
let frame;
document.addEventListener("htmx:afterSwap", () => {
  // Once per frame for all swaps: the page is laid out then anyway.
  frame ??= requestAnimationFrame(() => {
    frame = undefined;
    joinLastRow();
    keepPlace();
  });
});
