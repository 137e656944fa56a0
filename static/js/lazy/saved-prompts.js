/**
 * `long-text[data-saved="<address>"]`: `/` at the beginning of a line or after a space opens the
 * saved prompts. A chosen one asks for its variables and is inserted at the cursor.
 */
import { TextSuggestions, made, once, placeBelow, typeIn } from "./text-suggestions.js";
import { textAt } from "./type-ahead.js";
const MARK = /(?:^|\s)(\/[^\s/]*)$/;
const AWAY = "The server does not answer. Close this and try again.";
const MARKUP = `
  <div class="saved-prompts sheet" popover="manual" role="dialog" aria-label="Saved prompts">
    <ul role="listbox" aria-label="Saved prompts"></ul>
    <div class="saved-filling"></div>
    <p class="muted small" role="status"></p>
  </div>`;

class SavedPrompts extends TextSuggestions {
  constructor(host) {
    super(host.querySelector("textarea"), MARK, made(MARKUP));
    this.host = host;
    this.filling = this.panel.querySelector(".saved-filling");
    this.filling.addEventListener("click", ({ target }) => {
      if (target.closest("[data-cancel]")) this.cancel();
    });
    this.filling.addEventListener("keydown", ({ key }) => key === "Escape" && this.cancel());
    this.filling.addEventListener("submit", (event) => {
      event.preventDefault();
      this.insert(new FormData(event.target));
    });
    new ResizeObserver(() => this.isOpen && placeBelow(this.panel, this.text)).observe(this.text);
  }
  find(typed) {
    return textAt(`${this.host.dataset.saved}?${new URLSearchParams({ q: typed.slice(1) })}`);
  }
  words(number) {
    if (!number) return "No saved prompt with these words.";
    return `${number} saved prompt${number === 1 ? "" : "s"}`;
  }
  show() {
    this.filling.replaceChildren();
    super.show();
  }
  hide() {
    super.hide();
    this.filling.replaceChildren();
  }
  cancel() {
    this.close();
    this.text.focus();
  }
  async take({ dataset }) {
    this.keep();
    const end = this.text.selectionStart;
    this.chosen = { ...dataset, from: end - (this.typed ?? "").length, end };
    if (dataset.asks === undefined) return this.insert(new FormData());
    try {
      this.filling.innerHTML = await textAt(dataset.address);
      this.point(undefined);
      this.list.replaceChildren();
      this.status.textContent = "";
      this.filling.querySelector("input:not([type=hidden]), select").focus();
    } catch {
      this.status.textContent = AWAY;
    }
    return undefined;
  }
  /** Requests the text made with the values, and inserts it. */
  async insert(values) {
    const { address, origin, from, end } = this.chosen;
    let answer;
    try {
      answer = await fetch(address, {
        method: "POST",
        body: values,
        headers: { "x-csrftoken": document.querySelector("[name=csrfmiddlewaretoken]").value },
        redirect: "error",
      });
    } catch {
      this.status.textContent = AWAY;
      return;
    }
    const text = await answer.text();
    if (!answer.ok) {
      this.status.textContent = answer.status === 422 ? text : AWAY;
      return;
    }
    this.close();
    this.remember(origin);
    typeIn(this.text, text, from, end);
  }
  /** Marks the form, so that the run is listed on the prompt's page. */
  remember(origin) {
    const state = document.getElementById("draft-state");
    const known = [...state.querySelectorAll("[name='~origin']")].map(({ value }) => value);
    if (known.includes(origin)) return;
    const mark = { type: "hidden", name: "~origin", value: origin };
    state.append(Object.assign(document.createElement("input"), mark));
  }
}
/** Attaches to a field, whose text was `before` when its script began to load. */
export const attach = once((host, before) => {
  const saved = new SavedPrompts(host);
  if (saved.text.value !== before) saved.look();
});
