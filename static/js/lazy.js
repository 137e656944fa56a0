/*
 * Custom elements whose script is loaded at the first interaction, or at once if they have
 * something to show.
 */
const COMES = {
  "chat-thread": () => import("./lazy/chat.js"),
  "color-pick": () => import("./lazy/form-color.js"),
  "dataset-files": () => import("./lazy/dataset-files.js"),
  "form-rows": () => import("./lazy/form-rows.js"),
  "light-box": () => import("./lazy/light-box.js"),
  "media-field": () => import("./lazy/form-media.js"),
  "local-time": () => import("./lazy/local-time.js"),
  "live-session": () => import("./lazy/live-session.js"),
  "partial-result": () => import("./lazy/partial-result.js"),
  "run-progress": () => import("./lazy/run-progress.js"),
  "search-select": () => import("./lazy/form-select.js"),
  "settings-filter": () => import("./lazy/form-filter.js"),
  "size-pair": () => import("./lazy/form-size.js"),
};
const AT_ONCE = [
  "chat-thread",
  "dataset-files",
  "live-session",
  "local-time",
  "partial-result:has(.prose, img)",
  "run-progress",
  "media-field:has(input[type='text'][value]:not([value='']))",
].join();
const come = (element) => {
  const wanted = [];
  for (let around = element; around; around = around.parentElement) {
    const tag = around.localName;
    if (COMES[tag] && !customElements.get(tag)) wanted.push(COMES[tag]());
  }
  return wanted.length && Promise.all(wanted);
};
for (const name of ["pointerover", "pointerdown", "focusin", "dragenter", "change"])
  document.addEventListener(name, ({ target }) => target.closest && come(target), {
    capture: true,
    passive: true,
  });
/* A click before the script is loaded waits for it. */
document.addEventListener(
  "click",
  (event) => {
    const coming =
      event.target.closest("[name='~do'], [data-pair], [data-tool], light-box a") &&
      come(event.target);
    if (!coming) return;
    event.preventDefault();
    event.stopPropagation();
    const pressed = event.target.closest("button, a, label, input"); // an icon has no click()
    coming.then(() => pressed.click());
  },
  { capture: true },
);
const load = (within) => within.querySelectorAll(AT_ONCE).forEach(come);
document.addEventListener("DOMContentLoaded", () => load(document), { once: true });
document.addEventListener("htmx:load", ({ target }) => load(target.parentElement ?? target));
