/*
 * Films of a stage (`data-plays`) play muted, unless the user prefers reduced motion or data; a
 * sample that upstream no longer has is replaced by the model's thumbnail (`data-instead`).
 */
const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const play = (root) => {
  if (isStill.matches || navigator.connection?.saveData) return;
  for (const film of root.querySelectorAll("video[data-plays]")) {
    film.muted = true;
    film.play().catch(() => {}); // its controls still work
  }
};
document.addEventListener("DOMContentLoaded", () => play(document), { once: true });
document.addEventListener("htmx:load", ({ target }) => play(target.parentElement ?? target));
/* Films note which frame they show (`shownS`), for `lazy/film-frames.js`. */
document.addEventListener(
  "loadedmetadata",
  ({ target }) => {
    const note = (_, { mediaTime }) => {
      target.shownS = mediaTime;
      target.requestVideoFrameCallback(note);
    };
    target.requestVideoFrameCallback?.(note);
    target.addEventListener("seeking", () => delete target.shownS);
  },
  { capture: true },
);
document.addEventListener(
  "error",
  ({ target }) => {
    if (!target.dataset?.instead) return;
    target.src = target.dataset.instead;
    delete target.dataset.instead;
  },
  { capture: true },
);
