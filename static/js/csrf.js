/*
 * Every request carries the token of now, not of when the page was drawn: after a new login in
 * another tab, this page works on with all that was typed into it.
 */
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
/* The first look at it asks another process, which takes as long as all else that a click does here: before it. */
(window.requestIdleCallback ?? setTimeout)(token);
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const now = detail.verb !== "get" && token(); // once: the cookie is asked of another process
  if (!now) return;
  detail.headers["x-csrftoken"] = now;
  if ("csrfmiddlewaretoken" in detail.parameters) detail.parameters.csrfmiddlewaretoken = now;
});
document.addEventListener("formdata", ({ formData }) => {
  const now = formData.has("csrfmiddlewaretoken") && token();
  if (now) formData.set("csrfmiddlewaretoken", now);
});
