/*
 * Takes a frame of a film on the server, and returns the address of its menu "Use as…". The button
 * named `at` takes the frame that is shown, the other one the last frame.
 */
const LATER = "The server does not answer. Nothing was taken; try again.";

/** Posts `form`, as its button `pressed` asks; throws an error with a sentence to show. */
export async function take(form, pressed) {
  const body = new FormData(form);
  const film = form.closest(".artifact, .viewer-result").querySelector("video");
  film.pause();
  // The time of the frame itself, if the browser tells it: it may show another one than is due.
  const shownS = film.seeking ? undefined : film.shownS;
  if (pressed?.name === "at") body.set("at", shownS ?? film.currentTime);
  const headers = { Accept: "application/json" };
  const answer = await fetch(form.action, { method: "POST", body, headers }).catch(() => null);
  const { uses, error } = (await answer?.json().catch(() => null)) ?? {};
  if (!uses) throw Object.assign(new Error(), { sentence: error ?? LATER });
  return new URL(uses, location);
}
