/**
 * What lies over a page: menus, sheets, dialogs. Escape or a press beside it closes a menu,
 * `data-close` within a layer closes the layer, and on a phone Back closes the topmost one.
 *
 * On a phone each open layer has a history entry, which differs from the page's own only in its
 * state. The viewer is not among them: the address of its entry names a result (`lazy/viewer.js`).
 */
const MENUS = ".menu, .tray, .family details, [name='pick-menu']";
const LAYERS = `${MENUS}, [popover]:not([popover='manual']), dialog:not(.viewer)`;
const phone = matchMedia("(width < 48rem)");
let open = []; // the topmost is the last
let address; // of the page, while this script goes back
const isOpen = (layer) => layer.isConnected && (layer.open || layer.matches(":popover-open"));
const entries = () => history.state?.layers ?? 0;

function close(layer) {
  if (layer.localName === "details") {
    layer.open = false;
    layer.querySelector("summary").focus();
  } else if (layer.localName !== "dialog") layer.hidePopover();
  // As Escape does: an unsaved dialog may refuse.
  else if (layer.dispatchEvent(new Event("cancel", { cancelable: true }))) layer.close();
}
/** Gives each open layer its entry, and takes the entries of closed ones away. */
function settle() {
  open = open.filter(isOpen);
  const missing = open.length - entries();
  if (address) return; // until the way back has ended
  if (missing < 0) goBack(-missing);
  else if (phone.matches)
    for (let made = 0; made < missing; made++)
      history.pushState({ ...history.state, layers: entries() + 1 }, "");
}
function goBack(count) {
  address = location.href;
  history.go(-count);
}
/* One layer often opens another: the history is settled once, after both. */
function note({ target }) {
  if (!target.matches?.(LAYERS)) return;
  open = open.filter((layer) => layer !== target);
  if (isOpen(target)) {
    open.push(target);
    if (target.localName !== "dialog") offerClosing(target);
  }
  setTimeout(settle);
}
for (const name of ["toggle", "close"]) document.addEventListener(name, note, { capture: true });
document.addEventListener("htmx:afterSettle", () => open.length && setTimeout(settle));

addEventListener(
  "popstate",
  (event) => {
    const typed = address; // it may have changed while the layer was open
    address = undefined;
    const above = open.slice(entries());
    if (!typed && !above.length && entries() <= open.length) return;
    event.stopImmediatePropagation(); // the page stays as it is
    if (typed) history.replaceState(history.state, "", typed);
    // The entry of a layer that was left open on the way to another page.
    else if (!above.length) return history.go(open.length - entries());
    else above.reverse().forEach(close);
    setTimeout(settle);
  },
  { capture: true },
);
if (entries()) goBack(entries()); // a page that is shown again has nothing open

/** Puts the button for fingers into a sheet; the style sheet shows it on a phone. */
function offerClosing(layer) {
  const sheet = layer.localName === "details" ? layer.querySelector(":scope > div") : layer;
  if (sheet.querySelector("[data-close]")) return;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "sheet-close", textContent: "Close" });
  button.dataset.close = "";
  sheet.prepend(button);
}
const openMenus = () => open.filter((layer) => layer.localName === "details");
addEventListener("click", ({ target }) => {
  const layer = target.closest?.("[data-close]")?.closest(LAYERS);
  if (layer) close(layer);
  if (target.isConnected)
    for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;
});
addEventListener("keydown", ({ key }) => key === "Escape" && openMenus().reverse().forEach(close));
