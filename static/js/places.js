/*
 * A picture or film that has come tells its size itself: its box is mended where the size was guessed, or told wrong.
 * A first sketch of a picture that is still being made tells nothing: it may be smaller.
 */
const mend = (medium) => {
  const box = medium.parentElement?.matches(".place") && !medium.closest("partial-result") && medium.parentElement.querySelector("svg");
  const [width, height] = [medium.naturalWidth ?? medium.videoWidth, medium.naturalHeight ?? medium.videoHeight];
  if (!box || !width || !height) return;
  if (box.getAttribute("width") !== `${width}`) box.setAttribute("width", width);
  if (box.getAttribute("height") !== `${height}`) box.setAttribute("height", height);
};
for (const name of ["load", "loadedmetadata"]) document.addEventListener(name, ({ target }) => mend(target), { capture: true });
document.querySelectorAll(".place > :is(img, video)").forEach(mend); // those that were quicker than this script
