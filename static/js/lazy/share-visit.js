/*
 * For a share's visitors: a click on a tile enlarges it in a dialog with keys, swipes and zoom.
 * Without script each tile links to a page with the same contents.
 */
import { parsed } from "./server.js";
import { onSwipe } from "./swipe.js";
const links = () => [...document.querySelectorAll("a[data-item]")];
let dialog;
let request = 0;

function make() {
  dialog = document.createElement("dialog");
  dialog.className = "large";
  dialog.setAttribute("aria-label", "Result");
  dialog.innerHTML =
    '<button class="button close" type="button" aria-label="Close" autofocus>×</button>' +
    '<div class="slot" role="status"></div>';
  dialog.addEventListener("click", onClick);
  dialog.addEventListener("keydown", onKey);
  dialog.addEventListener("close", onClose);
  onSwipe(dialog, (by) => step(by > 0 ? "next" : "prev"), {
    may: () => !slot().querySelector("[data-large]"),
  });
  document.body.append(dialog);
}
const slot = () => dialog.querySelector(".slot");
const shown = () => slot().querySelector(".item");

async function show(address) {
  if (!dialog) make();
  if (!dialog.open) dialog.showModal();
  const now = ++request;
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (now !== request) return;
  const text = answer?.ok ? await answer.text() : "";
  const item = parsed(text).querySelector(".item");
  if (!item) return location.assign(address); // that page shows the reason
  slot().replaceChildren(document.importNode(item, true));
  history.replaceState(history.state, "", `#item-${item.dataset.number}`);
  for (const rel of ["next", "prev"]) prefetch(slot().querySelector(`[rel="${rel}"]`));
}
/** Loads the picture of a neighbour, whose address follows from its page's. */
function prefetch(link) {
  const number = link?.pathname.match(/items\/(\d+)\/$/)?.[1];
  const tile = number && document.querySelector(`#item-${number}[data-kind="image"]`);
  if (tile) new Image().src = link.pathname.replace("/items/", "/files/");
}
const step = (rel) => slot().querySelector(`[rel="${rel}"]`)?.click();
function zoom(picture, event) {
  const isLarge = picture.toggleAttribute("data-large");
  if (!isLarge || !event) return;
  const area = picture.parentElement;
  const box = picture.getBoundingClientRect();
  area.scrollTo((box.width - area.clientWidth) / 2, (box.height - area.clientHeight) / 2);
}
function onClick(event) {
  const { target } = event;
  const link = target.closest("a[rel]");
  if (target.closest(".close")) dialog.close();
  else if (link && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    show(link.href);
  } else if (target.matches(".media > img")) zoom(target, event);
}
function onKey(event) {
  if (event.target.matches("audio, video, input, textarea") || event.altKey) return;
  const picture = slot().querySelector(".media > img");
  if (event.key === "ArrowRight") step("next");
  else if (event.key === "ArrowLeft") step("prev");
  else if (event.key === "z" && picture) zoom(picture);
  else return;
  event.preventDefault();
}
function onClose() {
  const number = shown()?.dataset.number;
  request++;
  slot().replaceChildren(); // stops a film
  history.replaceState(history.state, "", location.pathname + location.search);
  document.querySelector(`#item-${number} a[data-item]`)?.focus();
}
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-item]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link.href);
});
/* On an item's own page, the arrow keys open its neighbours. */
document.addEventListener("keydown", (event) => {
  if (dialog?.open || links().length || event.target.matches("audio, video, input, textarea"))
    return;
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  document.querySelector(`.steps [rel="${rel}"]`)?.click();
});
