/** Requests a film or a sound again while its copy without metadata is being made. */
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
