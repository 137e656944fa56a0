/**
 * Judging a board by keys: 1 to 5 give the focused result stars, 0 takes them. It also keeps the
 * buttons of "Pick winners" true after a winner has changed.
 */
const PLACES = ".cell-run, .look-fact";
const TYPED_IN = "textarea, select, input:not([type='checkbox'])";
const isPlain = (event) => !event.metaKey && !event.ctrlKey && !event.altKey && !event.repeat;
/** The cell whose result is open in the viewer, which names it in the address. */
function viewed() {
  const key = decodeURIComponent(location.hash).match(/^#view=([^/]+)/)?.[1];
  return key && document.querySelector(`.cell-run [data-view^="${CSS.escape(key)}"]`);
}
async function rate(mark, stars, isViewed) {
  const answer = { source: mark, target: mark, swap: "outerHTML", values: { stars } };
  await window.htmx.ajax("POST", mark.dataset.starsUrl, answer);
  const text = stars === "0" ? "No stars" : "★".repeat(stars).padEnd(5, "☆");
  if (isViewed) tell(text);
}
/** Says in the open viewer what was given, until the next key or click. */
function tell(text) {
  const note = document.createElement("p");
  note.className = "given-stars";
  note.setAttribute("role", "status");
  note.textContent = text;
  document.querySelector("dialog[open]")?.append(note);
  for (const name of ["keydown", "pointerdown"])
    addEventListener(name, () => note.remove(), { capture: true, once: true });
}
addEventListener(
  "keydown",
  (event) => {
    if (!/^[0-5]$/.test(event.key) || !isPlain(event)) return;
    const { target } = event;
    if (target.closest?.(TYPED_IN)) return;
    const isViewed = Boolean(document.querySelector("dialog[open]"));
    const place = (isViewed ? viewed() : target)?.closest?.(PLACES);
    const mark = place?.querySelector(".mark[data-stars-url]");
    if (!mark || !window.htmx) return;
    event.preventDefault();
    event.stopPropagation(); // 0 is also "fit" in a comparison
    rate(mark, event.key, isViewed);
  },
  { capture: true },
);
document.addEventListener("htmx:load", ({ target }) => {
  const { row, winner } = target.dataset ?? {};
  if (!row) return;
  for (const button of document.querySelectorAll(`.pick[form="pick-${row}"]`)) {
    const isWinner = button.dataset.column === winner;
    button.value = isWinner ? "" : button.dataset.column;
    button.setAttribute("aria-pressed", isWinner);
  }
});
