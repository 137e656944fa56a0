/*
 * The placeholder of a result's picture or video, drawn in its expected size. When the medium has
 * loaded, corrects a size that was guessed or wrong; a partial result may be smaller and is
 * ignored. `media-failure.js` handles one that fails to load.
 */
const PLACED = ".place > :is(img, video)";
const LISTED = ".run-row .mat img, .try-runs img";
const LARGE_PX = 512; // a small picture is shown enlarged (`placeholder_size.py`)
const PLAYED = "figure.artifact > audio";

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
/** Whether it is one of these; others, such as the pictures of cards, are left alone. */
const isOurs = (medium) => medium.matches?.(`${PLACED}, ${LISTED}, ${PLAYED}`);
const fail = (medium) =>
  isOurs(medium) && import("./lazy/media-failure.js").then((failure) => failure.handle(medium));
for (const name of ["load", "loadedmetadata"])
  document.addEventListener(name, ({ target }) => fit(target), { capture: true });
document.addEventListener("error", ({ target }) => fail(target), { capture: true });
/* Pictures that were loaded before this script. */
for (const medium of document.querySelectorAll(`${PLACED}, ${LISTED}`)) {
  if (medium.error || (medium.complete && !medium.naturalWidth))
    (medium.decode?.() ?? Promise.reject()).catch(() => fail(medium));
  else fit(medium);
}
