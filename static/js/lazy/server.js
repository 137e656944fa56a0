/* Functions for all scripts that talk to the server. */
const COOKIE = new RegExp(`(?:^|; )vitrine_csrf_${document.documentElement.dataset.port}=([^;]+)`);

/** The token for the header `x-csrftoken` of posts; empty without the cookie. */
export const csrfToken = () => document.cookie.match(COOKIE)?.[1] ?? "";
/** Parses a response's text as a document. */
export const parsed = (html) => new DOMParser().parseFromString(html, "text/html");
/** The SHA-256 of bytes as hex digits; only in a secure context, which has `crypto.subtle`. */
export async function digestOf(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
