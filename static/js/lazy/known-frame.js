/*
 * Has the server remember a frame that was taken of a film: dropped on a page, it fills the form that
 * the film came from. Without an answer the picture is saved all the same.
 */
const COOKIE = new RegExp(`(?:^|; )vitrine_csrf_${document.documentElement.dataset.port}=([^;]+)`);
const RESULT = /^\/runs\/[0-9a-f-]{36}\/artifacts\/\d+\//;

/** Records `picture` (a Blob) as a frame of the result that `film` shows. */
export async function record(picture, film) {
  const address = new URL(film.currentSrc).pathname.match(RESULT)?.[0];
  if (!address || !crypto.subtle) return;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await picture.arrayBuffer()));
  const digest = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  await fetch(`${address}frames/`, {
    method: "POST",
    body: new URLSearchParams({ digest }),
    headers: { "X-CSRFToken": document.cookie.match(COOKIE)?.[1] ?? "" },
    redirect: "manual",
  }).catch(() => null);
}
