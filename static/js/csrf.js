/*
 * Sends the current CSRF token with every request, not the one in the page: after a new login in
 * another tab, this page keeps working and keeps its typed text.
 */
const COOKIE = new RegExp(`(?:^|; )vitrine_csrf_${document.documentElement.dataset.port}=([^;]+)`);
const token = () => document.cookie.match(COOKIE)?.[1];
/*
 * Reads the cookie in advance: the first access calls another browser process, which takes as long
 * as the rest of a click.
 */
(window.requestIdleCallback ?? setTimeout)(token);
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const now = detail.verb !== "get" && token(); // once: reading the cookie calls another process
  if (!now) return;
  detail.headers["x-csrftoken"] = now;
  if ("csrfmiddlewaretoken" in detail.parameters) detail.parameters.csrfmiddlewaretoken = now;
});
document.addEventListener("formdata", ({ formData }) => {
  const now = formData.has("csrfmiddlewaretoken") && token();
  if (now) formData.set("csrfmiddlewaretoken", now);
});

/*
 * Draws the token of a button at its first press, if the button came in a fragment that the server
 * has rendered once for all pages. A second press sends the same token.
 */
document.addEventListener(
  "submit",
  ({ target }) => {
    const control = target.querySelector("[name='~token']");
    if (control?.value === "") control.value = newToken();
  },
  { capture: true },
);
const newToken = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("");
