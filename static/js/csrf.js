/*
 * Every request carries the token of now, not of when the page was drawn: after a new login in
 * another tab, this page works on with all that was typed into it.
 */
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb === "get" || !token()) return;
  detail.headers["x-csrftoken"] = token();
  if ("csrfmiddlewaretoken" in detail.parameters) detail.parameters.csrfmiddlewaretoken = token();
});
document.addEventListener("formdata", ({ formData }) => {
  if (formData.has("csrfmiddlewaretoken") && token()) formData.set("csrfmiddlewaretoken", token());
});
