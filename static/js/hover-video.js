/**
 * A thumbnail with `data-clip` plays while its card is hovered or focused, unless the user prefers
 * reduced motion or data.
 */
const CARDS = "article";
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
let shown, video, timer;
const play = () => {
  video = Object.assign(document.createElement("video"), {
    src: shown.dataset.clip,
    muted: true,
    loop: true,
    autoplay: true,
    playsInline: true,
    disablePictureInPicture: true,
  });
  video.setAttribute("aria-hidden", "true");
  shown.after(video);
};
const update = ({ target, pointerType }) => {
  const focused = document.activeElement?.matches(":focus-visible") && document.activeElement;
  const card =
    (target.closest?.(CARDS) && pointerType !== "touch" && target.closest(CARDS)) ||
    (focused && focused.closest(CARDS));
  const picture =
    card && !reducedMotion.matches && !navigator.connection?.saveData
      ? card.querySelector("img[data-clip]")
      : null;
  if (picture === shown) return;
  clearTimeout(timer);
  video?.remove();
  video = undefined;
  shown = picture;
  if (shown) timer = setTimeout(play, 120);
};
const leave = () => update({ target: document });
document.addEventListener("pointerover", update, { passive: true });
document.addEventListener("focusin", update);
document.addEventListener("focusout", () => setTimeout(leave));
document.documentElement.addEventListener("pointerleave", leave);
