/*
 * The placeholder of a result's picture or video, drawn in its expected size. When the medium has
 * loaded, corrects a size that was guessed or wrong; a partial result may be smaller and is
 * ignored. If it fails to load, shows a message and retries with our own URL, where a copy may
 * exist by then. What the server has, but this browser cannot show twice, is of a format that it
 * does not know: a note says so, below the still picture of it.
 */
const PLACED = ".place > :is(img, video)";
const LISTED = ".run-row .mat img, .strip-list img";
const LARGE_PX = 512; // a small picture is shown enlarged (`placeholder_size.py`)
const PLAYED = "figure.artifact > audio";
const RETRY_MS = [3000, 8000, 20_000, 60_000];

const fit = (medium) => {
  if (!medium.matches?.(PLACED) || medium.closest("partial-result")) return;
  const place = medium.parentElement;
  const box = place.querySelector("svg");
  const sides = [
    medium.naturalWidth ?? medium.videoWidth,
    medium.naturalHeight ?? medium.videoHeight,
  ];
  delete place.dataset.tries;
  delete place.dataset.missing;
  if (!box || !sides[0] || !sides[1]) return;
  const times = Math.max(1, Math.floor(LARGE_PX / Math.max(...sides)));
  place.toggleAttribute("data-small", times > 1);
  const [width, height] = sides.map((side) => side * times);
  if (box.getAttribute("width") !== `${width}`) box.setAttribute("width", width);
  if (box.getAttribute("height") !== `${height}`) box.setAttribute("height", height);
};
const fail = async (medium) => {
  if (medium.matches?.(LISTED))
    medium.replaceWith(
      Object.assign(document.createElement("span"), {
        className: "muted small",
        textContent: "Not here yet",
      }),
    );
  if (!medium.matches?.(`${PLACED}, ${PLAYED}`) || medium.closest("partial-result")) return;
  const place = medium.parentElement;
  if (await isHere(medium)) return tryOnce(medium);
  const tries = Number(place.dataset.tries ?? 0);
  place.dataset.tries = tries + 1;
  if (tries) place.dataset.missing = ""; // not at the first failure: our copy may exist soon
  if (tries < RETRY_MS.length)
    setTimeout(() => medium.isConnected && retry(medium), RETRY_MS[tries]);
};
/** Whether the server has the copy that failed to load. */
const isHere = async (medium) => {
  const ours = medium.closest("figure").dataset.copy;
  if (!ours || new URL(medium.currentSrc || medium.src).pathname !== ours) return false;
  const answer = await fetch(ours, { method: "HEAD", redirect: "manual" }).catch(() => null);
  return Boolean(answer?.ok);
};
/** Tries once more, then shows the still picture: this browser does not know the format. */
const tryOnce = (medium) => {
  if (!("isTried" in medium.dataset)) {
    medium.dataset.isTried = "";
    medium.src = medium.closest("figure").dataset.copy;
    return;
  }
  const place = medium.parentElement;
  const note = medium.closest("figure").querySelector(".unplayable");
  note.hidden = false;
  delete place.dataset.tries;
  delete place.dataset.missing;
  const still = medium.poster || note.dataset.still;
  if (still) medium.replaceWith(Object.assign(new Image(), { src: still, alt: "" }));
  else medium.hidden = true;
};
const retry = (medium) => {
  const ours = medium.closest("figure").dataset.copy;
  if (medium.parentElement.href) medium.parentElement.href = ours;
  medium.src = ours;
};
for (const name of ["load", "loadedmetadata"])
  document.addEventListener(name, ({ target }) => fit(target), { capture: true });
document.addEventListener("error", ({ target }) => fail(target), { capture: true });
/* Pictures that were loaded before this script. */
for (const medium of document.querySelectorAll(`${PLACED}, ${LISTED}`)) {
  if (medium.error || (medium.complete && !medium.naturalWidth))
    (medium.decode?.() ?? Promise.reject()).catch(() => fail(medium));
  else fit(medium);
}
