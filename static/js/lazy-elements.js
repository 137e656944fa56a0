/*
 * Custom elements whose script is loaded at the first interaction, or at once if they have
 * something to show.
 */
const LOADERS = {
  "color-pick": () => import("./lazy/form-color.js"),
  "copy-button": () => import("./lazy/copy-button.js"),
  "field-error": () => import("./lazy/field-error.js"),
  "form-rows": () => import("./lazy/form-rows.js"),
  "media-field": () => import("./lazy/form-media.js"),
  "live-session": () => import("./lazy/live-session.js"),
  "local-time": () => import("./lazy/local-time.js"),
  "mesh-view": () => import("./lazy/mesh-view.js"),
  "result-viewer": () => import("./lazy/result-viewer.js"),
  "partial-result": () => import("./lazy/partial-result.js"),
  "run-progress": () => import("./lazy/run-progress.js"),
  "search-select": () => import("./lazy/form-select.js"),
  "share-button": () => import("./lazy/share.js"),
  "settings-filter": () => import("./lazy/form-filter.js"),
  "size-pair": () => import("./lazy/form-size.js"),
  "timed-lines": () => import("./lazy/timed-lines.js"),
};
const IMMEDIATE = [
  "field-error",
  "live-session",
  "local-time",
  "partial-result:has(.prose, img)",
  "result-viewer",
  "run-progress",
  "timed-lines",
  "media-field:has(input[type='text'][value]:not([value='']))",
].join();
/* A click on these waits for the script. */
const HELD =
  "[name='~do'], [formaction], [data-pair], [data-tool], [data-share-verb], copy-button *, mesh-view a";
const load = (element) => {
  const wanted = [];
  for (let around = element; around; around = around.parentElement) {
    const tag = around.localName;
    if (LOADERS[tag] && !customElements.get(tag)) wanted.push(LOADERS[tag]());
  }
  return wanted.length && Promise.all(wanted);
};
for (const name of ["pointerover", "pointerdown", "focusin", "dragenter", "change"])
  document.addEventListener(name, ({ target }) => target.closest && load(target), {
    capture: true,
    passive: true,
  });
document.addEventListener(
  "click",
  (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return; // opens a link elsewhere
    const loading = event.target.closest(HELD) && load(event.target);
    if (!loading) return;
    event.preventDefault();
    event.stopPropagation();
    const pressed = event.target.closest("button, a, label, input"); // an icon has no click()
    loading.then(() => pressed.click());
  },
  { capture: true },
);
const loadWithin = (root) => root.querySelectorAll(IMMEDIATE).forEach(load);
document.addEventListener("DOMContentLoaded", () => loadWithin(document), { once: true });
document.addEventListener("htmx:load", ({ target }) => loadWithin(target.parentElement ?? target));
/* `@` in a text or a field for pictures offers the names of series. */
document.addEventListener("focusin", ({ target }) => {
  const host = target.matches?.("textarea, [type='text']") && target.closest("[data-mentions]");
  const before = target.value;
  if (host) import("./lazy/mentions.js").then(({ attach }) => attach(host, before));
});
