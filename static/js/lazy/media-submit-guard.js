/* Run waits for uploads in progress, and is blocked if one has failed. */
const TAKES = ["run", "to-json", "link", "save-preset"]; // actions that use the input
let held = null;
const fields = (form, state) => [...form.querySelectorAll(`media-field[data-state="${state}"]`)];
const toast = (text) => dispatchEvent(new CustomEvent("toast", { detail: { text } }));

function label(form, text) {
  const word = form.querySelector("button[data-kind='primary'][value='run'] span");
  if (!word) return;
  word.dataset.word ??= word.textContent;
  word.textContent = text || word.dataset.word;
  word.toggleAttribute("data-waiting", !!text);
}
function wait(form) {
  const [first, ...more] = fields(form, "busy");
  label(form, `Waiting for ${first.named}${more.length ? ` and ${more.length} more` : ""}…`);
}
function refuse(form, field) {
  held = null;
  label(form, "");
  toast(`Run was not sent: ${field.named} is missing. Try again, or remove it.`);
  field.scrollIntoView({ block: "nearest" });
  field.querySelector("[data-tool='again'], .media-clear").focus();
}
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const what = event.submitter?.value ?? "run";
    if (!form.matches("form[data-endpoint-id]") || !TAKES.includes(what)) return;
    const [busy] = fields(form, "busy");
    const [failed] = what === "run" ? fields(form, "failed") : [];
    if (!busy && !failed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (failed) return refuse(form, failed);
    if (!held) toast(`This goes on as soon as ${busy.named} is uploaded.`);
    held = { form, button: event.submitter };
    wait(form);
  },
  { capture: true },
);
document.addEventListener("media:settled", () => {
  if (!held?.form.isConnected) return (held = null);
  const { form, button } = held;
  const [failed] = fields(form, "failed");
  if (failed) return refuse(form, failed);
  if (fields(form, "busy").length) return wait(form);
  held = null;
  label(form, "");
  form.requestSubmit(button?.isConnected ? button : null);
});
