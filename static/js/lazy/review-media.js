/**
 * Plays films and sounds in the place of their pictures, and requests them again while their copy
 * without metadata is being made.
 */
const MOST_TRIES = 5;
const AGAIN_MS = 3000;
function askAgain(medium) {
  const tries = Number(medium.dataset.tries ?? 0);
  medium.dataset.tries = tries + 1;
  if (tries < MOST_TRIES) setTimeout(() => medium.isConnected && medium.load(), AGAIN_MS);
}
const isMedium = (target) => target instanceof HTMLMediaElement;
document.addEventListener("error", ({ target }) => isMedium(target) && askAgain(target), {
  capture: true,
});
for (const medium of document.querySelectorAll("video, audio")) if (medium.error) askAgain(medium);

function play(button) {
  const { play: kind, src } = button.dataset;
  const medium = document.createElement(kind);
  Object.assign(medium, { src, controls: true, autoplay: true, playsInline: true });
  medium.setAttribute("aria-label", button.getAttribute("aria-label"));
  const place = document.createElement("div");
  place.className = "review-picture mat";
  place.dataset.keep = ""; // new feedback does not stop it
  place.append(medium);
  button.hidden = true;
  button.previousElementSibling.replaceWith(place);
  medium.focus();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-play]");
  if (!button) return;
  event.preventDefault();
  play(button);
});
