/*
 * Has the server remember a frame that was taken of a film: dropped on a page, it fills the form that
 * the film came from. Without an answer the picture is saved all the same.
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
