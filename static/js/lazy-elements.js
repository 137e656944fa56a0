/*
 * Custom elements whose script is loaded at the first interaction, or at once if they have
 * something to show.
 */
const LOADERS = {
  "color-pick": () => import("./lazy/form-color.js"),
  "dataset-files": () => import("./lazy/dataset-files.js"),
  "form-rows": () => import("./lazy/form-rows.js"),
  "media-field": () => import("./lazy/form-media.js"),
  "local-time": () => import("./lazy/local-time.js"),
  "live-session": () => import("./lazy/live-session.js"),
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
  "dataset-files",
  "live-session",
  "local-time",
  "partial-result:has(.prose, img)",
  "result-viewer",
  "run-progress",
  "timed-lines",
  "media-field:has(input[type='text'][value]:not([value='']))",
].join();
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
/* A click before the script is loaded waits for it. */
document.addEventListener(
  "click",
  (event) => {
    const loading =
      event.target.closest("[name='~do'], [data-pair], [data-tool], [data-share-verb]") &&
      load(event.target);
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
/* `@` in a text or a field for pictures offers references. */
document.addEventListener("focusin", ({ target }) => {
  const host = target.matches?.("textarea, [type='text']") && target.closest("[data-references]");
  const before = target.value;
  if (host) import("./lazy/references.js").then(({ attach }) => attach(host, before));
});
