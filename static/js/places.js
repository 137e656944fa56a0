/*
 * What a result's place holds. What has come tells its size itself: the box is mended where it was guessed, or told
 * wrong; a first sketch of what is still being made tells nothing, it may be smaller. For what does not come there are
 * words, and it is asked for again, at our own address: a copy may be here by then.
 */
const PLACED = ".place > :is(img, video)";
const LISTED = ".run-row .mat img, .strip-list img";
const AGAIN_MS = [3000, 8000, 20_000, 60_000];

const come = (medium) => {
  if (!medium.matches?.(PLACED) || medium.closest("partial-result")) return;
  const place = medium.parentElement;
  const box = place.querySelector("svg");
  const [width, height] = [medium.naturalWidth ?? medium.videoWidth, medium.naturalHeight ?? medium.videoHeight];
  delete place.dataset.tries;
  delete place.dataset.missing;
  if (!box || !width || !height) return;
  if (box.getAttribute("width") !== `${width}`) box.setAttribute("width", width);
  if (box.getAttribute("height") !== `${height}`) box.setAttribute("height", height);
};
const miss = (medium) => {
  if (medium.matches?.(LISTED)) medium.replaceWith(Object.assign(document.createElement("span"), { className: "muted small", textContent: "Not here yet" }));
  if (!medium.matches?.(PLACED) || medium.closest("partial-result")) return;
  const place = medium.parentElement;
  const tries = Number(place.dataset.tries ?? 0);
  place.dataset.tries = tries + 1;
  if (tries) place.dataset.missing = ""; // the first time says little: our copy is a moment away
  if (tries < AGAIN_MS.length) setTimeout(() => medium.isConnected && ask(medium), AGAIN_MS[tries]);
};
const ask = (medium) => {
  const ours = medium.closest("figure").querySelector("a[download]").href.split("?")[0];
  if (medium.parentElement.href) medium.parentElement.href = ours;
  medium.src = ours;
};
for (const name of ["load", "loadedmetadata"]) document.addEventListener(name, ({ target }) => come(target), { capture: true });
document.addEventListener("error", ({ target }) => miss(target), { capture: true });
/* Those that were quicker than this script. */
for (const medium of document.querySelectorAll(`${PLACED}, ${LISTED}`)) {
  if (medium.error || (medium.complete && !medium.naturalWidth)) (medium.decode?.() ?? Promise.reject()).catch(() => miss(medium));
  else come(medium);
}
