/*
 * The area above a model's form. Its buttons belong to the form but are outside of it, so htmx must
 * be told which one was pressed, and its address. That of a button which a live update has drawn
 * does not name the project; the form's does. Notices can be closed; changes of the form are
 * scrolled into view.
 */
const FORM = "playground-form";
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const form = document.getElementById(FORM);
  if (!form || detail.elt !== form) return;
  const submitter = detail.triggeringEvent?.submitter;
  if (submitter?.name) detail.parameters[submitter.name] = submitter.value;
  const [page, query] = form.getAttribute("action").split("?");
  const [path] = (submitter?.getAttribute("formaction") ?? page).split("?");
  detail.path = query ? `${path}?${query}` : path;
});
/*
 * Ignores the second click of a double click, which the browser counts: by then Run was answered and
 * the form has a new token.
 */
document.addEventListener("click", (event) => {
  if (event.detail === 2 && event.target.closest?.("#run-button")) event.preventDefault();
});
/* Files are uploaded when chosen; a urlencoded post without them takes half the time. */
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
  const isOfRun = notice.querySelector("[data-refused]");
  notice.replaceChildren();
  document.getElementById(isOfRun ? "run-button" : "more-button").focus();
});
/* Escape answers a question about a press of Run with no, after closing menus and dialogs. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector(":popover-open, dialog[open], [aria-expanded='true']:focus")) return;
  document.querySelector("#form-notice [data-refused] [data-close-notice]")?.click();
});
/*
 * Closes the menu at once; closing it after the response could close a menu that was reopened
 * meanwhile.
 */
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  const menu = document.getElementById("more");
  const isOfMenu = menu?.contains(target) && !target.matches(".presets-list");
  if (target.id === FORM || isOfMenu) menu?.hidePopover?.();
});
document.addEventListener("htmx:load", ({ target }) => {
  if (!target.closest?.("#form-notice, #fields")) return;
  if (document.getElementById("f-json-error")) import("./lazy/json-text.js");
  const notice = document.getElementById("form-notice");
  if (!notice?.firstElementChild) return;
  if (notice.querySelector("made-link")) import("./lazy/made-link.js");
  notice.scrollIntoView({ block: "nearest" });
  if (document.activeElement !== document.body) return;
  const next = notice.querySelector("button, input, a");
  // A preset's own page has no menu.
  (next ?? document.getElementById("more-button"))?.focus({ preventScroll: true });
});
/** Fills the form from `run:<id>` or `saved:<id>`, as if a button of the form were pressed. */
document.addEventListener("form:fill", ({ detail }) => {
  const form = document.getElementById(FORM);
  // keep the last one: the click held until htmx is loaded refers to it
  document.getElementById("fill")?.remove();
  const button = Object.assign(document.createElement("button"), {
    id: "fill",
    name: "~source",
    value: detail.fill,
    formAction: form.dataset.sourceUrl,
    hidden: true,
    formNoValidate: true,
  });
  form.append(button);
  form.requestSubmit(button);
});
/* Rarely used parts are loaded at their first focus. */
document.addEventListener("focusin", ({ target }) => {
  if (target.closest?.("json-text")) import("./lazy/json-text.js");
  const prompt = target.closest?.("long-text[data-saved]");
  if (!prompt) return;
  const before = prompt.querySelector("textarea").value;
  import("./lazy/saved-prompts.js").then(({ attach }) => attach(prompt, before));
});
/* ↑ in an empty prompt takes the words of the last try. */
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key !== "ArrowUp" || target.value !== "" || !target.closest?.("long-text[data-saved]"))
    return;
  const words = document.querySelector("#tries [data-words]")?.dataset.words;
  if (!words) return;
  event.preventDefault();
  import("./lazy/text-suggestions.js").then(({ typeIn }) => typeIn(target, words, 0, 0));
});
