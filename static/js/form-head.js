/*
 * What stands above a model's form: its buttons are the form's but outside of it, so htmx has to be told
 * which one it was; a notice can be closed; what changed the form is brought into view.
 */
const FORM = "playground-form";
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const submitter = detail.triggeringEvent?.submitter;
  if (detail.elt === document.getElementById(FORM) && submitter?.name) detail.parameters[submitter.name] = submitter.value;
});
/* Run is answered, and its form has another token, before a person's double click is over. */
document.addEventListener("click", (event) => {
  if (event.detail === 2 && event.target.closest?.("#run-button")) event.preventDefault();
});
/* Files go up when they are picked; a post without any is written, and read, in half the time. */
document.addEventListener("htmx:confirm", ({ target }) => {
  if (target.id !== FORM) return;
  const hasFiles = [...target.elements].some(({ files }) => files?.length);
  target.enctype = hasFiles ? "multipart/form-data" : "application/x-www-form-urlencoded";
});
document.addEventListener("click", (event) => {
  const close = event.target.closest?.("[data-close-notice]");
  const notice = close?.closest("#form-notice");
  if (!document.getElementById(FORM) || !notice) return;
  event.preventDefault();
  notice.replaceChildren();
  document.getElementById("presets-button").focus();
});
/* The menu closes as it is answered to: closing when the answer is there would shut what was opened again meanwhile. */
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  const menu = document.getElementById("presets");
  if (target.id === FORM || (target !== menu && menu?.contains(target))) menu?.hidePopover?.();
});
document.addEventListener("htmx:load", ({ target }) => {
  if (!target.closest?.("#form-notice, #fields")) return;
  if (document.getElementById("f-json-error")) import("./lazy/json-text.js");
  const notice = document.getElementById("form-notice");
  if (!notice?.firstElementChild) return;
  if (notice.querySelector("made-link")) import("./lazy/made-link.js");
  notice.scrollIntoView({ block: "nearest" });
  if (document.activeElement !== document.body) return;
  (notice.querySelector("button, input, a") ?? document.getElementById("presets-button")).focus({ preventScroll: true });
});
/** Fills the form in from `run:<id>`, `saved:<id>`: as if a button of the form had been pressed. */
document.addEventListener("form:fill", ({ detail }) => {
  const form = document.getElementById(FORM);
  document.getElementById("fill")?.remove(); // the last one stays: what is held until htmx is there names it
  const button = Object.assign(document.createElement("button"), { id: "fill", name: "~do", value: detail.fill, hidden: true, formNoValidate: true });
  form.append(button);
  form.requestSubmit(button);
});
/* What only some people turn to comes with the first focus on it. */
document.addEventListener("focusin", ({ target }) => {
  if (target.closest?.("json-text")) import("./lazy/json-text.js");
  const prompt = target.closest?.("long-text[data-recent]");
  if (prompt) import("./lazy/recent-prompts.js").then(({ attach }) => attach(prompt));
});
