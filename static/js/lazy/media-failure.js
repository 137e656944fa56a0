/*
 * A picture, film or sound of a result that fails to load: shows a message and retries with our own
 * URL, where a copy may exist by then. What the server has, but this browser cannot show twice, is
 * of a format that it does not know: a note says so, below the still picture of it.
 */
const LISTED = ".run-row .mat img, .try-runs img";
const RETRY_MS = [3000, 8000, 20_000, 60_000];

export async function handle(medium) {
  if (medium.matches(LISTED))
    return medium.replaceWith(
      Object.assign(document.createElement("span"), {
        className: "muted small",
        textContent: "Not here yet",
      }),
    );
  if (medium.closest("partial-result")) return;
  const place = medium.parentElement;
  if (await isHere(medium)) return tryOnce(medium);
  const tries = Number(place.dataset.tries ?? 0);
  place.dataset.tries = tries + 1;
  if (tries) place.dataset.missing = ""; // not at the first failure: our copy may exist soon
  if (tries < RETRY_MS.length)
    setTimeout(() => medium.isConnected && retry(medium), RETRY_MS[tries]);
}
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
