/**
 * A review: its forms are posted in place, and the parts of the response replace those with the
 * same ids. Without this script the same forms reload the page.
 */
const parse = (markup) => {
  const template = document.createElement("template");
  template.innerHTML = markup;
  return [...template.content.children];
};

/** Replaces parts by their ids; text typed in forms other than `done` is kept. */
function replace(parts, done) {
  const active = document.activeElement;
  const focus = active?.id || active?.getAttribute("formaction") + active?.value;
  const typed = [...document.querySelectorAll("textarea[id], details[open]")]
    .filter((field) => field.localName === "details" || (field.value && field.form !== done))
    .map((field) => [field.id || field.parentElement.id, field.value, field.form?.id]);
  for (const part of parts) {
    const shown = document.getElementById(part.id);
    if (shown) shown.replaceWith(part);
    else document.querySelector("main").append(part);
  }
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field?.localName === "textarea") field.value = value;
    else if (field && !field.contains(done))
      field.querySelector("details")?.setAttribute("open", "");
  }
  if (!document.activeElement || document.activeElement === document.body) {
    const again = [...document.querySelectorAll("[id], [formaction]")].find(
      (element) =>
        element.id === focus ||
        // A button's value changes with its action, its place in the row does not.
        (active?.name &&
          element.closest("[id]")?.id === active.closest?.("[id]")?.id &&
          element.getAttribute("formaction") === active.getAttribute("formaction")),
    );
    again?.focus({ preventScroll: true });
  }
}

function ask(part) {
  const dialog = document.querySelector(".review-dialog") ?? document.createElement("dialog");
  dialog.className = "review-dialog sheet";
  dialog.setAttribute("aria-label", "Your name");
  dialog.replaceChildren(part);
  document.body.append(dialog);
  if (!dialog.open) dialog.showModal();
  part.querySelector("[name='name']").focus();
}

function tell(form, sentence) {
  const beside = form?.querySelector(".error");
  const problem = beside ?? document.getElementById("review-problem");
  if (!problem) return;
  problem.textContent = sentence;
  problem.hidden = false;
  problem.setAttribute("role", "alert");
  if (!beside) problem.scrollIntoView({ block: "nearest" });
}

async function send(form, pressed) {
  const body = new URLSearchParams(new FormData(form, pressed));
  let response;
  try {
    response = await fetch(pressed?.getAttribute("formaction") ?? form.getAttribute("action"), {
      method: "POST",
      body,
      headers: { "HX-Request": "true" },
    });
  } catch {
    return tell(form, "There is no connection. What you wrote is still here: try again.");
  }
  const parts = parse(await response.text());
  if (parts[0]?.id === "review-name") return ask(parts[0]);
  if (!response.ok) {
    const isPage = !parts.length || !parts[0].id;
    return tell(form, isPage ? "That did not work. Try again." : parts[0].textContent.trim());
  }
  const problem = document.getElementById("review-problem");
  if (problem) problem.hidden = true;
  document.getElementById("review-undo")?.remove();
  const dialog = form.closest("dialog");
  const isSaid = body.get("comment") && !body.get("parent");
  dialog?.close();
  replace(parts, dialog ? null : form);
  if (isSaid) document.dispatchEvent(new CustomEvent("review:said"));
  return undefined;
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-review]")) return;
  event.preventDefault();
  const form = event.target;
  if (form.dataset.isSending) return;
  form.dataset.isSending = "true";
  send(form, event.submitter).finally(() => delete form.dataset.isSending);
});

document.addEventListener("review:said", () => {
  const form = document.getElementById("say");
  form?.reset();
  for (const error of form?.querySelectorAll(".error") ?? []) error.hidden = true;
});

import("./review-media.js");
if (document.querySelector("review-stage")) import("./review-stage.js");
if (document.querySelector("review-order")) import("./review-order.js");
if (document.querySelector(".review-mentions")) import("./review-mentions.js");
