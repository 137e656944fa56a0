/*
 * Opens the viewer at a plain click on a result (`data-view` has its key), or for an address with
 * `#view=<run>/<position>`. The viewer is fetched when a result is hovered or focused.
 */
const RESULT = "a[data-view]";
const loadViewer = () => import("./lazy/viewer.js");
/* A failed request is tried again with the click, which otherwise follows the link. */
const prepare = ({ target }) =>
  target.closest?.(RESULT) &&
  loadViewer().then(
    ({ prepare }) => prepare(),
    () => {},
  );
for (const name of ["pointerover", "focusin"])
  document.addEventListener(name, prepare, { passive: true });
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(RESULT);
  const isModified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || isModified || event.defaultPrevented) return;
  event.preventDefault();
  loadViewer()
    .then(({ open }) => open(link.dataset.view, link))
    .catch(() => location.assign(link.href));
});
function openAddressed() {
  const key = location.hash.startsWith("#view=") && decodeURIComponent(location.hash.slice(6));
  if (key) loadViewer().then(({ open }) => open(key));
}
addEventListener("hashchange", openAddressed);
openAddressed();
