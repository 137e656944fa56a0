/**
 * A thumbnail with `data-clip` plays while its card is hovered or focused, unless the user prefers
 * reduced motion or data.
 */
const CARDS = "article";
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let shown, film, timer;
const play = () => {
  film = Object.assign(document.createElement("video"), {
    src: shown.dataset.clip,
    muted: true,
    loop: true,
    autoplay: true,
    playsInline: true,
    disablePictureInPicture: true,
  });
  film.setAttribute("aria-hidden", "true");
  shown.after(film);
};
const turn = ({ target, pointerType }) => {
  const focused = document.activeElement?.matches(":focus-visible") && document.activeElement;
  const card =
    (target.closest?.(CARDS) && pointerType !== "touch" && target.closest(CARDS)) ||
    (focused && focused.closest(CARDS));
  const picture =
    card && !calm.matches && !navigator.connection?.saveData
      ? card.querySelector("img[data-clip]")
      : null;
  if (picture === shown) return;
  clearTimeout(timer);
  film?.remove();
  film = undefined;
  shown = picture;
  if (shown) timer = setTimeout(play, 120);
};
const leave = () => turn({ target: document });
document.addEventListener("pointerover", turn, { passive: true });
document.addEventListener("focusin", turn);
document.addEventListener("focusout", () => setTimeout(leave));
document.documentElement.addEventListener("pointerleave", leave);
