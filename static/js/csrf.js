/*
 * Every request carries the current CSRF token, not the one in the page: after a new login in
 * another tab this page keeps working with everything typed into it.
 */
const COOKIE = new RegExp(`(?:^|; )vitrine_csrf_${document.documentElement.dataset.port}=([^;]+)`);
const token = () => document.cookie.match(COOKIE)?.[1];
/*
 * The first access to the cookie is a call to another browser process, which takes as long as the
 * rest of a click: read it in advance.
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
