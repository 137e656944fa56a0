/*
 * Makes the server remember a frame taken from a film: dropped on a page, the frame fills the form
 * that made the film. The picture is saved even if the server does not answer.
 */
import { csrfToken, digestOf } from "./server.js";
const RESULT = /^\/runs\/[0-9a-f-]{36}\/artifacts\/\d+\//;

/** Records `picture` (a Blob) as a frame of the result that `film` shows. */
export async function record(picture, film) {
  const address = new URL(film.currentSrc).pathname.match(RESULT)?.[0];
  if (!address || !crypto.subtle) return;
  const digest = await digestOf(await picture.arrayBuffer());
  await fetch(`${address}frames/`, {
    method: "POST",
    body: new URLSearchParams({ digest }),
    headers: { "X-CSRFToken": csrfToken() },
    redirect: "manual",
  }).catch(() => null);
}
