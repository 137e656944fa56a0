/**
 * <partial-result>: a streaming run's partial output, redrawn with each event. A picture stays
 * until the next one is decoded, so that it refines without flicker; screen readers announce
 * once that there is a partial result, then that it is complete.
 */
const shown = new Map(); // by run: the pictures shown now

class PartialResult extends HTMLElement {
  connectedCallback() {
    const pictures = [...this.querySelectorAll("img")];
    const note = this.closest("[data-run-id]")?.querySelector("[data-told]");
    if (note && !this.hasAttribute("aria-busy")) note.textContent = "";
    else if (note && !note.textContent && (pictures.length || this.querySelector(".prose")))
      note.textContent = "The first of the result is here; it goes on.";
    const now = shown.get(this.id) ?? [];
    shown.set(this.id, now);
    pictures.forEach((picture, index) => refine(now, index, picture));
  }
}

function refine(now, index, picture) {
  const before = now[index];
  if (!before) {
    now[index] = picture;
    return;
  }
  picture.replaceWith(before);
  const stand = () => {
    now[index].replaceWith(picture);
    now[index] = picture;
  };
  picture.decode().then(stand, () => {});
}
document.addEventListener("run:finished", ({ target }) => {
  const note = target.querySelector("[data-told]");
  if (note) note.textContent = "";
});
customElements.define("partial-result", PartialResult);
