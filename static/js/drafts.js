/**
 * Keeps on the server what is typed into a form with data-draft-url, a moment after each pause and
 * before the page is left, so that a reload or a lost session loses nothing.
 */
const PAUSE_MS = 500;
let timer = 0;
let pending = null;

function save(form) {
  clearTimeout(timer);
  if (pending !== form) return Promise.resolve();
  pending = null;
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return fetch(form.dataset.draftUrl, { method: "POST", body: data, keepalive: true }).catch(() => (pending = form));
}
for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => {
    const form = event.target.closest?.("form[data-draft-url]");
    if (!form) return;
    pending = form;
    clearTimeout(timer);
    timer = setTimeout(() => save(form), PAUSE_MS);
  });
}
addEventListener("pagehide", () => pending && save(pending));
/* A tab of the model page shows what is in the form: it waits for the draft. */
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.(".tabs a");
  if (!link || !pending || event.metaKey || event.ctrlKey || event.button) return;
  event.preventDefault();
  await save(pending);
  location.href = link.href;
});

/** <keep-seed seed="123">: puts the seed that a run used into the form. */
class KeepSeed extends HTMLElement {
  connectedCallback() {
    this.hidden = !document.querySelector("form[data-endpoint-id] [name='seed']");
    this.addEventListener("click", this);
  }
  handleEvent() {
    const control = document.querySelector("form[data-endpoint-id] [name='seed']");
    control.value = this.getAttribute("seed");
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.focus();
  }
}
customElements.define("keep-seed", KeepSeed);
